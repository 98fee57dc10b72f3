"""Durable stores of simulated processes: what is written survives a crash, and the crash may come in the middle."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum, auto

from barter.agent.book import Book
from barter.agent.facts import LAZY, Admitted, Fact, Forgotten, Left, TaskKey
from barter.core.ids import AgentId, FrameworkId, TaskId
from barter.master import facts as master_facts
from barter.master.registry import MemoryFacts
from barter.sdk.session_driver import ID_KEY
from barter.sdk.store import MemoryStore
from barter.tools.sim.crash import Crashed


class Doom(Enum):
    """Where in its next durable write a process is to die."""

    BEFORE_SYNC = auto()
    AFTER_SYNC = auto()
    WRITE_FAILS = auto()


class Disk:
    """Arms crashes around writes. With `sends_left` the process dies after that many sends that follow the write."""

    def __init__(self) -> None:
        self.doom: Doom | None = None
        self.sends_left: int | None = None
        self._sends_after: int | None = None

    def arm(self, doom: Doom, sends: int = 0) -> None:
        self.doom, self._sends_after = doom, sends

    def calm(self) -> None:
        self.doom = self.sends_left = self._sends_after = None

    def write(self, commit: Callable[[], None]) -> None:
        """Do `commit`, unless the process dies before or with it; raises Crashed."""
        doom, self.doom = self.doom, None
        if doom is Doom.BEFORE_SYNC:
            raise Crashed("killed between write and sync")
        if doom is Doom.WRITE_FAILS:
            raise Crashed("the disk refused the write")
        commit()
        if doom is Doom.AFTER_SYNC:
            if not self._sends_after:
                raise Crashed("killed right after a durable write")
            self.sends_left = self._sends_after

    def sent(self) -> None:
        """One message left; raises Crashed where that was the last."""
        if self.sends_left is not None:
            self.sends_left -= 1
            if self.sends_left <= 0:
                self.calm()
                raise Crashed("killed between the sends that follow a durable write")


class SimRegistry(MemoryFacts):
    """The master's facts, on a disk; `committed` is told of those that are there now, also where that kills."""

    def __init__(self, disk: Disk, committed: Callable[[Sequence[master_facts.Fact]], None]) -> None:
        super().__init__()
        self._disk = disk
        self._committed = committed

    def commit(self, facts: Sequence[master_facts.Fact]) -> None:
        self._disk.write(lambda: self._commit(facts))

    def _commit(self, facts: Sequence[master_facts.Fact]) -> None:
        MemoryFacts.commit(self, facts)
        self._committed(facts)


class SimLedger:
    """An agent's facts. Lazy ones wait in memory for the next durable write, or for `flush`.

    `committed` is told of those that are durable now, also where the write kills.
    """

    def __init__(self, disk: Disk, draw_id: Callable[[], AgentId], committed: Callable[[Sequence[Fact]], None]) -> None:
        self._disk = disk
        self._draw_id = draw_id
        self._committed = committed
        self._durable: list[Fact] = []
        self._waiting: list[Fact] = []
        self._spent: dict[TaskKey, int] = {}
        self._left = False
        self.agent_id = draw_id()

    def load(self) -> Book:
        """What all durable facts amount to; an agent that left is a new one."""
        book = Book()
        for fact in self._durable:
            book.apply(fact)
        if self._left:
            self.agent_id, self._left = self._draw_id(), False
        return book

    def write(self, facts: Iterable[Fact]) -> bool:
        """Whether all facts are durable now; raises Crashed."""
        self._waiting += facts
        if all(isinstance(fact, LAZY) for fact in self._waiting):
            return False
        self._disk.write(self.flush)
        return True

    @property
    def unflushed(self) -> bool:
        return bool(self._waiting)

    def flush(self) -> None:
        written, self._waiting = self._waiting, []
        for fact in written:
            self._note(fact)
        self._durable += written
        if written:
            self._committed(written)

    def lose_unflushed(self) -> None:
        self._waiting = []

    def spent(self, framework_id: FrameworkId, task_ids: Iterable[TaskId]) -> Mapping[TaskId, int]:
        """As the process that wrote them sees it, so with what waits in its open transaction."""
        found = {
            task_id: self._spent[framework_id, task_id]
            for task_id in task_ids
            if (framework_id, task_id) in self._spent
        }
        for fact in self._waiting:
            if isinstance(fact, Forgotten) and fact.framework_id == framework_id and fact.task_id in found:
                found[fact.task_id] = fact.updates
        return found

    def _note(self, fact: Fact) -> None:
        match fact:
            case Admitted():
                self._spent[fact.framework_id, fact.task.task_id] = fact.updates
            case Forgotten():
                self._spent[fact.framework_id, fact.task_id] = fact.updates
            case Left():
                self._left = True
            case _:
                pass


class SimStore(MemoryStore):
    """A framework's StateStore: each write is durable when it returns, or the process died in it."""

    def __init__(self, disk: Disk) -> None:
        super().__init__()
        self._disk = disk

    def update(self, values: Mapping[str, bytes | None]) -> None:
        self._disk.write(lambda: MemoryStore.update(self, values))

    def forget_id(self) -> None:
        """By hand, between two processes: the next one subscribes as a new framework."""
        MemoryStore.update(self, {ID_KEY: None})
