"""Why, as the master tells it: since when, what happened since then, where a task is and why there."""

from dataclasses import replace

import pytest

from barter.core.cluster import AgentInfo, Demand, Filters, FrameworkInfo
from barter.core.constraints import Constraint, Operator
from barter.core.ids import AgentId, DemandId, TaskId, VolumeId
from barter.core.reservations import PersistentVolume, VolumeMount
from barter.core.resources import resources
from barter.core.roles import RoleConfig
from barter.core.task_state import TaskState
from barter.core.units import GIB
from barter.master import events as ev
from barter.master.history import STORIES_KEPT, STORY_KEPT, History
from barter.master.why import Why, close_names, why
from tests.master.test_preempt import ENG, full, guarantee
from tests.master.world import A1, A2, AGENT, FRAMEWORK, OFFER_TIMEOUT, World, agent, demand, status, task

BIG = resources(cpus=64_000)


def told(world: World, subject: str) -> Why:
    found = why(world.cluster, subject, world.now)
    assert found is not None
    return found


def kinds(world: World, subject: str = "d") -> list[str]:
    return [entry.kind for entry in told(world, subject).history]


def wanting(*demands: Demand, role: str = "*") -> World:
    """A framework that takes offers only for these."""
    world = World()
    world.do(ev.Subscribe(FRAMEWORK, FrameworkInfo("f", roles=(role,), failover_timeout_ms=100_000), True))
    world.do(ev.SetDemands(FRAMEWORK, demands))
    return world


def test_it_waits_since_it_was_wanted_first_and_not_since_it_was_told_last() -> None:
    world = wanting(demand("d", 2, BIG))
    since = told(world, "d").waiting_since_ms
    assert since == world.now
    world.wait(5_000)
    world.do(ev.SetDemands(FRAMEWORK, (demand("d", 2, BIG),)))
    world.do(ev.SetDemands(FRAMEWORK, (demand("d", 3, BIG),)))
    world.do(ev.SetDemands(FRAMEWORK, (demand("d", 3),)))
    assert told(world, "d").waiting_since_ms == since
    assert kinds(world) == ["demand_waits", "demand_counted", "demand_changed"]
    world.do(ev.SetDemands(FRAMEWORK, (demand("d", 0),)))
    assert told(world, "d").waiting_since_ms == 0
    world.do(ev.SetDemands(FRAMEWORK, (demand("d", 1, BIG),)))
    assert told(world, "d").waiting_since_ms == world.now
    assert kinds(world) == ["demand_waits"]


def test_what_several_frameworks_name_alike_is_told_of_one_and_can_be_asked_of_each() -> None:
    world = wanting(demand("d", 1, BIG))
    first = next(iter(world.cluster.frameworks))
    second = world.subscribe("other", 7)
    world.do(ev.SetDemands(7, (demand("d", 5, BIG),)))
    found = told(world, "d")
    assert found.framework_id == first
    assert found.summary.startswith("1 more wanted; ")
    assert found.summary.endswith(f"; this is of f ({first}), see also {second}/d")
    assert told(world, f"{second}/d").summary.startswith("5 more wanted; ")
    assert "see also" not in told(world, f"{second}/d").summary
    assert why(world.cluster, f"{second}/nothing", world.now) is None


def test_what_is_all_in_offers_is_not_called_unoffered() -> None:
    world = wanting(demand("d", 1))
    world.register()
    assert told(world, "d").summary == "1 more wanted; all of it is offered, and not answered yet"


def test_offers_of_it_are_told_with_what_became_of_them() -> None:
    world = wanting(demand("d", 1))
    world.register()
    [offer] = world.offers()
    world.do(ev.Decline(FRAMEWORK, (offer.offer_id,), Filters(60_000)))
    history = told(world, "d").history
    assert [entry.kind for entry in history] == ["demand_waits", "agent_registered", "offer_made", "offer_declined"]
    assert history[-1].subject == offer.offer_id
    assert history[-1].reason == "host-a1: by f, and wants none of it for 1m"
    assert "filters: " not in told(world, "d").summary
    assert "refused on all (the framework refused it, for another 1m)" in told(world, "d").summary
    world.do(ev.Revive(FRAMEWORK))
    world.wait(OFFER_TIMEOUT)
    assert kinds(world)[-4:] == ["framework_revived", "offer_made", "offer_expired", "filter_set"]
    assert told(world, "d").history[-1].reason == "host-a1 is not offered again for 5s"


def test_what_is_launched_of_it_ends_the_wait_when_nothing_is_left() -> None:
    world = wanting(demand("d", 2))
    world.register()
    [offer] = world.offers()
    world.accept(offer.offer_id, task("t1", demand="d"))
    assert told(world, "d").waiting_since_ms
    assert told(world, "d").history[-1].reason == "1 started, 1 still wanted"
    world.do(ev.Revive(FRAMEWORK))
    [offer] = world.offers()
    world.accept(offer.offer_id, task("t2", demand="d"))
    found = told(world, "d")
    assert (found.waiting_since_ms, found.summary) == (0, "nothing more is wanted; 2 tasks of it are placed")


def test_only_agents_that_it_could_go_to_are_in_its_history() -> None:
    in_b = replace(demand("d", 1, BIG), constraints=(Constraint("zone", Operator.IS, "b"),))
    world = wanting(in_b)
    world.register(replace(agent(A1), attributes={"zone": "a"}), 11)
    world.register(replace(agent(A2), attributes={"zone": "b"}), 12)
    world.do(ev.AgentDisconnected(11, A1), ev.AgentDisconnected(12, A2))
    subjects = [(entry.kind, entry.subject) for entry in told(world, "d").history]
    assert subjects == [("demand_waits", "d"), ("agent_registered", A2), ("agent_disconnected", A2)]


def test_quotas_of_its_roles_are_in_its_history_and_those_of_others_are_not() -> None:
    world = wanting(replace(demand("d", 1), role="eng/web"), role="eng/web")
    world.register()
    world.do(ev.SetRoles(1, (RoleConfig("eng", limit={"cpus": 0}), RoleConfig("ops", limit={"cpus": 0}))))
    assert [entry.subject for entry in told(world, "d").history if entry.kind == "role_set"] == ["eng"]


def test_many_agents_in_a_row_are_one_line() -> None:
    world = wanting(demand("d", 1, BIG))
    for number in range(1, 9):
        world.register(agent(AgentId(f"a{number}")), 10 + number)
    [line] = [entry for entry in told(world, "d").history if entry.kind == "agent_registered"]
    assert (line.subject, line.reason) == ("8 agents", "host-a1, host-a2, host-a3, ...")


def test_the_noise_of_others_drives_nothing_of_it_out() -> None:
    world = wanting(demand("d", 1, BIG))
    for number in range(20_000):
        world.cluster.history.record(world.now, "task_status", f"t{number}", "noise")
    world.do(ev.Suppress(FRAMEWORK))
    for _ in range(5_000):
        world.cluster.history.record(world.now, "agent_registered", A1, "noise")
    assert {"demand_waits", "framework_suppressed"} <= set(kinds(world))


def test_stories_are_bounded() -> None:
    history = History()
    for number in range(STORIES_KEPT + 1):
        history.tell(f"s{number}", 0, "kind", "subject", "reason")
    assert (history.story("s0"), len(history.story("s1"))) == ((), 1)
    for number in range(STORY_KEPT + 5):
        history.tell("s1", number, "kind", "subject", "reason")
    assert [entry.timestamp_ms for entry in history.story("s1")] == list(range(5, STORY_KEPT + 5))
    history.tell("new", 0, "kind", "subject", "reason")
    assert len(history.story("s1")) == STORY_KEPT
    assert history.sequence == 0


def test_a_task_says_why_it_is_where_it_is() -> None:
    world = wanting(demand("d", 1))
    world.register()
    [offer] = world.offers()
    world.accept(offer.offer_id, task("t1", demand="d"))
    found = told(world, "t1")
    assert found.summary.startswith("TASK_STAGING on host-a1; placed there because demand d wants 1 more; ")
    assert "no agent that fits has fewer" in found.summary
    world.update(found.framework_id, replace(status("t1", TaskState.FAILED, 1), message="exit code 3"))
    assert told(world, "t1").summary == "TASK_FAILED on host-a1: exit code 3"
    assert [entry.kind for entry in told(world, "t1").history] == ["task_launched", "task_status"]


def test_an_app_of_which_nothing_waits_is_told_by_its_tasks() -> None:
    world = wanting(demand("d", 1))
    world.register()
    [offer] = world.offers()
    world.accept(offer.offer_id, task("t1", demand="d"))
    world.do(ev.SetDemands(FRAMEWORK, ()))
    found = told(world, "d")
    assert (found.kind, found.summary) == ("demand", "nothing of it waits to be placed: t1 on host-a1")
    assert [entry.kind for entry in found.history] == ["task_launched"]


def test_states_are_counted_with_until_when() -> None:
    world = wanting(demand("d", 1, BIG))
    for number, session in ((1, 11), (2, 12), (3, 13), (4, 14)):
        world.register(agent(AgentId(f"a{number}")), session)
    world.do(ev.AgentDisconnected(12, A2), ev.Deactivate(1, AgentId("a3"), "broken disk"))
    world.do(ev.Drain(2, A1, world.now + 60_000, 10_000))
    states = {each.state: (each.agents, each.until_ms, each.examples) for each in told(world, "d").states}
    start = world.now - 1 + 60_000
    assert states == {
        "active": (1, 0, ("host-a4",)),
        "announced": (1, start, ("host-a1",)),
        "deactivated": (1, 0, ("host-a3",)),
        "disconnected": (1, 0, ("host-a2",)),
    }


@pytest.mark.parametrize(
    ("there", "used", "away", "said"),
    [
        (False, False, False, "its volume db is on no agent: create it, or it was destroyed"),
        (True, False, True, "its volume db is on agent host-a1, which is disconnected"),
        (True, True, False, "its volume db on agent host-a1 is used by task t1"),
    ],
)
def test_where_its_volume_is(there: bool, used: bool, away: bool, said: str) -> None:
    world = wanting(replace(demand("d", 1), volume=VolumeId("db")))
    world.register(agent(A1), 11)
    world.register(agent(A2), 12)
    known = world.cluster.agents[A1]
    if there:
        known.volumes[VolumeId("db")] = PersistentVolume(VolumeId("db"), "r", A1, GIB)  # type: ignore[arg-type]
    if used:
        framework_id = next(iter(world.cluster.frameworks))
        mounts = replace(task("t1"), volumes=(VolumeMount(VolumeId("db"), "data"),))
        world.register(agent(A1), 13, tasks=((framework_id, mounts, status("t1", TaskState.RUNNING)),))
        world.cluster.agents[A1].volumes[VolumeId("db")] = PersistentVolume(VolumeId("db"), "r", A1, GIB)  # type: ignore[arg-type]
    if away:
        world.do(ev.AgentDisconnected(11, A1))
    found = told(world, "d")
    assert [(each.filter, each.passed, each.detail) for each in found.besides] == [("volume", False, said)]
    assert said in found.summary


def test_what_others_offers_hold_is_told() -> None:
    world = wanting(demand("d", 1, BIG))
    assert told(world, "d").besides == ()
    world.subscribe(name="hoarder", session=7)
    world.register()
    [verdict] = told(world, "d").besides
    assert (verdict.filter, verdict.passed) == ("offers", True)
    assert verdict.detail == "1 unanswered offer holds cpus=4,mem=4GiB (hoarder), the last of them for another 20s"


def test_close_names_are_offered() -> None:
    world = wanting(demand("shop.web", 1, BIG), demand("shop.db", 1, BIG), demand("batch", 1, BIG))
    assert close_names(world.cluster, "shop.wbe")[0] == "shop.web"
    assert set(close_names(world.cluster, "shop")) == {"shop.web", "shop.db"}
    assert close_names(world.cluster, "zzz") == ()
    assert why(world.cluster, "zzz", world.now) is None


def test_agents_are_listed_only_where_asked_for() -> None:
    world = wanting(demand("d", 1, BIG))
    world.register()
    short = why(world.cluster, "d", world.now, every_agent=False)
    assert short is not None
    assert short.explanation == replace(told(world, "d").explanation, agents=())
    assert len(told(world, "d").explanation.agents) == 1


def test_nothing_of_it_is_left_when_its_framework_goes() -> None:
    world = wanting(demand("d", 1, BIG))
    world.do(ev.Teardown(FRAMEWORK))
    assert why(world.cluster, "d", world.now) is None


def test_a_demand_that_fits_is_offered_next() -> None:
    world = wanting(demand("d", 1))
    info: AgentInfo = agent(A1)
    world.master.step(ev.AgentRegister(11, info), world.now)
    found = told(world, "d")
    assert found.summary == "1 more wanted; 1 of 1 agents fit: the next pass offers them"
    assert TaskId("t1") not in world.cluster.frameworks[found.framework_id].tasks
    assert DemandId("d") in world.cluster.frameworks[found.framework_id].waiting


def test_what_is_impossible_is_said_before_what_a_quota_keeps() -> None:
    world = wanting(replace(demand("d", 1, BIG), role="eng"), role="eng")
    world.register()
    world.do(ev.SetRoles(1, (RoleConfig("eng", limit={"cpus": 0}),)))
    assert told(world, "d").summary.startswith(
        "1 more wanted; none of 1 agents fits: no agent could ever: wants 64 cpus"
    )
    world.do(ev.SetDemands(FRAMEWORK, (replace(demand("d", 1), role="eng"),)))
    assert told(world, "d").summary.startswith("1 more wanted; not offered: limit eng: cpus: 0 of 0 used")


def test_a_preempted_task_says_for_whom_and_the_demand_who_makes_room() -> None:
    world = full(guarantee("eng", 1))
    world.want(ENG, "eng", 1)
    [killed] = world.killed()
    for_whom = "its kill was asked for: preempted for demand d of f11 in role eng: role eng is under its guarantee by"
    assert for_whom in told(world, killed).summary
    world.do(ev.AgentDisconnected(AGENT, A1))
    assert "preemption" in [entry.kind for entry in told(world, "d").history]
    found = why(world.cluster, killed, world.now)
    assert found is not None
    assert found.history[-1].kind == "task_preempted"


def test_a_task_out_of_a_reservation_says_so() -> None:
    world = wanting(replace(demand("d", 1), role="eng"), role="eng")
    world.register(replace(agent(), reserved={"eng": resources(cpus=1_000, mem=GIB)}))
    [offer] = world.offers()
    world.accept(offer.offer_id, task("t1", offer.resources, demand="d"))
    assert told(world, "t1").summary.endswith(", out of reservation static-eng")


def test_of_two_that_name_a_demand_alike_the_one_that_waits_is_told() -> None:
    world = wanting(demand("d", 0))
    second = world.subscribe(name="g", session=7, demands_only=True)
    world.do(ev.SetDemands(7, (demand("d", 1, BIG),)))
    assert told(world, "d").framework_id == second
