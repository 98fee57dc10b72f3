"""The proof refuses nothing that has a placement, and says the numbers of what has none."""

from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barter.core import ranges as rng
from barter.core.cluster import AgentInfo
from barter.core.constraints import Constraint, Operator, field_value, refusal
from barter.core.ids import AgentId, DemandId
from barter.core.resources import resources
from barter.core.task_state import TaskState
from barter.frameworks.service.app import App, Upgrade
from barter.frameworks.service.deployment.goal import Goal
from barter.frameworks.service.instances import Instance, Placed
from barter.frameworks.service.preflight.facts import AgentFacts, ClusterFacts, Standing
from barter.frameworks.service.preflight.proof import Planned, prove
from barter.frameworks.service.preflight.room import fit
from barter.frameworks.service.rollout import plan
from barter.frameworks.service.state import StoredApp
from barter.sdk import Demand

GIB = 1 << 30


def agent(name: str, cpus: int = 4_000, state: str = "active", **more: object) -> AgentFacts:
    held = resources(cpus=cpus, mem=8 * GIB, ports=((31000, 31003), (8080, 8080)))
    info = AgentInfo(AgentId(name), name, "127.0.0.1", held, {"zone": name[-1]})
    return AgentFacts(replace(info, **more), state)  # type: ignore[arg-type]


def wants(cpus: int = 1_000, **more: object) -> Demand:
    return replace(Demand(DemandId("web"), resources(cpus=cpus, mem=GIB), 1), **more)  # type: ignore[arg-type]


def reasons(cluster: ClusterFacts, *planned: Planned) -> list[tuple[str, str]]:
    return [(each.path, each.reason) for each in prove(planned, cluster)]


FOUR = ClusterFacts((agent("a"), agent("b"), agent("c"), agent("d", cpus=1_000)))
UNIQUE = Constraint("@hostname", Operator.UNIQUE)


def test_too_few_for_unique() -> None:
    app = Planned("/web", wants(2_000, constraints=(UNIQUE,)), 5)
    assert reasons(FOUR, app) == [
        (
            "/constraints/0",
            "needs 5 agents with different @hostname, 3 of 4 agents (cpus >= 2) allow 3 (@hostname is a, b, c): "
            "add 2 agents, or instances <= 3",
        )
    ]
    assert reasons(FOUR, replace(app, wanted=3)) == []


@pytest.mark.parametrize(
    ("demand", "path", "said"),
    [
        (wants(8_000), "/cpus", "needs an agent with cpus >= 8, none of the 4 agents is one: the largest, a, has 4"),
        (wants(runtime="docker"), "/container", "with the docker runtime, none of the 4 agents is one: there is proc"),
        (wants(on_public=True), "/acceptedResourceRoles", "that is public, none of the 4 agents is one: all 4 are pri"),
        (wants(resources=resources(ports=((80, 80),))), "/portDefinitions", "host port 80, none of the 4 agents"),
        (wants(port_count=6), "/portDefinitions", "with 6 ports, none of the 4 agents is one: they offer 8080,31000"),
        (
            wants(constraints=(Constraint("@zone", Operator.IS, "x"),)),
            "/constraints/0",
            "with @zone IS x, none of the 4 agents is one: @zone is a, b, c, d",
        ),
        (
            wants(2_000, constraints=(Constraint("@zone", Operator.IS, "d"),)),
            "/cpus",
            "with cpus >= 2, the only agent with @zone IS d is none: it has 1",
        ),
    ],
)
def test_what_no_agent_can_ever_take(demand: Demand, path: str, said: str) -> None:
    [(blamed, why)] = reasons(FOUR, Planned("/web", demand, 1))
    assert blamed == path
    assert said in why


def test_more_than_all_agents_hold() -> None:
    [(path, why)] = reasons(FOUR, Planned("/web", wants(2_000), 7))
    assert path == "/instances"
    assert "needs room for 7 instances of cpus 2, mem 1GiB, 3 of 4 agents (cpus >= 2) hold 6 at most" in why
    assert "(2 on a, 2 on b, 2 on c): add agents for 1 more, or instances <= 6" in why


def test_who_is_drained_does_not_count_and_who_may_come_back_does() -> None:
    drained = ClusterFacts((agent("a"), agent("b", state="drained"), agent("c", state="unreachable")))
    [(_, why)] = reasons(drained, Planned("/web", wants(constraints=(UNIQUE,)), 3))
    assert "2 of 3 agents (takes instances) allow 2" in why
    assert reasons(drained, Planned("/web", wants(constraints=(UNIQUE,)), 2)) == []


def test_an_instance_that_stays_is_not_placed_again() -> None:
    cluster = ClusterFacts((agent("a"), agent("b", state="deactivated")))
    demand = wants(constraints=(UNIQUE,))
    stays = Standing("b", demand)
    assert reasons(cluster, Planned("/web", demand, 2, stay=(stays,))) == []
    assert reasons(cluster, Planned("/web", demand, 2)) != []


def test_a_limit_of_the_role() -> None:
    cluster = replace(FOUR, limits={"eng": {"cpus": 2_500}})
    [(path, why)] = reasons(cluster, Planned("/web", wants(role="eng/web"), 3))
    assert (path, "3 instances of 1 cpus need 3, the limit of role eng is 2.5" in why) == ("/instances", True)
    assert reasons(cluster, Planned("/web", wants(role="eng/web"), 2)) == []


@pytest.mark.parametrize(
    ("constraint", "most"),
    [
        (Constraint("@zone", Operator.MAX_PER, "2"), 7),
        (Constraint("@zone", Operator.GROUP_BY), 7),
        (Constraint("@zone", Operator.GROUP_BY, "5"), 4),
        (Constraint("@zone", Operator.CLUSTER), 4),
        (Constraint("@zone", Operator.LIKE, "[ab]"), 8),
        (Constraint("@zone", Operator.UNLIKE, "[ab]"), 5),
    ],
)
def test_each_operator_at_its_edge(constraint: Constraint, most: int) -> None:
    demand = wants(constraints=(constraint,))
    assert reasons(FOUR, Planned("/web", demand, most)) == []
    [(path, why)] = reasons(FOUR, Planned("/web", demand, most + 1))
    assert f"instances <= {most}" in why
    assert path in ("/constraints/0", "/instances")


def test_a_static_port_and_no_spare_agent() -> None:
    three = ClusterFacts((agent("a"), agent("b"), agent("c")))
    demand = replace(wants(), resources=resources(cpus=1_000, ports=((8080, 8080),)))
    old = tuple(Standing(name, demand, ((8080, 8080),)) for name in "abc")
    app = Planned("/web", demand, 3, 3, replaced=old)
    [(path, why)] = reasons(three, app)
    assert path == "/upgradeStrategy/minimumHealthCapacity"
    assert "keeps 3 ready, so 1 of the new ones must run beside the 3 that are there, and there is room for 0" in why
    assert "host port 8080 is taken where one runs" in why
    assert "add 1 agent, or set minimumHealthCapacity to 0.66 or less" in why
    assert reasons(three, replace(app, fewest_ready=2)) == []
    assert reasons(ClusterFacts((*three.agents, agent("d"))), app) == []
    assert reasons(three, replace(app, replaced=())) == []
    [(_, why)] = reasons(three, replace(app, replaced=old[:2]))
    assert "so 2 of the new ones must run beside the 2 that are there, and there is room for 1" in why


def test_canaries_run_beside_all_that_are_there() -> None:
    two = ClusterFacts((agent("a"), agent("b")))
    demand = wants(constraints=(UNIQUE,))
    app = Planned("/web", demand, 2, 1, replaced=tuple(Standing(name, demand) for name in "ab"), canaries=1)
    [(path, why)] = reasons(two, app)
    assert path == "/upgradeStrategy/canary"
    assert "the canaries, 1, must run beside the 2 that are there, and there is room for 0 (@hostname UNIQUE)" in why
    assert reasons(two, replace(app, canaries=0)) == []


def test_several_apps_that_fit_alone() -> None:
    apps = [Planned(f"/{name}", wants(2_000), 4) for name in "xy"]
    [(_, why)] = reasons(FOUR, *apps)
    assert "together these need 16 cpus (8 for /x, 8 for /y), the 3 agents they can run on have 12" in why
    port = replace(wants(), resources=resources(ports=((8080, 8080),)))
    [(_, why)] = reasons(FOUR, Planned("/x", port, 3), Planned("/y", port, 2))
    assert "host port 8080 on 5 agents (3 for /x, 2 for /y), the 4 agents they can run on have 4" in why
    limited = replace(FOUR, limits={"*": {"cpus": 3_000}})
    [(_, why)] = reasons(limited, Planned("/x", wants(), 2), Planned("/y", wants(), 2))
    assert "together these 2 need 4 cpus, the limit of role * is 3" in why


def test_nothing_is_proved_of_a_cluster_without_agents() -> None:
    assert reasons(ClusterFacts(()), Planned("/web", wants(), 1)) == []


CONSTRAINTS = (
    Constraint("@hostname", Operator.UNIQUE),
    Constraint("rack", Operator.UNIQUE),
    Constraint("rack", Operator.MAX_PER, "2"),
    Constraint("rack", Operator.CLUSTER),
    Constraint("rack", Operator.GROUP_BY),
    Constraint("rack", Operator.GROUP_BY, "3"),
    Constraint("zone", Operator.GROUP_BY),
    Constraint("rack", Operator.LIKE, "r[12]"),
    Constraint("zone", Operator.IS, "a"),
)
AGENTS = st.builds(
    lambda cpus, rack, zone, state, last: (cpus, {"zone": zone, **({"rack": rack} if rack else {})}, state, last),
    st.integers(1, 3),
    st.sampled_from(["", "r1", "r2", "r3"]),
    st.sampled_from("ab"),
    st.sampled_from(["active"] * 4 + ["deactivated"]),
    st.integers(0, 2),
)


def _cluster(drawn: list[tuple[int, dict[str, str], str, int]]) -> ClusterFacts:
    return ClusterFacts(
        tuple(
            AgentFacts(
                AgentInfo(
                    AgentId(f"a{number}"),
                    f"a{number}",
                    "h",
                    resources(cpus=cpus * 1_000, ports=((80, 80 + last),)),
                    attributes,
                ),
                state,
            )
            for number, (cpus, attributes, state, last) in enumerate(drawn)
        )
    )


Placement = tuple[str, ...]


def _may_take(demand: Demand, cluster: ClusterFacts, there: Placement) -> list[str]:
    """The agents on which the master would place one more beside those that are there."""
    by_id = {one.agent_id: one for one in cluster.agents}
    found = []
    for one in cluster.agents:
        here = there.count(one.agent_id)
        count = {each: _values(each.field, [by_id[name] for name in there]) for each in demand.constraints}
        known = {
            each: frozenset(_values(each.field, [other for other in cluster.agents if other.active]))
            for each in demand.constraints
        }
        allowed = not any(refusal(each, one.attributes, count[each], known[each]) for each in demand.constraints)
        if one.active and allowed and fit(one.info.resources, demand) > here:
            found.append(one.agent_id)
    return found


def _values(name: str, agents: list[AgentFacts]) -> Counter[str]:
    return Counter(str(field_value(each.attributes, name)) for each in agents if field_value(each.attributes, name))


def _placeable(demand: Demand, cluster: ClusterFacts, there: Placement, wanted: int) -> bool:
    """Whether any order of placements reaches the count."""
    waiting, seen = [tuple(sorted(there))], set[Placement]()
    while waiting:
        now = waiting.pop()
        if len(now) >= wanted:
            return True
        if now not in seen:
            seen.add(now)
            waiting += [tuple(sorted((*now, name))) for name in _may_take(demand, cluster, now)]
    return False


SHAPES = st.sampled_from(
    [
        Demand(DemandId("web"), resources(cpus=1_000), 1),
        Demand(DemandId("web"), resources(cpus=2_000), 1),
        Demand(DemandId("web"), resources(cpus=500, ports=((81, 81),)), 1),
        Demand(DemandId("web"), resources(cpus=500), 1, port_count=2),
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(AGENTS, min_size=1, max_size=4),
    SHAPES,
    st.lists(st.sampled_from(CONSTRAINTS), max_size=2, unique=True),
    st.integers(1, 6),
    st.integers(0, 3),
)
def test_it_refuses_exactly_what_has_no_placement(
    drawn: list[tuple[int, dict[str, str], str, int]],
    shape: Demand,
    constraints: list[Constraint],
    wanted: int,
    stay: int,
) -> None:
    """What two constraints that count forbid together may go unnoticed."""
    cluster, demand = _cluster(drawn), replace(shape, constraints=tuple(constraints))
    there: Placement = ()
    for _ in range(stay):
        there = (*there, *_may_take(demand, cluster, there)[:1])
    ports = rng.of_numbers([81]) if demand.resources.ports else ()
    standing = tuple(Standing(name, demand, ports or ((70 + n, 70 + n),)) for n, name in enumerate(there))
    refused = bool(prove([Planned("/web", demand, wanted, stay=standing)], cluster))
    possible = _placeable(demand, cluster, there, wanted)
    assert not (refused and possible)
    if len(constraints) < 2 and demand.port_count == 0:
        assert refused != possible


def _updates(demand: Demand, cluster: ClusterFacts, old: Placement, wanted: int, upgrade: Upgrade) -> bool:
    """Whether the rollout gets to its end for some choice of where new instances go, and which old ones end."""
    app = App("/web", cmd="x", instances=wanted, upgrade=upgrade)
    stored = StoredApp("/web", ((1, app), (2, app)), 2, 1)
    goal = Goal(stored, app, wanted, 0, app.fewest_ready(wanted), upgrade.most(wanted))
    waiting: list[tuple[Placement, Placement]] = [(tuple(sorted(old)), ())]
    seen: set[tuple[Placement, Placement]] = set()
    while waiting:
        state = waiting.pop()
        if state in seen:
            continue
        seen.add(state)
        before, fresh = state
        there = [_running(name, 1, n) for n, name in enumerate(before)]
        found = plan(goal, [*there, *(_running(name, 2, n) for n, name in enumerate(fresh))], 0)
        if found.settled:
            return True
        kept = len(before) - len(found.kills)
        waiting += [(left, fresh) for left in combinations(before, kept) if kept < len(before)]
        free = _may_take(demand, cluster, (*before, *fresh)) if found.launches else ()
        waiting += [(before, tuple(sorted((*fresh, name)))) for name in free]
    return False


def _running(agent_id: str, version: int, number: int) -> Instance:
    placed = Placed(f"{agent_id}.{version}.{number}", "/web", version, agent_id, "", "", (), 0, checked=False)
    return Instance(placed, "r", state=TaskState.RUNNING)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(AGENTS, min_size=1, max_size=3),
    SHAPES.filter(lambda shape: not shape.port_count),
    st.lists(st.sampled_from(CONSTRAINTS), max_size=2, unique=True),
    st.integers(1, 3),
    st.sampled_from([Upgrade(), Upgrade(1_000_000, 0), Upgrade(500_000, 0), Upgrade(0, 0), Upgrade(600_000, 500_000)]),
)
def test_no_update_is_refused_that_gets_to_its_end(
    drawn: list[tuple[int, dict[str, str], str, int]],
    demand: Demand,
    constraints: list[Constraint],
    wanted: int,
    upgrade: Upgrade,
) -> None:
    cluster, demand = _cluster(drawn), replace(demand, constraints=tuple(constraints))
    old: Placement = ()
    for _ in range(wanted):
        old = (*old, *_may_take(demand, cluster, old)[-1:])
    ports = ((81, 81),) if demand.resources.ports else ()
    replaced = tuple(Standing(name, demand, ports) for name in old)
    fewest = upgrade.fewest_ready(wanted)
    refused = bool(prove([Planned("/web", demand, wanted, fewest, replaced=replaced)], cluster))
    possible = _updates(demand, cluster, old, wanted, upgrade)
    assert not (refused and possible)
    if not constraints:
        assert refused != possible
