"""What preempted tasks leave is kept for whom they end, and for no longer than that takes."""

import pytest

from barter.core.cluster import Demand
from barter.core.constraints import Constraint, Operator
from barter.core.ids import DemandId
from barter.core.resources import Resources, resources
from barter.core.roles import RoleConfig
from barter.core.task_state import TaskState
from barter.core.units import MIB
from barter.master import events as ev
from barter.master.keeping import A_LITTLE_MS
from barter.master.preempt import PAUSE_MS
from barter.master.record_json import encode, item, item_of, parse
from barter.master.snapshot import restore, take
from barter.master.snapshot_records import TimerRecord
from barter.master.state import Kept
from barter.master.timers import KeepingEnds
from tests.master.test_preempt import BATCH, ENG, THIRD, Cluster, cpus, guarantee
from tests.master.world import A1, A2, AGENT, status, task

GUEST = resources(cpus=1_000, mem=1024 * MIB)
GRACE_MS = task("any").kill_grace_ms


def demand(need: Resources, count: int = 1, *, role: str = "eng", revocable: bool = False) -> Demand:
    return Demand(DemandId("d"), need, count, role=role, revocable=revocable)


def crowded() -> Cluster:
    """Four guests have all of the memory, and `eng` is guaranteed cpus, all of which are free."""
    world = Cluster()
    world.join(ENG, "eng")
    world.join(BATCH, "guests")
    world.do(ev.AgentSlack(AGENT, A1, resources(cpus=4_000)))
    for name in ("g1", "g2", "g3", "g4"):
        guest(world, name)
    world.quota(guarantee("eng", 4))
    return world


def guest(world: Cluster, name: str) -> None:
    world.do(ev.SetDemands(BATCH, (demand(GUEST, role="guests", revocable=True),)))
    [offer] = world.offers(BATCH)
    world.accept(offer.offer_id, task(name, GUEST, demand="d"), session=BATCH)
    world.update(world.names[BATCH], status(name, TaskState.RUNNING, 1))


def test_what_the_guarantee_holds_for_is_promised_to_one_demand_only() -> None:
    world = Cluster(A1, A2)
    world.join(ENG, "eng")
    world.join(BATCH, "batch")
    world.launch(BATCH, "batch", 1, "b1", "b2", "b3", "b4")
    world.launch(BATCH, "batch", 1, "c1", "c2", "c3", "c4", on=A2)
    world.quota(guarantee("eng", 4))
    small = Demand(DemandId("small"), cpus(1), 2, role="eng")
    world.do(ev.SetDemands(ENG, (small, Demand(DemandId("large"), cpus(3), 1, role="eng"))))
    assert len(world.killed()) == 2


def test_what_is_freed_in_parts_is_gathered_until_the_last_has_ended() -> None:
    world = Cluster(A1, A2)
    world.join(ENG, "eng")
    world.join(BATCH, "batch")
    world.launch(BATCH, "batch", 1, "b1", "b2", "b3", "b4")
    world.quota(guarantee("eng", 2))
    here = (Constraint("@hostname", Operator.IS, f"host-{A1}"),)
    world.want(ENG, "eng", 2, constraints=here)
    assert world.killed() == ["b4", "b3"]
    world.want(BATCH, "batch", 1, 3, here)
    world.end(BATCH, "b4")
    assert not world.offers(BATCH)
    world.wait(3 * PAUSE_MS)
    assert not world.offers(BATCH)
    world.end(BATCH, "b3")
    assert [each.demand_id for each in world.offers(ENG)] == [DemandId("d")]
    assert not world.offers(BATCH)
    assert world.killed() == []


def test_the_memory_of_guests_is_gathered_though_their_framework_wants_it_back_at_once() -> None:
    world = crowded()
    world.do(ev.SetDemands(ENG, (demand(resources(cpus=1_000, mem=2048 * MIB)),)))
    assert world.killed() == ["g4", "g3"]
    world.do(ev.SetDemands(BATCH, (demand(GUEST, 4, role="guests", revocable=True),)))
    world.end(BATCH, "g4")
    assert not world.offers(BATCH)
    world.wait(PAUSE_MS)
    assert not world.offers(BATCH)
    assert world.killed() == []
    world.end(BATCH, "g3")
    assert [each.demand_id for each in world.offers(ENG)] == ["d"]
    assert not world.offers(BATCH)


def test_no_more_is_kept_than_is_needed_beside_what_the_victims_still_have() -> None:
    world = crowded()
    world.do(ev.SetDemands(ENG, (demand(resources(cpus=1_000, mem=2048 * MIB)),)))
    world.join(THIRD, "other")
    world.do(ev.SetDemands(THIRD, (demand(resources(cpus=2_000), role="other"),)))
    assert not world.offers(THIRD), "the guarantee has it"
    world.quota(guarantee("eng", 1))
    assert [each.resources for each in world.offers(THIRD)] == [resources(cpus=2_000)]


def test_one_victim_that_is_enough_for_two_serves_both() -> None:
    world = Cluster()
    world.join(ENG, "eng")
    world.join(BATCH, "batch")
    world.launch(BATCH, "batch", 4, "large")
    world.quota(guarantee("eng", 2))
    world.want(ENG, "eng", 1, 2)
    assert world.killed() == ["large"]
    world.want(BATCH, "batch", 1, 4)
    world.end(BATCH, "large")
    assert sum(each.resources.scalars["cpus"] for each in world.offers(ENG)) == 2_000
    assert sum(each.resources.scalars["cpus"] for each in world.offers(BATCH)) == 2_000


def test_of_two_tasks_the_first_is_served_as_soon_as_its_own_victim_has_ended() -> None:
    world = Cluster()
    world.join(ENG, "eng")
    world.join(BATCH, "batch")
    world.launch(BATCH, "batch", 2, "b1", "b2")
    world.quota(guarantee("eng", 4))
    world.want(ENG, "eng", 2, 2)
    assert world.killed() == ["b2", "b1"]
    world.want(BATCH, "batch", 1, 4)
    world.end(BATCH, "b2")
    assert [each.resources.scalars["cpus"] for each in world.offers(ENG)] == [2_000]
    assert not world.offers(BATCH)


def test_nothing_is_kept_once_the_demand_is_gone() -> None:
    world = crowded()
    world.do(ev.SetDemands(ENG, (demand(resources(cpus=1_000, mem=2048 * MIB)),)))
    world.do(ev.SetDemands(BATCH, (demand(GUEST, 4, role="guests", revocable=True),)))
    world.end(BATCH, "g4")
    assert not world.offers(BATCH)
    world.do(ev.SetDemands(ENG, ()))
    assert len(world.offers(BATCH)) == 1
    assert not world.cluster.keeping


def test_nothing_is_kept_once_the_role_has_what_it_is_guaranteed() -> None:
    world = crowded()
    world.do(ev.SetDemands(ENG, (demand(resources(cpus=1_000, mem=2048 * MIB)),)))
    world.do(ev.SetDemands(BATCH, (demand(GUEST, 4, role="guests", revocable=True),)))
    world.end(BATCH, "g4")
    world.quota(RoleConfig("eng"))
    assert len(world.offers(BATCH)) == 1


def test_nothing_is_kept_for_longer_than_the_longest_grace_and_a_little() -> None:
    world = crowded()
    world.do(ev.SetDemands(ENG, (demand(resources(cpus=1_000, mem=2048 * MIB)),)))
    world.do(ev.SetDemands(BATCH, (demand(GUEST, 4, role="guests", revocable=True),)))
    world.end(BATCH, "g4")
    world.wait(GRACE_MS)
    assert not world.offers(BATCH)
    world.wait(A_LITTLE_MS)
    assert len(world.offers(BATCH)) == 1


def test_where_it_was_in_vain_the_history_says_why() -> None:
    world = crowded()
    world.do(ev.SetDemands(ENG, (demand(resources(cpus=1_000, mem=2048 * MIB)),)))
    world.end(BATCH, "g4")
    hogging = resources(mem=1024 * MIB)
    world.cluster.agents[A1].take(world.cluster.agents[A1].used, hogging, {})
    world.end(BATCH, "g3")
    told = [each.reason for each in world.cluster.history.of(world.names[ENG]) if each.kind == "preemption_in_vain"]
    assert told == [
        "demand d: what was preempted on host-a1 has ended, and it waits all the same: mem: 2GiB needed, 1GiB free"
    ]


@pytest.mark.parametrize("ended", [(), ("g4",)])
def test_a_restored_master_keeps_it_too(ended: tuple[str, ...]) -> None:
    world = crowded()
    world.do(ev.SetDemands(ENG, (demand(resources(cpus=1_000, mem=2048 * MIB)),)))
    for name in ended:
        world.end(BATCH, name)
    again = restore(take(world.master, world.now), world.cluster.timing, world.now)
    assert again.cluster.agents[A1].kept == world.cluster.agents[A1].kept != ()
    assert again.cluster.keeping == world.cluster.keeping
    assert take(again, world.now) == take(world.master, world.now)


def test_ports_of_victims_are_kept() -> None:
    world = Cluster()
    world.join(ENG, "eng")
    world.join(BATCH, "batch")
    need = Demand(DemandId("d"), cpus(1), 1, port_count=5, role="batch")
    for name in ("p1", "p2"):
        world.do(ev.SetDemands(BATCH, (need,)))
        [offer] = world.offers(BATCH)
        world.accept(offer.offer_id, task(name, offer.resources, demand="d"), session=BATCH)
        world.update(world.names[BATCH], status(name, TaskState.RUNNING, 1))
    world.quota(guarantee("eng", 2))
    world.do(ev.SetDemands(ENG, (Demand(DemandId("d"), cpus(1), 1, port_count=10, role="eng"),)))
    assert world.killed() == ["p2", "p1"]
    world.do(ev.SetDemands(BATCH, (need,)))
    world.end(BATCH, "p2")
    assert not world.offers(BATCH)
    world.end(BATCH, "p1")
    assert len(world.offers(ENG)) == 1


@pytest.mark.parametrize("first", ["small", "large"])
def test_in_whatever_order_victims_end_their_surpluses_count_together(first: str) -> None:
    """The second task takes what the large victim has too much and all of the small one."""
    world = Cluster()
    world.join(ENG, "eng")
    world.join(BATCH, "batch")
    world.join(THIRD, "other")
    world.launch(BATCH, "batch", 1, "small")
    world.launch(BATCH, "batch", 3, "large")
    world.quota(guarantee("eng", 4))
    world.want(ENG, "eng", 2, 2)
    assert sorted(world.killed()) == ["large", "small"]
    world.want(THIRD, "other", 1, 4)
    world.end(BATCH, first)
    given = sum(each.resources.scalars["cpus"] for each in world.offers(ENG))
    assert given == (2_000 if first == "large" else 0)
    assert not world.offers(THIRD)
    world.end(BATCH, "large" if first == "small" else "small")
    given += sum(each.resources.scalars["cpus"] for each in world.offers(ENG))
    assert given == 4_000
    assert not world.offers(THIRD)


def test_what_was_placed_first_counts_once() -> None:
    """The second task takes what its own victim still has, and what is free beside it."""
    world = Cluster()
    world.join(ENG, "eng")
    world.join(BATCH, "batch")
    world.join(THIRD, "other")
    world.launch(BATCH, "batch", 1, "b1", "b2", "b3")
    world.quota(guarantee("eng", 4))
    world.want(ENG, "eng", 2, 2)
    [kept] = world.cluster.agents[A1].kept
    assert (kept.tasks, len(kept.victims)) == (2, 3)
    world.want(THIRD, "other", 1, 4)
    world.end(BATCH, "b3")
    [offer] = world.offers(ENG)
    world.accept(offer.offer_id, task("e1", cpus(2), demand="d"), session=ENG)
    world.want(ENG, "eng", 2, 1)
    world.end(BATCH, "b2")
    assert not world.offers(THIRD)
    world.end(BATCH, "b1")
    assert [each.resources.scalars["cpus"] for each in world.offers(ENG)] == [2_000]
    assert not world.offers(THIRD)


def test_what_is_kept_is_read_from_a_log_as_it_was_written() -> None:
    world = crowded()
    world.do(ev.SetDemands(ENG, (demand(resources(cpus=1_000, mem=2048 * MIB, ports=((31_003, 31_003),))),)))
    [kept] = world.cluster.agents[A1].kept
    assert kept.ports == ((31_003, 31_003),)
    assert item_of(Kept, parse(encode(item(kept)))) == kept
    [due] = [timer for timer in take(world.master, world.now).timers if isinstance(timer.due, KeepingEnds)]
    assert item_of(TimerRecord, parse(encode(item(due)))) == due
