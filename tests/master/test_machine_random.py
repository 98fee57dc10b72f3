"""A random world: agents and frameworks that come and go, and what must hold after every batch."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from barter.core import ranges as rng
from barter.core.cluster import Demand, Filters, FrameworkInfo, Offer, ReturningTasks
from barter.core.ids import AgentId, DemandId, TaskId
from barter.core.machine import Tick
from barter.core.resources import NOTHING, Resources, resources
from barter.core.task_state import TERMINAL, TRANSITIONS, TaskState
from barter.core.tasks import Command, TaskInfo
from barter.core.units import MIB
from barter.master import events as ev
from barter.master.state import TaskKey
from tests.master.fakes import SELF_MADE, FakeAgent, FakeFramework, Peers
from tests.master.world import World, agent

PICK = st.integers(0, 1_000)
SHAPES = st.lists(st.tuples(st.integers(0, 400), st.booleans()), min_size=1, max_size=4)
AGENTS, FRAMEWORKS = 3, 3


def owned(held: TaskInfo | Offer) -> Resources:
    """Without what is only lent."""
    return held.resources.without(held.revocable)


class RandomWorld(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.world.cluster.timing = replace(
            self.world.cluster.timing, removal_ms=30_000, removal_every_ms=5_000, loss_window_ms=20_000
        )
        self.peers = Peers()
        self.peers.agents = [FakeAgent(agent(AgentId(f"a{n + 1}"), cpus=1_000)) for n in range(AGENTS)]
        self.peers.frameworks = [FakeFramework() for _ in range(FRAMEWORKS)]
        self.states: dict[TaskKey, TaskState] = {}
        self.made = 0

    def do(self, *events: ev.Event | Tick) -> None:
        self.peers.deliver(self.world.do(*events))

    def agent(self, pick: int) -> FakeAgent:
        return self.peers.agents[pick % AGENTS]

    def framework(self, pick: int) -> FakeFramework:
        return self.peers.frameworks[pick % FRAMEWORKS]

    @initialize()
    def begin(self) -> None:
        for pick in range(AGENTS):
            self.register(pick)
        for pick in range(FRAMEWORKS):
            self.subscribe(pick, pick == 0)

    @rule(pick=PICK)
    def register(self, pick: int) -> None:
        self.do(self.agent(pick).registration(self.peers.new_session()))

    @rule(pick=PICK)
    def lose_agent(self, pick: int) -> None:
        one = self.agent(pick)
        session, one.session = one.session, 0
        self.do(ev.AgentDisconnected(session, one.info.agent_id))

    @rule(pick=PICK, only=st.booleans())
    def subscribe(self, pick: int, only: bool) -> None:
        one = self.framework(pick)
        open_before = dict(one.unacked)
        one.session, one.unacked = self.peers.new_session(), {}
        self.do(
            ev.Subscribe(
                one.session,
                FrameworkInfo(
                    f"f{pick}",
                    one.framework_id,
                    failover_timeout_ms=200_000,
                    returning_tasks=list(ReturningTasks)[pick % len(ReturningTasks)],
                ),
                only,
            )
        )
        if one.session:
            assert open_before.keys() <= one.unacked.keys(), "an unacknowledged update was not sent again"
        else:
            self.peers.frameworks[pick % FRAMEWORKS] = FakeFramework()

    @rule(pick=PICK)
    def lose_framework(self, pick: int) -> None:
        one = self.framework(pick)
        session, one.session = one.session, 0
        self.do(ev.FrameworkDisconnected(session))

    @rule(pick=PICK, by_operator=st.booleans())
    def remove(self, pick: int, by_operator: bool) -> None:
        if pick % 5:
            return
        one = self.framework(pick)
        self.do(ev.TeardownByOperator(one.framework_id) if by_operator else ev.Teardown(one.session))

    @rule(pick=PICK, which=PICK, shapes=SHAPES, refuse_ms=PICK)
    def accept(self, pick: int, which: int, shapes: list[tuple[int, bool]], refuse_ms: int) -> None:
        one = self.framework(pick)
        if not one.offers or not one.session:
            return
        offer = list(one.offers.values())[which % len(one.offers)]
        ports = offer.resources.ports
        tasks = []
        for cpus, with_port in shapes:
            taken = rng.first(ports, 1) if with_port and ports else ()
            ports = rng.subtract(ports, taken)
            self.made += 1
            need = resources(cpus=cpus, mem=MIB, ports=taken)
            tasks.append(TaskInfo(TaskId(f"t{self.made}"), "t", need, Command("true"), demand_id=offer.demand_id))
        del one.offers[offer.offer_id]
        one.launched += [info.task_id for info in tasks]
        self.do(ev.Accept(one.session, (offer.offer_id,), tuple(tasks), Filters(refuse_ms)))
        taken_in = self.world.cluster.agents[offer.agent_id].tasks
        running = [info for info in tasks if (one.framework_id, info.task_id) in taken_in]
        assert sum((info.resources for info in running), NOTHING) in offer.resources
        self.do(ev.Accept(one.session, (offer.offer_id,), (TaskInfo(TaskId("again"), "t", resources(cpus=1)),)))
        assert not any("again" in framework.tasks for framework in self.world.cluster.frameworks.values())

    @rule(pick=PICK, other=PICK)
    def steal(self, pick: int, other: int) -> None:
        thief, owner = self.framework(pick), self.framework(other)
        if thief is owner or not owner.offers or not thief.session:
            return
        stolen = next(iter(owner.offers))
        still_open = stolen in self.world.cluster.offers
        self.do(
            ev.Accept(thief.session, (stolen,), (TaskInfo(TaskId("stolen"), "t", resources(cpus=1), Command("a")),))
        )
        assert (stolen in self.world.cluster.offers) == still_open
        assert not any("stolen" in framework.tasks for framework in self.world.cluster.frameworks.values())

    @rule(pick=PICK, ms=st.integers(0, 5_000))
    def decline(self, pick: int, ms: int) -> None:
        one = self.framework(pick)
        offer_ids, one.offers = tuple(one.offers), {}
        self.do(ev.Decline(one.session, offer_ids, Filters(ms)))

    @rule(pick=PICK, states=st.lists(st.sampled_from(SELF_MADE), min_size=1, max_size=4))
    def progress(self, pick: int, states: list[TaskState]) -> None:
        live = [(one, key) for one in self.peers.agents for key in one.live()]
        if not live:
            return
        one, key = live[pick % len(live)]
        for state in states:
            told = one.move(key, state)
            if told is not None and one.session:
                self.do(ev.AgentUpdates(one.session, one.info.agent_id, ((key[0], told),)))

    @rule(pick=PICK, count=st.integers(1, 5))
    def acknowledge(self, pick: int, count: int) -> None:
        one = self.framework(pick)
        if one.session:
            acks = [(one.framework_id, task_id, uuid) for uuid, task_id in list(one.unacked.items())[:count]]
            for _, _, uuid in acks:
                del one.unacked[uuid]
            self.do(ev.AcknowledgeUpdates(one.session, tuple(acks)))

    @rule(pick=PICK, which=PICK)
    def kill(self, pick: int, which: int) -> None:
        one = self.framework(pick)
        if one.launched:
            self.do(ev.KillTask(one.session, one.launched[which % len(one.launched)]))

    @rule(
        pick=PICK,
        count=st.integers(0, 4),
        cpus=st.integers(0, 600),
        ports=st.integers(0, 2),
        revocable=st.booleans(),
    )
    def want(self, pick: int, count: int, cpus: int, ports: int, revocable: bool) -> None:
        wanted = Demand(DemandId("d"), resources(cpus=cpus, mem=MIB), count, ports, revocable=revocable)
        self.do(ev.SetDemands(self.framework(pick).session, (wanted,)))

    @rule(pick=PICK, cpus=st.integers(0, 1_000))
    def lend(self, pick: int, cpus: int) -> None:
        one = self.agent(pick)
        self.do(ev.AgentSlack(one.session, one.info.agent_id, resources(cpus=cpus)))

    @rule(pick=PICK, which=PICK, cpus=st.integers(50, 400))
    def borrow(self, pick: int, which: int, cpus: int) -> None:
        one, lender, need = self.framework(pick), self.agent(which), resources(cpus=cpus, mem=MIB)
        self.do(ev.AgentSlack(lender.session, lender.info.agent_id, resources(cpus=600)))
        self.do(ev.SetDemands(one.session, (Demand(DemandId("d"), need, 1, revocable=True),)))
        for offer in [each for each in one.offers.values() if each.revocable][:1]:
            self.made += 1
            task = TaskInfo(TaskId(f"t{self.made}"), "t", need, Command("a"), demand_id=offer.demand_id)
            del one.offers[offer.offer_id]
            one.launched.append(task.task_id)
            self.do(ev.Accept(one.session, (offer.offer_id,), (task,)))

    @rule(pick=PICK, wish=st.sampled_from([ev.Revive, ev.Suppress, ev.Reconcile]))
    def wish(self, pick: int, wish: type[ev.Revive | ev.Suppress | ev.Reconcile]) -> None:
        self.do(wish(self.framework(pick).session))

    @rule(ms=st.integers(0, 40_000), heartbeat=st.booleans())
    def wait(self, ms: int, heartbeat: bool) -> None:
        if heartbeat:
            self.do(*(ev.AgentHeartbeat(one.session, one.info.agent_id) for one in self.peers.agents))
        self.peers.deliver(self.world.wait(ms))

    @invariant()
    def each_agents_books_balance(self) -> None:
        for one in self.world.cluster.agents.values():
            used = sum((owned(task.info) for task in one.tasks.values()), NOTHING)
            offered = sum((owned(opened.offer) for opened in one.offers.values()), NOTHING)
            assert (one.used.value, one.offered.value) == (used, offered)
            assert one.free + used + offered == one.info.resources

    @invariant()
    def nobody_who_is_to_stay_holds_more_than_is_lent(self) -> None:
        for one in self.world.cluster.agents.values():
            held = [opened.offer.revocable for opened in one.offers.values()]
            held += [task.info.revocable for task in one.tasks.values() if not task.ending]
            assert sum(held, NOTHING) in one.slack

    @invariant()
    def what_the_frameworks_hold_is_what_the_master_offers(self) -> None:
        cluster = self.world.cluster
        for one in self.peers.frameworks:
            if one.session and one.framework_id:
                assert one.offers.keys() == cluster.frameworks[one.framework_id].offers.keys()
        listed = [offer_id for framework in cluster.frameworks.values() for offer_id in framework.offers]
        assert sorted(listed) == sorted(cluster.offers)

    @invariant()
    def states_follow_the_table(self) -> None:
        cluster = self.world.cluster
        live = {task.key: task.status.state for each in cluster.agents.values() for task in each.tasks.values()}
        ended = {key: task.status.state for key, task in cluster.ended.tasks.items()}
        assert not live.keys() & ended.keys()
        assert all(state in TERMINAL for state in ended.values())
        for key, state in (live | ended).items():
            before = self.states.get(key, TaskState.UNKNOWN)
            assert state is before or _reachable(before, state), f"{key}: {before} became {state}"
        self.states |= live | ended

    @invariant()
    def counts_are_what_there_is(self) -> None:
        cluster = self.world.cluster
        live = [task for each in cluster.agents.values() for task in each.tasks.values()]
        counted = sum(count for state, count in cluster.states.items() if state not in TERMINAL)
        assert counted == len(live) == sum(len(each.tasks) for each in cluster.frameworks.values())
        assert cluster.used.value.scalars.get("cpus", 0) == sum(
            owned(task.info).scalars.get("cpus", 0) for task in live
        )


def _reachable(before: TaskState, after: TaskState) -> bool:
    """In one batch a task may take several steps, each by the table."""
    return after in TRANSITIONS[before] or any(after in TRANSITIONS[step] for step in TRANSITIONS[before])


TestRandomWorld = RandomWorld.TestCase
TestRandomWorld.settings = settings(max_examples=40, stateful_step_count=80, deadline=None)
