"""What clients and servers of the simulated ZooKeeper say to each other."""

from collections.abc import Callable
from dataclasses import dataclass

from barter.core.znodes import Conflict, Operation
from barter.tools.sim.znode_tree import Done, Znode


@dataclass(frozen=True, slots=True)
class Hello:
    """The first word of a client on a connection, which knows of so many writes; `session` 0 asks for a new one."""

    session: int
    timeout_ms: int
    seen: int


@dataclass(frozen=True, slots=True)
class Greeted:
    """`session` 0: the one asked for is over."""

    session: int


@dataclass(frozen=True, slots=True)
class Ping:
    """A read that is of no interest."""


@dataclass(frozen=True, slots=True)
class Commit:
    """`done` is called as it happens: what is true then, whoever hears of it."""

    operations: tuple[Operation, ...]
    done: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """The nodes of `paths` that are there, and all that is under `trees`; with a watch on each if `watch`."""

    paths: tuple[str, ...] = ()
    trees: tuple[str, ...] = ()
    watch: bool = False


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The client gives its session up."""


Question = Ping | Commit | Read | Goodbye
Found = dict[str, Znode]
Result = Done | Conflict | Found | None


@dataclass(frozen=True, slots=True)
class Ask:
    number: int
    question: Question


@dataclass(frozen=True, slots=True)
class Answer:
    number: int
    result: Result
    seen: int


@dataclass(frozen=True, slots=True)
class Fired:
    """A watch of this session; it fires once."""

    path: str
