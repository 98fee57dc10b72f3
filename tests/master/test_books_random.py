"""What counts against quotas is what tasks, offers and reservations hold, after whatever order of hostile events.

No limit is exceeded but by what an agent reserves at its start."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barter.core.cluster import AgentInfo, Demand, Filters, FrameworkInfo, Offer
from barter.core.ids import AgentId, DemandId, FrameworkId, ReservationId, VolumeId
from barter.core.operations import CreateVolume, DestroyVolume, Operation, Reserve, Unreserve
from barter.core.resources import Resources, parse_resources, resources
from barter.core.roles import RoleConfig, lineage
from barter.core.task_state import TaskState
from barter.core.tasks import Source, TaskInfo, TaskStatus
from barter.core.units import GIB
from barter.master import events as ev
from barter.master import messages as msg
from barter.master import placement
from barter.master.holdings import plain_of
from barter.master.registry import MemoryFacts
from tests.master.reservation_kit import HAS
from tests.master.world import World, task

ROLES = ("eng", "eng/web", "eng/db", "ops", "*")
AGENTS = (AgentId("a1"), AgentId("a2"), AgentId("a3"))
LIMITS = {"eng": {"cpus": 5_000}, "eng/web": {"cpus": 2_000}, "ops": {"cpus": 3_000, "mem": 2 * GIB}}
SIZES = (resources(cpus=500, disk=5 * GIB), resources(cpus=1_500), resources(mem=GIB, ports=((31_000, 31_001),)))
Over = Mapping[tuple[str, str], int]


def consumed(world: World) -> dict[str, Counter[str]]:
    """The slow way: everything is added up again."""
    sums: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(role: str, scalars: Mapping[str, int]) -> None:
        for above in lineage(role):
            sums[above].update(scalars)

    for framework in world.cluster.frameworks.values():
        held: list[TaskInfo | Offer] = [each.info for each in framework.tasks.values()]
        for each in (*held, *(opened.offer for opened in framework.offers.values())):
            add(each.role, plain_of(each).scalars)
    for agent in world.cluster.agents.values():
        taken: defaultdict[ReservationId, Counter[str]] = defaultdict(Counter)
        tasks: list[TaskInfo | Offer] = [each.info for each in agent.tasks.values()]
        for each in (*tasks, *(opened.offer for opened in agent.offers.values())):
            for name, part in each.reserved.items():
                taken[name].update(part.scalars)
                if name not in agent.reservations:
                    add(each.role, part.scalars)
        for name, reservation in agent.reservations.items():
            add(reservation.role, Counter(reservation.resources.scalars) | taken[name])
        assert {name: +part for name, part in taken.items() if +part} == {
            name: Counter(pool.value.scalars) for name, pool in agent.taken.items() if pool.value.scalars
        }
    return sums


class Hostile:
    """Frameworks and agents that say anything; `over` is by how much limits were exceeded after the last event."""

    def __init__(self, random: Random) -> None:
        self.random, self.registry, self.numbers = random, MemoryFacts(), 0
        self.world = World(self.registry.start("abc123"))
        quotas = [RoleConfig(role, limit=limit) for role, limit in LIMITS.items()]
        self.world.do(ev.SetRoles(1, (*quotas, RoleConfig("eng/db", guarantee={"cpus": 1_000})), force=True))
        self.sessions: dict[AgentId, int] = {}
        self.frameworks: dict[int, tuple[int, FrameworkId]] = {}
        for agent_id in AGENTS:
            self.register(agent_id, self.machine(agent_id), ())
        for number in range(3):
            self.subscribe(number)

    def next(self) -> int:
        self.numbers += 1
        return self.numbers

    def machine(self, agent_id: AgentId) -> AgentInfo:
        has = self.random.choice((HAS, HAS, parse_resources("cpus=2,mem=2GiB,disk=20GiB,ports=[31000-31004]")))
        kept = self.random.choice(("", "", "", "ops", "eng/web"))
        reserved = {kept: resources(cpus=self.random.choice((500, 2_000)))} if kept else {}
        return AgentInfo(agent_id, f"h-{agent_id}", f"10.0.0.{agent_id[1:]}", has, reserved=reserved)

    def register(self, agent_id: AgentId, info: AgentInfo, tasks: Iterable[tuple[FrameworkId, TaskInfo]]) -> None:
        self.sessions[agent_id] = self.next()
        told = tuple((name, each, self.status(each, TaskState.RUNNING, agent_id)) for name, each in tasks)
        slack = resources(cpus=self.random.choice((0, 1_000)))
        self.world.do(ev.AgentRegister(self.sessions[agent_id], info, told, slack=slack))
        self.over = self.exceeded()

    def status(self, info: TaskInfo, state: TaskState, agent_id: AgentId) -> TaskStatus:
        return TaskStatus(info.task_id, state, Source.AGENT, 0, f"u{self.next()}", agent_id)

    def subscribe(self, number: int) -> None:
        known = self.frameworks.get(number, (0, FrameworkId("")))[1]
        known = known if known in self.world.cluster.frameworks else FrameworkId("")
        roles, session = tuple(self.random.sample(ROLES, 2)), self.next()
        self.world.do(ev.Subscribe(session, FrameworkInfo(f"f{number}", known, roles=roles, revocable=number == 0)))
        self.frameworks[number] = session, self.world.sent(msg.Subscribed, session)[0].framework_id

    def step(self) -> None:
        kind = self.random.choice(
            ("accept",) * 4 + ("demand",) * 2 + ("operate",) * 2 + ("end", "agent", "subscribe", "go")
        )
        kind = self.random.choice((kind, kind, kind, "wait", "restart")) if kind == "go" else kind
        session, framework_id = self.frameworks[self.random.randrange(3)]
        agent_id = self.random.choice(AGENTS)
        match kind:
            case "accept":
                self.accept(session, framework_id)
            case "demand":
                shapes = [resources(cpus=500), resources(cpus=1_000, mem=GIB)]
                role, count = self.random.choice(ROLES), self.random.randint(0, 6)
                wanted = Demand(DemandId("d"), self.random.choice(shapes), count, role=role)
                self.world.do(ev.SetDemands(session, (wanted,)))
            case "operate":
                operation = self.operation(self.random.choice(ROLES[:4]))
                self.world.do(ev.Operate(9, agent_id, "op", operation))
            case "end":
                for task_ in [*self.world.cluster.agents[agent_id].tasks.values()][:1]:
                    end = self.status(task_.info, TaskState.FAILED, agent_id)
                    self.world.do(ev.AgentUpdates(self.sessions[agent_id], agent_id, ((task_.framework_id, end),)))
            case "agent":
                self.back(agent_id, self.machine(agent_id))
                return
            case "subscribe":
                self.subscribe(self.random.randrange(3))
            case "go":
                self.world.do(ev.FrameworkDisconnected(session))
            case "wait":
                self.world.wait(self.random.choice((500, 7_000)))
            case "restart":
                self.restart()
                return
        self.look()

    def look(self) -> None:
        before, self.over = self.over, self.exceeded()
        for (role, kind), amount in self.over.items():
            assert amount <= before.get((role, kind), 0), f"{role} has {amount} {kind}"

    def exceeded(self) -> Over:
        """What roles have above their limits, each of which the allocator has counted right."""
        placement.tell(self.world.cluster)
        sums = consumed(self.world)
        for role in ROLES:
            assert +Counter(self.world.cluster.allocator.consumption(role)) == +sums.get(role, Counter()), role
        limits = ((role, kind, most) for role, limit in LIMITS.items() for kind, most in limit.items())
        return {(role, kind): sums[role][kind] for role, kind, most in limits if sums[role][kind] > most}

    def operation(self, role: str) -> Operation:
        name, volume = ReservationId(self.random.choice(("r1", "r2"))), VolumeId(self.random.choice(("v1", "v2")))
        made = Reserve(name, self.random.choice(SIZES), self.random.choice((role, "eng/web")))
        return self.random.choice((made, made, Unreserve(name), CreateVolume(volume, name, GIB), DestroyVolume(volume)))

    def accept(self, session: int, framework_id: FrameworkId) -> None:
        held = [each.offer for each in self.world.cluster.frameworks[framework_id].offers.values()]
        if not held:
            return
        offer = self.random.choice(held)
        tasks = [self.forged(offer) for _ in range(self.random.randint(0, 2))]
        each = tuple(self.operation(offer.role) for _ in range(self.random.randint(0, 3)))
        self.world.do(ev.Accept(session, (offer.offer_id,), tuple(tasks), Filters(0), (), each))

    def forged(self, offer: Offer) -> TaskInfo:
        """It names reserved and revocable parts and a role as it likes."""
        whole = Resources(offer.resources.scalars, offer.resources.ranges)
        info = task(f"t{self.next()}", self.random.choice((resources(cpus=500), resources(cpus=1_500), whole)))
        name = ReservationId(self.random.choice(("", "r1", *offer.reserved)))
        reserved = {ReservationId("zz"): resources(cpus=7)}
        revocable = resources(cpus=self.random.choice((0, 500)))
        info = replace(info, reservation_id=name, reserved=reserved, role="ops", revocable=revocable)
        return replace(info, demand_id=offer.demand_id)

    def back(self, agent_id: AgentId, info: AgentInfo, old: World | None = None) -> None:
        """The agent registers again with its tasks: offers that this leaves no room for are taken back."""
        agent = (old or self.world).cluster.agents[agent_id]
        self.register(agent_id, info, [(each.framework_id, each.info) for each in agent.tasks.values()])
        for role, kind in self.over:
            offers = [each.offer for each in self.world.cluster.offers.values() if role in lineage(each.offer.role)]
            assert not any(plain_of(each).scalars.get(kind) for each in offers)

    def restart(self) -> None:
        self.registry.commit(self.world.facts)  # type: ignore[arg-type]
        old, self.world = self.world, World(self.registry.start("abc123"))
        self.over = self.exceeded()
        for number in range(3):
            self.subscribe(number)
            self.look()
            info = old.cluster.agents[AGENTS[number]].info
            self.back(AGENTS[number], self.random.choice((info, self.machine(AGENTS[number]))), old)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 1 << 32))
def test_books_are_right_and_limits_hold_whatever_is_said(seed: int) -> None:
    hostile = Hostile(Random(seed))
    for _ in range(50):
        hostile.step()
