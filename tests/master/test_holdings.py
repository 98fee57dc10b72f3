"""Nothing of an agent is counted twice or lost, whatever is reserved, made, launched and ended on it."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from barter.core.cluster import AgentInfo, Filters, FrameworkInfo, Offer
from barter.core.ids import ReservationId, TaskId, VolumeId
from barter.core.operations import CreateVolume, DestroyVolume, Operation, Reserve, Unreserve
from barter.core.reservations import VolumeMount
from barter.core.resources import NOTHING, Resources, parse_resources, resources
from barter.core.task_state import TERMINAL, TaskState
from barter.core.tasks import Command, Source, TaskInfo, TaskStatus
from barter.core.units import MIB
from barter.master import actions as act
from barter.master import events as ev
from barter.master.holdings import disk, plain_of, total_of
from barter.master.state import Agent
from tests.master.world import A1, AGENT, World, task

ROLES = ("eng", "eng/web", "ops")
NAMES, VOLUMES = ("r1", "r2", "r3"), ("v1", "v2")
TOTAL = parse_resources("cpus=1,mem=100MiB,disk=100MiB,ports=[1000-1009]")
AMOUNTS = st.builds(
    lambda cpus, mem, size, ports: resources(cpus=cpus, mem=mem * MIB, disk=size * MIB, ports=ports),
    st.integers(1, 700),
    st.integers(0, 60),
    st.integers(0, 60),
    st.sampled_from([(), ((1000, 1003),), ((1002, 1002),), ((1004, 1009),)]),
)
OPERATIONS: st.SearchStrategy[Operation] = st.one_of(
    st.builds(Reserve, st.sampled_from(NAMES).map(ReservationId), AMOUNTS, st.sampled_from(("", *ROLES))),
    st.builds(Unreserve, st.sampled_from(NAMES).map(ReservationId)),
    st.builds(
        CreateVolume,
        st.sampled_from(VOLUMES).map(VolumeId),
        st.sampled_from((*NAMES, "static-eng")).map(ReservationId),
        st.integers(1, 50 * MIB),
    ),
    st.builds(DestroyVolume, st.sampled_from(VOLUMES).map(VolumeId)),
)
PICK = st.integers(0, 99)


class Holdings(RuleBasedStateMachine):
    """One agent, a framework a role; `tasks` is what the agent runs."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.info = AgentInfo(A1, "h1", "10.0.0.1", TOTAL, reserved={"eng": resources(cpus=100, disk=20 * MIB)})
        self.sessions = {10 + number: role for number, role in enumerate(ROLES)}
        self.made = 0
        for session, role in self.sessions.items():
            self.world.do(ev.Subscribe(session, FrameworkInfo(role.replace("/", "-"), roles=(role,))))
        self.world.register(self.info)

    @property
    def agent(self) -> Agent:
        return self.world.cluster.agents[A1]

    def offers(self, session: int) -> list[Offer]:
        framework = self.world.cluster.frameworks[self.world.cluster.sessions[session]]
        return [opened.offer for opened in framework.offers.values()]

    @rule(operation=OPERATIONS)
    def operate(self, operation: Operation) -> None:
        before = (dict(self.agent.reservations), dict(self.agent.volumes), len(self.world.facts))
        self.world.do(ev.Operate(1, A1, "ops", operation))
        [answer] = [each for each in self.world.last if isinstance(each, act.Answer)]
        if answer.refusal:
            assert before == (self.agent.reservations, self.agent.volumes, len(self.world.facts))

    @rule(pick=PICK, each=st.lists(OPERATIONS, max_size=3), needs=st.lists(AMOUNTS, max_size=2), named=st.booleans())
    def accept(self, pick: int, each: list[Operation], needs: list[Resources], named: bool) -> None:
        session = list(self.sessions)[pick % len(ROLES)]
        offers = self.offers(session)
        if not offers:
            return
        tasks = [self._task(need, pick, named) for need in needs]
        self.world.do(ev.Accept(session, (offers[0].offer_id,), tuple(tasks), Filters(pick), (), tuple(each)))

    @rule(pick=PICK, part=AMOUNTS)
    def reserve_and_ask_for_all(self, pick: int, part: Resources) -> None:
        """Two tasks that both want all that was plain: the one without a name may have the new reservation, too."""
        session = list(self.sessions)[pick % len(ROLES)]
        for offer in self.offers(session)[:1]:
            plain = plain_of(offer)
            name = ReservationId(NAMES[pick % 3])
            part = part.without(part.without(plain))
            tasks = tuple(self._task(need, 1, named=False) for need in (plain.without(part), part, part) if need)
            role = "" if pick % 2 else f"{offer.role}/web"
            reserve = (Reserve(name, part, role),) if part else ()
            self.world.do(ev.Accept(session, (offer.offer_id,), tasks, Filters(0), (), reserve))

    def _task(self, need: Resources, pick: int, named: bool) -> TaskInfo:
        self.made += 1
        mounts = (VolumeMount(VolumeId(VOLUMES[pick % 2]), "data"),) if pick % 3 == 0 else ()
        name = ReservationId(NAMES[pick % 3] if named else "")
        info = TaskInfo(TaskId(f"t{self.made}"), "t", need, Command("true"), volumes=mounts, reservation_id=name)
        return replace(info, reserved={ReservationId("r1"): need}, role="forged") if pick % 5 == 0 else info

    @rule(pick=PICK)
    def end(self, pick: int) -> None:
        if self.agent.tasks:
            framework_id, task_id = list(self.agent.tasks)[pick % len(self.agent.tasks)]
            status = TaskStatus(task_id, TaskState.FINISHED, Source.EXECUTOR, 0, f"{task_id}:1", A1)
            self.world.do(ev.AgentUpdates(AGENT, A1, ((framework_id, status),)))

    @rule(pick=PICK)
    def decline(self, pick: int) -> None:
        session = list(self.sessions)[pick % len(ROLES)]
        self.world.do(ev.Decline(session, tuple(offer.offer_id for offer in self.offers(session)), Filters(pick)))

    @rule(cpus=st.sampled_from([300, 1_000]))
    def register_again(self, cpus: int) -> None:
        """With its tasks, and sometimes with less than what is reserved and used of it."""
        tasks = [(task.framework_id, task.info, task.status) for task in self.agent.tasks.values()]
        self.info = replace(self.info, resources=replace_cpus(TOTAL, cpus))
        self.world.do(ev.AgentRegister(AGENT, self.info, tuple(tasks), (), tuple(self.agent.stored)))

    @rule(names=st.sets(st.sampled_from(VOLUMES)))
    def tell_volumes(self, names: set[str]) -> None:
        self.world.do(ev.AgentVolumes(AGENT, A1, tuple(map(VolumeId, names))))

    @rule(ms=st.integers(0, 25_000))
    def wait(self, ms: int) -> None:
        self.world.do(ev.AgentHeartbeat(AGENT, A1))
        self.world.wait(ms)
        self.world.do(ev.AgentHeartbeat(AGENT, A1))

    @invariant()
    def all_there_is_is_somewhere_once(self) -> None:
        agent = self.agent
        division = agent.division
        held = [task.info.resources for task in agent.tasks.values()]
        held += [opened.offer.resources for opened in agent.offers.values()]
        parts = [division.plain, *(free for _, free in division.reserved), *held]
        if self._shrunk():
            return
        volumes = disk(sum(volume.size for volume in agent.volumes.values()))
        assert sum((*parts, volumes), NOTHING) == self.info.resources

    @invariant()
    def nothing_is_free_that_is_not_there(self) -> None:
        division = self.agent.division
        free = sum((part for _, part in division.reserved), division.plain)
        assert free in self.agent.used.left_of(self.info.resources, self.agent.offered)

    @invariant()
    def a_reservation_is_never_given_beyond_itself(self) -> None:
        agent = self.agent
        for name, reservation in agent.reservations.items():
            parts = [task.info.reserved[name] for task in agent.tasks.values() if name in task.info.reserved]
            parts += [each.offer.reserved[name] for each in agent.offers.values() if name in each.offer.reserved]
            volumes = disk(sum(each.size for each in agent.volumes.values() if each.reservation_id == name))
            assert sum((*parts, volumes), NOTHING) in reservation.resources
            users = [*(task.info.role for task in agent.tasks.values() if name in task.info.reserved)]
            assert all(role == reservation.role or role.startswith(f"{reservation.role}/") for role in users)

    @invariant()
    def a_volume_has_one_live_task(self) -> None:
        users = [mount.volume_id for task in self.agent.tasks.values() for mount in task.info.volumes]
        assert len(users) == len(set(users))
        assert set(users) <= self.agent.volumes.keys()
        assert all(task.status.state not in TERMINAL for task in self.agent.tasks.values())

    def _shrunk(self) -> bool:
        return self.info.resources != TOTAL


def replace_cpus(value: Resources, cpus: int) -> Resources:
    return Resources({**value.scalars, "cpus": cpus}, value.ranges, value.sets)


TestHoldings = Holdings.TestCase
TestHoldings.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)


def test_the_plain_part_is_what_is_neither_reserved_nor_lent() -> None:
    whole = parse_resources("cpus=4,mem=1GiB,ports=[1-10]")
    reserved = {ReservationId("r1"): parse_resources("cpus=1,ports=[1-5]"), ReservationId("r2"): resources(cpus=500)}
    held = replace(task("t1", whole), reserved=reserved, revocable=resources(cpus=2_000))
    assert plain_of(held) == parse_resources("cpus=0.5,mem=1GiB,ports=[6-10]")
    assert total_of([*reserved.values(), NOTHING]) == parse_resources("cpus=1.5,ports=[1-5]")
