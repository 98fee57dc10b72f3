"""What is asked of ZooKeeper, as data: the same operations go to a real ensemble and to the simulator's model."""

from collections.abc import Sequence
from dataclasses import dataclass

ANY = -1
"""A version that every version answers to."""


@dataclass(frozen=True, slots=True)
class Node:
    """What a node holds; `version` counts its changes."""

    data: bytes
    version: int


@dataclass(frozen=True, slots=True)
class Check:
    """The node exists, and has this version unless that is ANY."""

    path: str
    version: int = ANY


@dataclass(frozen=True, slots=True)
class Create:
    """`ephemeral`: it goes with the session; `sequence`: ten digits are added to its name. Parents must be there."""

    path: str
    data: bytes = b""
    ephemeral: bool = False
    sequence: bool = False


@dataclass(frozen=True, slots=True)
class SetData:
    path: str
    data: bytes
    version: int = ANY


@dataclass(frozen=True, slots=True)
class Delete:
    path: str
    version: int = ANY


Operation = Check | Create | SetData | Delete


@dataclass(frozen=True, slots=True)
class Transaction:
    """All of it happens, or nothing. `fence`: the check without which its writer may not write any more."""

    fence: Check
    operations: tuple[Operation, ...]

    @property
    def all(self) -> Sequence[Operation]:
        return (self.fence, *self.operations)


class Conflict(Exception):
    """A check of a transaction does not hold, so nothing of it happened; `path` is the node."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path


class Unknown(Exception):
    """The connection was lost before the answer came: it may have happened, or not."""
