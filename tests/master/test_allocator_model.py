"""Whatever happens, in whatever order, the allocator grants what a slow and obvious model allows, and all of it."""

from collections import defaultdict
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from barter.core.cluster import AgentInfo, Demand, Strategy
from barter.core.constraints import Constraint, Operator, field_value
from barter.core.ids import AgentId, DemandId, FrameworkId, ReservationId
from barter.core.resources import Resources, resources
from barter.core.roles import RoleConfig, is_within
from barter.core.units import MIB
from barter.master.allocator import Allocator, Grant, Seeker
from tests.master.allocator_model import Held, Refused, Reserved, World, counts_hold

AGENTS = [AgentId(f"a{number}") for number in range(5)]
FRAMEWORKS = [FrameworkId(f"f{number}") for number in range(3)]
ROLES = st.sampled_from(
    [("*",), ("eng/web",), ("*", "eng/web"), ("eng", "eng/web"), ("*", "slave_public"), ("slave_public",)]
)
GUARANTEES = st.sampled_from([{}, {}, {"cpus": 2000}, {"cpus": 5000, "mem": 256 * MIB}])
LIMITS = st.sampled_from([{}, {}, {"cpus": 6000}, {"mem": 512 * MIB}])
CONFIGS = st.dictionaries(
    st.sampled_from(["*", "eng", "eng/web"]),
    st.tuples(st.sampled_from([1000, 500, 2500]), GUARANTEES, LIMITS),
    max_size=2,
)
FIELDS = st.sampled_from(["zone", "@hostname", "rack"])

ROOMY = resources(cpus=4000, mem=512 * MIB, ports=((31000, 31005),))
AMOUNTS = st.sampled_from(
    [
        ROOMY,
        ROOMY,
        resources(cpus=1000, mem=64 * MIB, ports=((31001, 31002),)),
        resources(cpus=5, mem=64 * MIB),
        resources(cpus=5),
    ]
)
CONSTRAINTS = st.one_of(
    st.builds(Constraint, FIELDS, st.sampled_from([Operator.UNIQUE, Operator.CLUSTER])),
    st.builds(Constraint, FIELDS, st.sampled_from([Operator.GROUP_BY]), st.sampled_from(["", "2", "3"])),
    st.builds(Constraint, FIELDS, st.just(Operator.MAX_PER), st.sampled_from(["1", "2"])),
    st.builds(
        Constraint,
        st.sampled_from(["zone", "rack"]),
        st.sampled_from([Operator.IS, Operator.LIKE, Operator.UNLIKE, Operator.CLUSTER]),
        st.sampled_from(["a", "b"]),
    ),
)
NEEDS = st.sampled_from(
    [
        resources(cpus=500, mem=64 * MIB),
        resources(cpus=1000),
        resources(mem=256 * MIB),
        resources(cpus=3000),
        resources(cpus=250, ports=((31001, 31001),)),
    ]
)


def demand(name: str) -> st.SearchStrategy[Demand]:
    return st.builds(
        Demand,
        st.just(DemandId(name)),
        NEEDS,
        st.sampled_from([3, 1, 2, 5, 0]),
        st.sampled_from([0, 0, 1, 2]),
        st.sampled_from(["*", "*", "eng/web", "slave_public"]),
        st.lists(CONSTRAINTS, max_size=2).map(tuple),
        st.sampled_from(["process", "process", "docker"]),
        st.sampled_from([False, False, True]),
        st.sampled_from(Strategy),
        st.sampled_from([False, False, True]),
    )


DEMANDS = st.one_of(st.tuples(demand("d0")), st.tuples(demand("d0"), demand("d1")), st.just(()))


class AllocatorAgainstModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.allocator, self.world = Allocator(), World()
        self.eager = False

    @initialize(zones=st.lists(st.sampled_from("ab"), min_size=2, max_size=4), demands=DEMANDS, eager=st.booleans())
    def a_cluster(self, zones: list[str], demands: tuple[Demand, ...], eager: bool) -> None:
        for agent_id, zone in zip(AGENTS, zones, strict=False):
            self.agent_comes(agent_id, ROOMY, zone, zone, False, ("docker", "process"), 0)
        self.framework_tells(FRAMEWORKS[0], ("*", "eng/web"), demands, True, "", False)
        self.eager = eager

    @rule(
        agent_id=st.sampled_from(AGENTS),
        amounts=AMOUNTS,
        zone=st.sampled_from(["a", "b", ""]),
        rack=st.sampled_from(["a", "b", "c"]),
        public=st.booleans(),
        runtimes=st.sampled_from([("process",), ("docker", "process")]),
        most=st.sampled_from([0, 1, 2, 3]),
    )
    def agent_comes(self, agent_id, amounts, zone, rack, public, runtimes, most) -> None:  # type: ignore[no-untyped-def]
        if agent_id in self.world.agents:
            return
        attributes = {"rack": rack} | ({"zone": zone} if zone else {})
        info = AgentInfo(agent_id, f"host-{agent_id}", "127.0.0.1", amounts, attributes, public, runtimes)
        info = replace(info, max_containers=most)
        self.world.agents[agent_id] = info
        self.allocator.set_agent(self.world.slot(agent_id))

    @precondition(lambda self: self.world.agents)
    @rule(data=st.data(), gone=st.booleans())
    def agent_goes_or_comes_back(self, data: st.DataObject, gone: bool) -> None:
        agent_id = data.draw(st.sampled_from(sorted(self.world.agents)))
        if not gone:
            self.world.inactive ^= {agent_id}
            self.allocator.set_agent(self.world.slot(agent_id))
            return
        for held in [each for each in self.world.held if each.grant.agent_id == agent_id]:
            self._release(held, agent_stays=False)
        del self.world.agents[agent_id]
        self.world.inactive.discard(agent_id)
        self.world.reservations.pop(agent_id, None)
        self.world.slack.pop(agent_id, None)
        self.world.refused = [each for each in self.world.refused if each.agent_id != agent_id]
        self.allocator.remove_agent(agent_id)

    @rule(
        framework_id=st.sampled_from(FRAMEWORKS),
        roles=ROLES,
        demands=DEMANDS,
        demands_only=st.booleans(),
        silent=st.sampled_from(["", "", "", "disconnected", "suppressed"]),
        revocable=st.booleans(),
    )
    def framework_tells(self, framework_id, roles, demands, demands_only, silent, revocable) -> None:  # type: ignore[no-untyped-def]
        self.world.seekers[framework_id] = Seeker(
            framework_id,
            framework_id,
            roles,
            silent != "disconnected",
            frozenset(roles[:1] if silent == "suppressed" else ()),
            demands_only,
            demands,
            revocable=revocable,
        )
        self.allocator.set_seeker(self.world.seeker(framework_id))

    @precondition(lambda self: self.world.agents)
    @rule(data=st.data(), role=st.sampled_from(["*", "eng", "eng/web"]), cpus=st.sampled_from([500, 1000, 3000]))
    def resources_are_reserved(self, data: st.DataObject, role: str, cpus: int) -> None:
        agent_id = data.draw(st.sampled_from(sorted(self.world.agents)))
        wanted = resources(cpus=cpus, mem=64 * MIB)
        reserved = self.world.reservations.setdefault(agent_id, [])
        if wanted in self.world.free(agent_id) and len(reserved) < 2:
            names = {"r1", "r2"} - {each.reservation_id for each in reserved}
            reserved.append(Reserved(ReservationId(min(names)), role, wanted))
            self.allocator.set_agent(self.world.slot(agent_id))

    @precondition(lambda self: any(self.world.reservations.values()))
    @rule(data=st.data())
    def a_reservation_ends(self, data: st.DataObject) -> None:
        agent_id = data.draw(st.sampled_from(sorted(each for each, some in self.world.reservations.items() if some)))
        reserved = self.world.reservations[agent_id][0]
        if self.world.free_reserved(agent_id, reserved) == reserved.resources:
            self.world.reservations[agent_id].remove(reserved)
            self.allocator.set_agent(self.world.slot(agent_id))

    @precondition(lambda self: self.world.agents)
    @rule(data=st.data(), cpus=st.sampled_from([500, 2000]))
    def slack_is_measured(self, data: st.DataObject, cpus: int) -> None:
        agent_id = data.draw(st.sampled_from(sorted(self.world.agents)))
        lent = [each.grant.revocable.scalars.get("cpus", 0) for each in self.world.on(agent_id)]
        self.world.slack[agent_id] = resources(cpus=max(cpus, sum(lent)))
        self.allocator.set_agent(self.world.slot(agent_id))

    @rule(configs=CONFIGS)
    def roles_are_configured(self, configs: dict[str, tuple[int, dict[str, int], dict[str, int]]]) -> None:
        self.world.configs = {role: RoleConfig(role, *each) for role, each in configs.items()}
        self.allocator.set_roles(self.world.configs)

    @precondition(lambda self: self.world.seekers)
    @rule(data=st.data(), demands=DEMANDS)
    def demands_change(self, data: st.DataObject, demands: tuple[Demand, ...]) -> None:
        framework_id = data.draw(st.sampled_from(sorted(self.world.seekers)))
        self.world.seekers[framework_id] = replace(self.world.seekers[framework_id], demands=demands)
        self.allocator.set_seeker(self.world.seeker(framework_id))

    @precondition(lambda self: self.world.seekers)
    @rule(data=st.data())
    def framework_goes(self, data: st.DataObject) -> None:
        framework_id = data.draw(st.sampled_from(sorted(self.world.seekers)))
        self.allocator.remove_seeker(framework_id)
        del self.world.seekers[framework_id]
        for held in [each for each in self.world.held if each.grant.framework_id == framework_id]:
            self._release(held)
        self.world.refused = [each for each in self.world.refused if each.framework_id != framework_id]

    @precondition(lambda self: self.world.seekers)
    @rule(data=st.data())
    def framework_revives(self, data: st.DataObject) -> None:
        framework_id = data.draw(st.sampled_from(sorted(self.world.seekers)))
        self.world.refused = [each for each in self.world.refused if each.framework_id != framework_id]
        self.allocator.clear_refusals(framework_id)

    @precondition(lambda self: self.world.held)
    @rule(data=st.data(), refuse_ms=st.sampled_from([0, 5, 20]), launch=st.booleans())
    def offer_is_answered_or_task_ends(self, data: st.DataObject, refuse_ms: int, launch: bool) -> None:
        held = data.draw(st.sampled_from(self.world.held))
        grant = held.grant
        if launch and not held.running:
            held.running = True
            if grant.demand_id:
                self.allocator.offered(grant.framework_id, grant.demand_id, grant.agent_id, -held.grant.tasks)
                self.allocator.placed(grant.framework_id, grant.demand_id, grant.agent_id, grant.tasks)
            return
        self._give_back(held, refuse_ms)

    @precondition(lambda self: self.world.held)
    @rule(data=st.data(), refuse_ms=st.sampled_from([0, 0, 5]))
    def all_of_a_framework_is_given_back(self, data: st.DataObject, refuse_ms: int) -> None:
        owner = data.draw(st.sampled_from(sorted({each.grant.framework_id for each in self.world.held})))
        for held in [each for each in self.world.held if each.grant.framework_id == owner]:
            self._give_back(held, refuse_ms)

    def _give_back(self, held: Held, refuse_ms: int) -> None:
        """A task ended, or an offer was declined, for some time or for none."""
        grant, declined = held.grant, not held.running and refuse_ms
        self._release(held)
        if declined:
            until = self.world.now + refuse_ms
            self.world.refused.append(Refused(grant.framework_id, grant.agent_id, grant.resources, until))
            self.allocator.refuse(grant.framework_id, grant.agent_id, grant.resources, until)

    def _release(self, held: Held, *, agent_stays: bool = True) -> None:
        self.world.held.remove(held)
        grant = held.grant
        if grant.demand_id:
            tell = self.allocator.placed if held.running else self.allocator.offered
            tell(grant.framework_id, grant.demand_id, grant.agent_id, -held.grant.tasks)
        if agent_stays:
            self.allocator.set_agent(self.world.slot(grant.agent_id))
        if grant.framework_id in self.world.seekers:
            self.allocator.set_seeker(self.world.seeker(grant.framework_id))

    @rule(ms=st.integers(1, 10))
    def time_passes(self, ms: int) -> None:
        self.world.now += ms

    @rule()
    def a_pass_after_several_changes(self) -> None:
        self._pass()

    @invariant()
    def a_pass_after_each_change(self) -> None:
        if self.eager:
            self._pass()

    def _pass(self) -> None:
        world = self.world
        before = {kind: world.spare(kind) for kind in ("cpus", "mem")}
        grants = self.allocator.allocate(world.now)
        stages = any(each.guarantee for each in world.configs.values())
        for grant in grants:
            if not grant.demand_id and not stages:
                place, role, framework_id, offer = world.takers(grant.agent_id)[0]
                assert (role, framework_id, offer) == (grant.role, grant.framework_id, grant.resources), place
            self._check_grant(grant)
            world.held.append(Held(grant, containers=self._containers(grant)))
            self._check_parts(grant)
        for kind, spare in before.items():
            assert world.spare(kind) >= min(spare, 0), "what guarantees want stays free"
        self._check_constraints(grants)
        for grant in grants:
            self.allocator.set_agent(world.slot(grant.agent_id))
            self.allocator.set_seeker(world.seeker(grant.framework_id))
            if grant.demand_id:
                self.allocator.offered(grant.framework_id, grant.demand_id, grant.agent_id, grant.tasks)
        self._check_nothing_is_left()
        assert self.allocator.allocate(world.now) == []

    def _containers(self, grant: Grant) -> int:
        demands = self.world.seekers[grant.framework_id].demands if grant.demand_id else ()
        wanted = {each.demand_id: each for each in demands}
        return grant.tasks if grant.demand_id and wanted[grant.demand_id].runtime == "docker" else 0

    def _check_parts(self, grant: Grant) -> None:
        """Taken from what is free, and within the limits of every role above; sums raise where they would not be."""
        world = self.world
        assert world.slot(grant.agent_id), "never more than is free"
        assert world.containers(grant.agent_id) >= 0
        plain = Held(grant).plain.scalars
        for role, config in world.configs.items():
            for kind, limit in config.limit.items():
                if is_within(grant.role, role) and plain.get(kind):
                    assert world.consumption(role)[kind] <= limit
        for reserved in world.reservations.get(grant.agent_id, ()):
            assert reserved.reservation_id not in grant.reserved or is_within(grant.role, reserved.role)

    def _check_grant(self, grant: Grant) -> None:
        seeker = self.world.seekers[grant.framework_id]
        assert seeker.connected
        assert grant.role not in seeker.suppressed
        assert grant.agent_id not in self.world.inactive
        assert grant.role in seeker.roles
        assert grant.reason
        if not grant.demand_id:
            assert not seeker.demands_only
            return
        demand = next(each for each in seeker.demands if each.demand_id == grant.demand_id)
        assert 1 <= grant.tasks <= demand.count - self.world.out(grant.framework_id, demand)
        assert self.world.agents[grant.agent_id] in self.world.able(demand)
        ports = sum(high - low + 1 for low, high in (*grant.resources.ports, (0, -1)))
        named = sum(high - low + 1 for low, high in demand.resources.ports)
        assert ports == (demand.port_count + named) * grant.tasks
        wanted = {name: amount * grant.tasks for name, amount in demand.resources.scalars.items()}
        assert grant.resources.scalars == wanted
        cpus = {"cpus": wanted.get("cpus", 0)} if wanted.get("cpus") and demand.revocable else {}
        assert grant.revocable == Resources(cpus)

    def _check_constraints(self, grants: list[Grant]) -> None:
        added: dict[tuple[FrameworkId, DemandId], list[AgentInfo]] = defaultdict(list)
        for grant in grants:
            if grant.demand_id:
                added[grant.framework_id, grant.demand_id].append(self.world.agents[grant.agent_id])
        for (framework_id, demand_id), agents in added.items():
            seeker = self.world.seekers[framework_id]
            demand = next(each for each in seeker.demands if each.demand_id == demand_id)
            values: dict[str, set[str]] = defaultdict(set)
            for constraint in demand.constraints:
                for info in agents:
                    value = field_value(info.placement_attributes, constraint.field)
                    if value is not None:
                        values[constraint.field].add(value)
            assert counts_hold(self.world, seeker, demand, values) == []

    def _check_nothing_is_left(self) -> None:
        world = self.world
        for seeker in world.seeking():
            for demand in seeker.demands:
                if demand.role in seeker.suppressed:
                    continue
                if demand.role in seeker.roles and demand.count > world.out(seeker.framework_id, demand):
                    fitting = [each for each in world.agents if world.fits(seeker, demand, each)]
                    assert fitting == [], f"{demand} of {seeker.framework_id} would fit"
        assert [agent_id for agent_id in world.agents if world.takers(agent_id)] == []

    @invariant()
    def explain_says_fits_where_the_model_says_so(self) -> None:
        for seeker in self.world.seekers.values():
            for demand in seeker.demands:
                said = self.allocator.explain(seeker.framework_id, demand, self.world.now)
                fitting = {each.agent_id for each in said.agents if each.fits}
                able = {each for each in self.world.agents if self.world.fits(seeker, demand, each, quota=False)}
                assert fitting <= able
                assert self.world.configs or fitting == able

    @invariant()
    def a_refusal_in_force_wakes_the_allocator(self) -> None:
        seeking = {each.framework_id for each in self.world.seeking() if not each.suppressed.issuperset(each.roles)}
        ends = [
            each.until_ms
            for each in self.world.refused
            if each.framework_id in seeking and each.until_ms > self.world.now
        ]
        wakeup = self.allocator.next_wakeup()
        if ends:
            assert wakeup is not None
            assert wakeup <= max(ends)


AllocatorAgainstModel.TestCase.settings = settings(max_examples=150, stateful_step_count=30)
TestAllocatorAgainstModel = AllocatorAgainstModel.TestCase
