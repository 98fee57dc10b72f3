"""Durable stores that die in the middle of a write."""

import pytest

from barter.agent.facts import Acked, Admitted, EpochRaised, Fact, Forgotten, Left
from barter.core.ids import AgentId, FrameworkId, TaskId
from barter.core.resources import resources
from barter.core.task_state import TaskState
from barter.core.tasks import Source, TaskInfo, TaskStatus
from barter.master.facts import AgentLeft
from barter.sdk.session_driver import ID_KEY
from barter.tools.sim.crash import Crashed
from barter.tools.sim.disk import Disk, Doom, SimLedger, SimRegistry, SimStore

F, T = FrameworkId("f"), TaskId("t")


def admitted() -> Admitted:
    status = TaskStatus(T, TaskState.STAGING, Source.AGENT, 1)
    return Admitted(F, TaskInfo(T, "t", resources(cpus=100)), status, "", 2)


class Ledger(SimLedger):
    def __init__(self, disk: Disk) -> None:
        self.drawn = 0
        self.told: list[Fact] = []
        super().__init__(disk, self._draw, self.told.extend)

    def _draw(self) -> AgentId:
        self.drawn += 1
        return AgentId(f"a{self.drawn}")


@pytest.mark.parametrize(
    ("doom", "durable"), [(Doom.BEFORE_SYNC, False), (Doom.AFTER_SYNC, True), (Doom.WRITE_FAILS, False)]
)
def test_a_crash_comes_before_or_after_the_sync_and_once(doom: Doom, durable: bool) -> None:
    disk = Disk()
    store, registry, ledger = SimStore(disk), SimRegistry(disk, lambda _: None), Ledger(disk)
    registry.start("c")
    for write in (
        lambda: store.set("k", b"v"),
        lambda: ledger.write([admitted()]),
        lambda: registry.commit([AgentLeft(AgentId("a"))]),
    ):
        disk.arm(doom)
        with pytest.raises(Crashed):
            write()
    ledger.lose_unflushed()
    assert (store.get("k") == b"v") is durable
    assert (ledger.load().find(F, T) is not None) is durable
    assert (ledger.told == [admitted()]) is durable
    store.set("k", b"w")
    assert store.get("k") == b"w"


def test_a_crash_between_the_sends_that_follow_a_write() -> None:
    disk = Disk()
    store = SimStore(disk)
    disk.arm(Doom.AFTER_SYNC, 2)
    disk.sent()
    store.set("k", b"v")
    disk.sent()
    with pytest.raises(Crashed):
        disk.sent()
    disk.sent()
    assert store.get("k") == b"v"


def test_calm_disarms() -> None:
    disk = Disk()
    disk.arm(Doom.AFTER_SYNC, 1)
    disk.write(lambda: None)
    disk.calm()
    disk.sent()
    disk.arm(Doom.BEFORE_SYNC)
    disk.calm()
    disk.write(lambda: None)


def test_lazy_facts_wait_for_the_next_write_and_may_be_lost() -> None:
    ledger = Ledger(Disk())
    assert ledger.write([admitted()])
    assert not ledger.write([Acked(F, T, "u")])
    assert not ledger.write([Forgotten(F, T, 5)])
    assert ledger.unflushed
    assert ledger.spent(F, [T, TaskId("other")]) == {T: 5}
    ledger.lose_unflushed()
    assert ledger.spent(F, [T]) == {T: 2}
    ledger.write([Forgotten(F, T, 5)])
    assert ledger.write([EpochRaised(3)])
    assert not ledger.unflushed
    ledger.lose_unflushed()
    book = ledger.load()
    assert (book.find(F, T), book.epoch) == (None, 3)
    assert ledger.spent(F, [T]) == {T: 5}


def test_who_left_is_somebody_else_at_the_next_start_and_knows_what_is_spent() -> None:
    ledger = Ledger(Disk())
    ledger.write([admitted(), Left(), EpochRaised(2)])
    assert ledger.agent_id == "a1"
    assert ledger.load().find(F, T) is None
    assert ledger.agent_id == "a2"
    ledger.load()
    assert ledger.agent_id == "a2"
    assert ledger.spent(F, [T]) == {T: 2}


def test_every_start_of_a_registry_is_of_a_higher_epoch() -> None:
    registry = SimRegistry(Disk(), lambda _: None)
    assert [registry.start(name).epoch for name in ("c", "d")] == [1, 2]
    assert registry.start("e").cluster_id == "c"


def test_an_operator_has_a_framework_forget_who_it_was() -> None:
    store = SimStore(Disk())
    store.set(ID_KEY, b"f")
    store.set("k", b"v")
    store.forget_id()
    assert (store.get(ID_KEY), store.get("k")) == (None, b"v")
