"""A master made of its own snapshot does what the first would have done: in a random world, to the last action."""

from collections.abc import Sequence
from dataclasses import fields

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from barter.core.cluster import Demand, FrameworkInfo, Service, ServicePort, ServiceServed
from barter.core.constraints import Constraint, Operator
from barter.core.ids import DemandId, FrameworkId, TaskId
from barter.core.machine import Tick
from barter.core.resources import resources
from barter.core.tasks import Command, TaskInfo, TaskPort
from barter.core.units import MIB
from barter.master import events as ev
from barter.master import placement
from barter.master.actions import Action
from barter.master.allocator.index import Index
from barter.master.facts import Recovered
from barter.master.machine import Master
from barter.master.record_json import ACTIONS, EVENTS, encode, parse, tagged, untagged
from barter.master.record_log import Header, Reader, header_line, snapshot_lines
from barter.master.snapshot import restore, take
from barter.master.snapshot_records import Snapshot
from barter.master.state import Agent, Framework, Task
from tests.master.test_machine_random import PICK, RandomWorld
from tests.master.world import A1, A2, AGENT, AGENT_TIMEOUT, FRAMEWORK, World, agent

CONSTRAINTS = st.lists(
    st.sampled_from(
        [
            Constraint("@hostname", Operator.UNIQUE),
            Constraint("zone", Operator.UNIQUE),
            Constraint("@hostname", Operator.GROUP_BY),
            Constraint("@hostname", Operator.MAX_PER, "2"),
            Constraint("@hostname", Operator.CLUSTER),
            Constraint("@hostname", Operator.LIKE, "host-a[12]"),
        ]
    ),
    max_size=2,
)
HEADER = Header("0", "abc123", 1, 0)


def written_and_read(snapshot: Snapshot) -> Snapshot:
    header, again = Reader().read([header_line(HEADER), *snapshot_lines(snapshot)])
    assert header == HEADER
    assert isinstance(again, Snapshot)
    return again


class Twins(Master):
    """Two masters fed alike; whatever one does differently fails the test."""

    def __init__(self, first: Master, second: Master) -> None:
        self.first, self.second = first, second
        self.cluster = first.cluster

    @property
    def batch_open(self) -> bool:  # type: ignore[override]
        return self.first.batch_open

    def next_wakeup(self) -> int | None:
        wakeup = self.first.next_wakeup()
        assert self.second.next_wakeup() == wakeup
        return wakeup

    def step(self, event: ev.Event | Tick, now: int) -> list[Action]:
        if not isinstance(event, Tick):
            assert untagged(parse(encode(tagged(event))), EVENTS) == event
        actions = self.first.step(event, now)
        assert self.second.step(event, now) == actions
        assert [untagged(parse(encode(tagged(action))), ACTIONS) for action in actions] == actions
        return actions


class SnapshotWorld(RandomWorld):
    @rule()
    def double(self) -> None:
        """From here on two masters, the second made of what the first (or a second before it) has written down."""
        world = self.world
        before = world.master.second if isinstance(world.master, Twins) else world.master
        first = world.master.first if isinstance(world.master, Twins) else world.master
        snapshot = take(before, world.now)
        again = written_and_read(snapshot)
        assert again == snapshot
        second = restore(again, snapshot.head.timing, world.now)
        assert take(second, world.now) == snapshot
        world.master = Twins(first, second)

    @rule(pick=PICK, names=st.lists(st.sampled_from("dxyz"), unique=True), count=st.integers(0, 6), under=CONSTRAINTS)
    def want_under(self, pick: int, names: Sequence[str], count: int, under: list[Constraint]) -> None:
        need = resources(cpus=150, mem=MIB)
        told = tuple(Demand(DemandId(name), need, count, 0, constraints=tuple(under)) for name in names)
        self.do(ev.SetDemands(self.framework(pick).session, told))

    @rule(pick=PICK, names=st.lists(st.sampled_from("stu"), unique=True))
    def serve(self, pick: int, names: Sequence[str]) -> None:
        services = tuple(Service(name, (ServicePort("http", vhosts=(name,)),)) for name in names)
        self.do(ev.SetServices(self.framework(pick).session, services))

    @rule(
        edge=st.sampled_from(["e1", "e2"]),
        names=st.lists(st.sampled_from("stu"), unique=True),
        gone=st.sampled_from(["", "s", "t"]),
        tasks=st.lists(st.sampled_from(["t1", "t2", "t3"]), unique=True),
        split=st.integers(0, 3),
    )
    def report_served(self, edge: str, names: Sequence[str], gone: str, tasks: Sequence[str], split: int) -> None:
        ids = tuple(TaskId(each) for each in tasks)
        served = tuple(ServiceServed(name, ids[:split], ids[split:]) for name in names if name != gone)
        self.do(ev.EdgeReported(edge, served, (gone,)))

    @rule(edge=st.sampled_from(["e1", "e2"]), joins=st.booleans())
    def watch(self, edge: str, *, joins: bool) -> None:
        self.do(ev.EdgeJoined(edge) if joins else ev.EdgeLeft(edge))

    @rule(pick=PICK, which=PICK)
    def launch_service(self, pick: int, which: int) -> None:
        one = self.framework(pick)
        if not one.offers or not one.session:
            return
        offer = list(one.offers.values())[which % len(one.offers)]
        self.made += 1
        ports = (TaskPort("http", 31_000, service_id="s"), TaskPort("also", 31_001, service_id="t"))
        name = TaskId(f"t{self.made}")
        info = TaskInfo(name, "t", resources(cpus=10), Command("true"), ports=(), demand_id=offer.demand_id)
        if offer.resources.ports[:1] and resources(ports=((31_000, 31_001),)) in offer.resources:
            need = resources(cpus=10, ports=((31_000, 31_001),))
            info = TaskInfo(name, "t", need, Command("true"), ports=ports, demand_id=offer.demand_id)
        del one.offers[offer.offer_id]
        one.launched.append(name)
        self.do(ev.Accept(one.session, (offer.offer_id,), (info,)))

    @rule(pick=PICK)
    def leave(self, pick: int) -> None:
        if pick % 7:
            return
        one = self.agent(pick)
        one.tasks, one.unacked = {}, {}
        session, one.session = one.session, 0
        self.do(ev.AgentUnregister(session, one.info.agent_id, "stopped"))

    @invariant()
    def both_stand_alike(self) -> None:
        if isinstance(self.world.master, Twins):
            assert take(self.world.master.first, 0) == take(self.world.master.second, 0)


TestSnapshotWorld = SnapshotWorld.TestCase
TestSnapshotWorld.settings = settings(max_examples=60, stateful_step_count=80, deadline=None)


def test_a_master_that_waits_for_those_it_knows_goes_on_waiting() -> None:
    known = Recovered("abc123", 2, (agent(A1), agent(A2)), (FrameworkInfo("f", FrameworkId("abc123-1-0001")),))
    world = World(known)
    world.master = _twins(world)
    world.subscribe(framework_id="abc123-1-0001")
    world.do(ev.Reconcile(FRAMEWORK, (TaskId("t9"),)))
    world.master = _twins(world)
    world.register()
    assert world.statuses() == []
    world.wait(AGENT_TIMEOUT)
    assert [told.task_id for told in world.statuses()] == ["t9"]
    assert world.offers()


def test_explaining_before_the_first_batch_changes_nothing_of_it() -> None:
    world = World(Recovered("abc123", 2, (agent(A1), agent(A2))))
    placement.tell(world.cluster)
    world.master = _twins(world)
    world.subscribe()
    world.register()
    assert world.offers()


KEPT_OR_WORKED_OUT = {
    Task: "framework_id agent_id info status launched_ms kill why undecided",
    Agent: "info session unreachable leaving heard_ms registered_ms used offered tasks offers "
    "reservations volumes condemned stored taken maintenance slack lent kept containers unreachable_ms heartbeat_ms "
    "_unheld",
    Framework: "info session absences demands_only suppressed subscribed_ms demands waiting services used offered "
    "charged charged_reserved tasks offers pending unanswered behind",
}
OF_CLUSTER = (
    "cluster_id epoch timing allocator agents frameworks sessions offers ended states total used offered endpoints "
    "history told_history timers fresh_agents fresh_frameworks expected_agents expected_frameworks settled_changed "
    "frameworks_made offers_made out roles gone owed_inverse preempts_ms keeping made_room maintained told_more reach "
    "edges"
)
OF_INDEX = (
    "agents seekers refusals total free open tree catalog "
    "wishes changes unmet newly_unmet grown withheld awaited minimums"
)


def test_what_a_master_comes_to_know_has_to_come_into_its_snapshot() -> None:
    """Add a new field here once `take` keeps it, or `restore` works it out."""
    for kind, names in KEPT_OR_WORKED_OUT.items():
        assert [field.name for field in fields(kind)] == names.split()
    assert sorted(vars(World().cluster)) == sorted(OF_CLUSTER.split())
    assert sorted(vars(Index())) == sorted(OF_INDEX.split())


def test_no_snapshot_within_a_batch() -> None:
    world = World()
    world.master.step(ev.AgentRegister(AGENT, agent()), world.now)
    with pytest.raises(ValueError, match="let the batch end"):
        take(world.master, world.now)


def _twins(world: World) -> Twins:
    first = world.master.first if isinstance(world.master, Twins) else world.master
    snapshot = written_and_read(take(first, world.now))
    return Twins(first, restore(snapshot, snapshot.head.timing, world.now))
