"""What-if questions, asked of masters that are left as they are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barter.core.cluster import AgentInfo, Demand, FrameworkInfo
from barter.core.constraints import Constraint, Operator
from barter.core.ids import AgentId, DemandId
from barter.core.resources import parse_resources
from barter.core.roles import RoleConfig
from barter.core.task_state import TaskState
from barter.master import events as ev
from barter.master.facts import Recovered
from barter.master.snapshot import take
from barter.master.whatif import what_if
from barter.master.whatif_answer import Answer, NewAgents, Question, Which
from tests.master.world import FRAMEWORK, World, status, task

ROOMY = "cpus=4,mem=8GiB,ports=31000-31009"
ZONE_B = Question(lose=(Which(attributes={"zone": "b"}),))


def demand(count: int, needs: str = "cpus=1,mem=1GiB", name: str = "web", *constraints: str, role: str = "*") -> Demand:
    asked = tuple(Constraint(field, Operator(operator)) for field, operator in map(str.split, constraints))
    return Demand(DemandId(name), parse_resources(needs), count, 1, role, asked)


def cluster(*agents: str, role: str = "*") -> World:
    """Agents `a1=a` have 4 cpus in zone a; a framework that takes offers for demands only."""
    world = World()
    for session, named in enumerate(agents, 10):
        name, _, zone = named.partition("=")
        has = parse_resources(ROOMY)
        world.register(AgentInfo(AgentId(name), f"host-{name}", "10.0.0.1", has, {"zone": zone}), session)
    world.do(ev.Subscribe(FRAMEWORK, FrameworkInfo("f", roles=(role,)), True))
    return world


def run(world: World, *demands: Demand) -> None:
    """Accept all that is offered for the demands, and see it run."""
    world.do(ev.SetDemands(FRAMEWORK, demands))
    number = 0
    for opened in tuple(world.cluster.offers.values()):
        ports = list(opened.offer.resources.ports)
        wanted = next(each for each in demands if each.demand_id == opened.offer.demand_id)
        infos = []
        for _ in range(opened.tasks):
            number += 1
            low, high = ports.pop(0)
            if low < high:
                ports.insert(0, (low + 1, high))
            needs = wanted.resources + parse_resources(f"ports={low}-{low}")
            infos.append(task(f"t{number}", needs, demand=wanted.demand_id))
        world.accept(opened.offer.offer_id, *infos)


def ask(world: World, question: Question) -> Answer:
    before = take(world.master, world.now)
    answer = what_if(before, question)
    assert take(world.master, world.now) == before, "the live cluster is left as it is"
    return answer


def test_nothing_is_asked_and_nothing_changes() -> None:
    world = cluster("a1=a", "a2=b")
    run(world, demand(3))
    answer = ask(world, Question())
    assert (answer.demands, answer.lost, answer.added, answer.notes) == ((), (), 0, ())
    assert all(each.share == each.share_now for each in answer.roles)
    assert all((each.free, each.total) == (each.free_now, each.total_now) for each in answer.kinds)


def test_what_a_lost_zone_leaves_without_a_place() -> None:
    world = cluster("a1=a", "a2=b")
    run(world, demand(6))
    answer = ask(world, ZONE_B)
    assert answer.lost == ("host-a2",)
    (row,) = answer.demands
    assert (row.framework, row.demand.demand_id, row.waits_now, row.lost, row.waits) == ("f", "web", 0, 3, 2)
    assert row.why == "none of 1 agents fits: cpus on 1: 1 needed, 0 free of 4 on host-a1"
    assert "one more private agent" in row.change
    (role,) = answer.roles
    assert (role.share_now, role.share) == (0.75, 1.0)
    cpus = next(each for each in answer.kinds if each.kind == "cpus")
    assert (cpus.total_now, cpus.total, cpus.free_now, cpus.free) == (8_000, 4_000, 2_000, 0)


def test_constraints_hold_for_what_has_to_move() -> None:
    world = cluster("a1=a", "a2=b")
    unique = demand(3, "cpus=1,mem=1GiB", "web", "@hostname UNIQUE")
    run(world, unique)
    (row,) = ask(world, ZONE_B).demands
    assert (row.waits_now, row.lost, row.waits) == (1, 1, 2)
    assert row.demand.constraints == unique.constraints


def test_a_task_without_a_demand_is_wanted_as_it_was() -> None:
    world = cluster("a1=a", "a2=b")
    run(world, demand(8, "cpus=1,mem=1GiB"))
    world.do(ev.SetDemands(FRAMEWORK, ()))
    (row,) = ask(world, ZONE_B).demands
    assert (row.demand.resources, row.demand.port_count) == (parse_resources("cpus=1,mem=1GiB"), 1)
    assert (row.lost, row.waits) == (4, 4)


def test_tasks_of_different_shapes_are_different_demands() -> None:
    world = cluster("a1=a", "a2=b")
    run(world, demand(1, "cpus=3,mem=1GiB", "big"), demand(1, "cpus=2,mem=1GiB", "small"))
    world.do(ev.SetDemands(FRAMEWORK, ()))
    both = Question(lose=(Which("host-a1"), Which("a2")))
    rows = ask(world, both).demands
    assert [(row.demand.demand_id, row.lost, row.waits) for row in rows] == [("big", 1, 1), ("small", 1, 1)]
    assert rows[0].why == "agents: 0 of 0 agents active"


def test_what_waits_would_be_placed_on_new_agents() -> None:
    world = cluster("a1=a")
    run(world, demand(10))
    more = NewAgents(2, parse_resources("cpus=2,mem=8GiB,ports=31000-31009"), {"zone": "c"})
    answer = ask(world, Question(add=(more,)))
    assert answer.added == 2
    (row,) = answer.demands
    assert (row.waits_now, row.lost, row.waits) == (6, 0, 2)


def test_lost_and_added_in_one_question() -> None:
    world = cluster("a1=a", "a2=b")
    run(world, demand(8))
    new = NewAgents(1, parse_resources(ROOMY), {"zone": "c"})
    (row,) = ask(world, Question(lose=ZONE_B.lose, add=(new,))).demands
    assert (row.lost, row.waits, row.why, row.change) == (4, 0, "", "")


def test_a_limit_keeps_what_waits_waiting() -> None:
    world = cluster("a1=a", role="eng")
    world.do(ev.SetDemands(FRAMEWORK, (demand(4, role="eng"),)))
    (row,) = ask(world, Question(quotas=(RoleConfig("eng", limit={"cpus": 3_000}),))).demands
    assert (row.waits_now, row.waits) == (0, 1)
    assert world.cluster.roles == {}


def test_a_quota_the_cluster_would_refuse_is_tried_and_said() -> None:
    world = cluster("a1=a", role="eng")
    answer = ask(world, Question(quotas=(RoleConfig("ops", guarantee={"cpus": 9_000}),)))
    assert answer.notes == ("guarantees of top roles: ops 9 = 9 cpus, private agents have 4",)
    with pytest.raises(ValueError, match="guarantee 9 cpus is above its limit 1 cpus"):
        ask(world, Question(quotas=(RoleConfig("ops", 1_000, {"cpus": 9_000}, {"cpus": 1_000}),)))


def test_a_guarantee_keeps_room_from_others() -> None:
    world = cluster("a1=a")
    world.do(ev.SetDemands(FRAMEWORK, (demand(4),)))
    (row,) = ask(world, Question(quotas=(RoleConfig("ops", guarantee={"cpus": 3_000}),))).demands
    assert (row.waits_now, row.waits) == (0, 3)


def test_who_has_to_make_room_for_a_guarantee() -> None:
    world = cluster("a1=a")
    run(world, demand(4))
    world.do(ev.Subscribe(3, FrameworkInfo("ops", roles=("ops",)), True))
    world.do(ev.SetDemands(3, (demand(2, "cpus=1,mem=1GiB", "db", role="ops"),)))
    answer = ask(world, Question(quotas=(RoleConfig("ops", guarantee={"cpus": 2_000}),)))
    rows = {str(row.demand.demand_id): row for row in answer.demands}
    assert (rows["db"].waits_now, rows["db"].waits) == (2, 0)
    assert (rows["web"].waits_now, rows["web"].preempted, rows["web"].waits) == (0, 2, 2)


def test_classic_offers_stand_in_nobodys_way() -> None:
    world = cluster("a1=a")
    world.do(ev.Subscribe(3, FrameworkInfo("hoarder")))
    assert len(world.cluster.offers) == 1
    world.do(ev.SetDemands(FRAMEWORK, (demand(8),)))
    (row,) = ask(world, Question()).demands
    assert (row.waits_now, row.waits) == (4, 4)


def test_agents_that_are_away_are_lost_with_their_tasks() -> None:
    world = cluster("a1=a", "a2=b")
    run(world, demand(8))
    world.do(ev.AgentDisconnected(11, AgentId("a2")))
    (row,) = ask(world, ZONE_B).demands
    assert (row.lost, row.waits) == (4, 4)


def test_agents_that_are_not_back_since_the_masters_start() -> None:
    world = World(Recovered("abc123", 2, (AgentInfo(AgentId("a1"), "h", "", parse_resources(ROOMY)),)))
    [note] = ask(world, Question()).notes
    assert note == "1 agent is not back since the master's start: what runs there is not known yet"


AGENTS = st.lists(st.sampled_from("abc"), min_size=1, max_size=5)
WANTED = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3), st.booleans()), max_size=3)


@settings(max_examples=50, deadline=None)
@given(AGENTS, WANTED, st.sets(st.integers(0, 4)), st.integers(0, 2), st.none() | st.integers(0, 12))
def test_no_task_is_lost_and_none_made(
    zones: list[str],
    wanted: list[tuple[int, int, bool]],
    lose: set[int],
    add: int,
    limit: int | None,
) -> None:
    world = cluster(*(f"a{number}={zone}" for number, zone in enumerate(zones)), role="eng")
    unique = ("@hostname UNIQUE",)
    demands = tuple(
        demand(count, f"cpus={cpus},mem=1GiB", f"d{number}", *(unique if alone else ()), role="eng")
        for number, (count, cpus, alone) in enumerate(wanted)
    )
    run(world, *demands)
    gone = tuple(Which(f"a{number}") for number in lose if number < len(zones))
    new = (NewAgents(add, parse_resources(ROOMY)),) if add else ()
    quotas = () if limit is None else (RoleConfig("eng", limit={"cpus": limit * 1_000}),)
    answer = ask(world, Question(gone, new, quotas))
    placed = {str(each.demand_id): each.count for each in demands}
    for row in answer.demands:
        before = placed[str(row.demand.demand_id)] - row.waits_now
        assert 0 <= row.waits <= before + row.waits_now
        assert row.lost <= before
        assert bool(row.why) == bool(row.waits)
    consumed = sum(each.consumed.get("cpus", 0) for each in answer.roles if each.role == "eng")
    waiting = sum(row.waits * row.demand.resources.scalars["cpus"] for row in answer.demands)
    assert consumed + waiting == sum(each.count * each.resources.scalars["cpus"] for each in demands)


@pytest.mark.parametrize(
    ("which", "said"),
    [
        (Which("host-a9"), "no agent is host-a9: there are host-a1, host-a2"),
        (Which(attributes={"zone": "q"}), "no agent is zone=q: agents have zone=a, zone=b"),
        (Which(attributes={"rack": "r1"}), "no agent is rack=r1: agents have @hostname=host-a1, "),
    ],
)
def test_agents_that_are_not_there(which: Which, said: str) -> None:
    with pytest.raises(ValueError, match="no agent is") as refused:
        ask(cluster("a1=a", "a2=b"), Question(lose=(which,)))
    assert said in str(refused.value)


def test_ended_tasks_do_not_come_back() -> None:
    world = cluster("a1=a", "a2=b")
    run(world, demand(2))
    on_b = next(each for each in world.cluster.agents[AgentId("a2")].tasks.values())
    world.update(on_b.framework_id, status(on_b.info.task_id, TaskState.FINISHED, 1, agent_id=AgentId("a2")),
                 session=11, agent_id=AgentId("a2"))  # fmt: skip
    world.do(ev.SetDemands(FRAMEWORK, ()))
    assert ask(world, ZONE_B).demands == ()
