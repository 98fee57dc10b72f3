"""Quotas set at random on a random cluster: limits hold at once for all but what runs, guarantees find room."""

from hypothesis import given, settings
from hypothesis import strategies as st

from barter.core.cluster import FrameworkInfo
from barter.core.ids import AgentId
from barter.core.resources import resources
from barter.core.roles import RoleConfig, lineage
from barter.core.units import MIB
from barter.master import actions as act
from barter.master import events as ev
from barter.master.roles import Held
from tests.master.world import World, agent, task

ROLES = ("a", "a/b", "c", "c/d")
CPUS = st.integers(0, 12).map(lambda cpus: cpus * 1_000)
CONFIG = st.builds(
    lambda role, guarantee, limit: RoleConfig(
        role, guarantee={"cpus": guarantee} if guarantee else {}, limit={} if limit is None else {"cpus": limit}
    ),
    st.sampled_from(ROLES),
    CPUS,
    st.none() | CPUS,
)
LAUNCHES = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 4)), max_size=6)


def a_world(launches: list[tuple[int, int]]) -> World:
    """Three agents of 4 cpus, a classic framework in each role, and some tasks in what they are offered."""
    world = World()
    for session, role in enumerate(ROLES, 100):
        world.do(ev.Subscribe(session, FrameworkInfo(role, roles=(role,))))
    for number in range(3):
        world.register(agent(AgentId(f"a{number + 1}")), 10 + number)
    for number, (which, cpus) in enumerate(launches):
        opened = list(world.cluster.offers.values())
        if opened:
            offer = opened[which % len(opened)].offer
            session = world.cluster.frameworks[offer.framework_id].session
            world.accept(offer.offer_id, task(f"t{number}", resources(cpus=cpus * 1_000, mem=MIB)), session=session)
    return world


@settings(max_examples=150, deadline=None)
@given(LAUNCHES, st.lists(st.tuples(st.lists(CONFIG, min_size=1, max_size=3), st.booleans()), min_size=1, max_size=4))
def test_what_is_set_holds_at_once(
    launches: list[tuple[int, int]], changes: list[tuple[list[RoleConfig], bool]]
) -> None:
    world = a_world(launches)
    for roles, force in changes:
        before, tasks = dict(world.cluster.roles), set(world.cluster.agents[AgentId("a1")].tasks)
        done = world.do(ev.SetRoles(1, tuple(roles), force))
        (answer,) = [each for each in done if isinstance(each, act.Answer)]
        if answer.refusal:
            assert world.cluster.roles == before
            continue
        held = Held(world.cluster)
        assert set(world.cluster.agents[AgentId("a1")].tasks) == tasks, "tasks are left"
        for role, config in world.cluster.roles.items():
            has = world.cluster.allocator.consumption(role).get("cpus", 0)
            if "cpus" in config.limit:
                assert has <= max(config.limit["cpus"], held.of(role).get("cpus", 0)), role
        _room_for_guarantees(world)


def _room_for_guarantees(world: World) -> None:
    """Nobody holds by an offer, beyond what is guaranteed to it, what an unmet guarantee lacks."""
    cluster = world.cluster
    unmet = {
        role: config.guarantee["cpus"] - cluster.allocator.consumption(role).get("cpus", 0)
        for role, config in cluster.roles.items()
        if "cpus" in config.guarantee
    }
    tops = {role: amount for role, amount in unmet.items() if amount > 0 and "/" not in role}
    free = sum(agent.free.scalars.get("cpus", 0) for agent in cluster.agents.values())
    if free >= sum(tops.values()):
        return
    for opened in cluster.offers.values():
        guaranteed = [above for above in lineage(opened.offer.role) if "cpus" in config_of(world, above).guarantee]
        assert guaranteed or not opened.offer.resources.scalars.get("cpus"), opened.offer


def config_of(world: World, role: str) -> RoleConfig:
    return world.cluster.roles.get(role) or RoleConfig(role)
