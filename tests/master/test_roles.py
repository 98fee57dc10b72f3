"""Setting roles: kept durably, all or none, and offers against the new quotas taken back at once."""

from barter.core.cluster import FrameworkInfo
from barter.core.ids import AgentId
from barter.core.roles import RoleConfig, RolePart
from barter.master import actions as act
from barter.master import events as ev
from barter.master import messages as msg
from barter.master import role_views, views
from barter.master.facts import RoleSet
from tests.master.world import A1, A2, FRAMEWORK, World, agent, task

ENG = RoleConfig("eng", limit={"cpus": 5_000})


def set_roles(world: World, *roles: RoleConfig, force: bool = False, part: RolePart = RolePart.ALL) -> act.Answer:
    done = world.do(ev.SetRoles(7, roles, force, part))
    (answer,) = [each for each in done if isinstance(each, act.Answer)]
    return answer


def subscribe(world: World, role: str, session: int = FRAMEWORK) -> None:
    world.do(ev.Subscribe(session, FrameworkInfo(f"f{session}", roles=(role,))))


def with_agents(*ids: AgentId) -> World:
    """Agents of 4 cpus each."""
    world = World()
    for session, agent_id in enumerate(ids, 10):
        world.register(agent(agent_id), session)
    return world


def test_a_weight_leaves_the_quota_and_a_quota_the_weight() -> None:
    world = with_agents(A1)
    assert set_roles(world, ENG, part=RolePart.QUOTA).refusal == ""
    assert set_roles(world, RoleConfig("eng", 2_500), part=RolePart.WEIGHT).refusal == ""
    assert world.cluster.roles["eng"] == RoleConfig("eng", 2_500, {}, {"cpus": 5_000})
    set_roles(world, RoleConfig("eng", guarantee={"cpus": 1_000}), part=RolePart.QUOTA)
    assert world.cluster.roles["eng"] == RoleConfig("eng", 2_500, {"cpus": 1_000}, {})
    assert world.facts[-1] == RoleSet(RoleConfig("eng", 2_500, {"cpus": 1_000}, {}))


def test_what_is_usual_is_not_kept() -> None:
    world = with_agents(A1)
    set_roles(world, ENG)
    set_roles(world, RoleConfig("eng"), part=RolePart.QUOTA)
    assert world.cluster.roles == {}
    assert world.facts[-1] == RoleSet(RoleConfig("eng"))


def test_one_bad_role_and_nothing_is_set() -> None:
    world = with_agents(A1)
    answer = set_roles(world, ENG, RoleConfig("ops", guarantee={"cpus": 9_000}))
    assert answer.refusal.splitlines() == [
        "guarantees of top roles: ops 9 = 9 cpus, private agents have 4",
        "--force sets it all the same",
    ]
    assert world.cluster.roles == {}
    assert RoleSet(ENG) not in world.facts
    assert set_roles(world, ENG, RoleConfig("ops", guarantee={"cpus": 9_000}), force=True).refusal == ""
    assert set(world.cluster.roles) == {"eng", "ops"}


def test_force_does_not_make_wrong_right() -> None:
    world = with_agents(A1)
    assert "above its limit" in set_roles(world, RoleConfig("eng", 1_000, {"cpus": 2}, {"cpus": 1}), force=True).refusal
    assert world.cluster.roles == {}


def test_offers_over_a_new_limit_are_taken_back_and_given_again_within_it() -> None:
    world = with_agents(A1, A2)
    subscribe(world, "eng")
    assert len(world.cluster.offers) == 2
    assert set_roles(world, ENG).refusal == "", "offers do not stand against a limit"
    (rescinded,) = world.sent(msg.Rescind)
    assert rescinded.reason == "role eng is limited to 5 cpus, and has 8 cpus with its offers"
    assert len(rescinded.offer_ids) == 1
    offered = [opened.offer.resources.scalars.get("cpus", 0) for opened in world.cluster.offers.values()]
    assert sorted(offered) == [1_000, 4_000], "the limit is used up"


def test_what_was_taken_back_is_not_said_to_be_held_beyond_the_limit() -> None:
    world = with_agents(A1, A2)
    subscribe(world, "eng")
    done = set_roles(world, RoleConfig("eng", limit={"cpus": 1_000}))
    assert (done.refusal, done.notes) == ("", ())


def test_what_tasks_hold_beyond_a_limit_is_left_and_said() -> None:
    world = with_agents(A1)
    subscribe(world, "eng")
    info = task("t", agent().resources)
    world.accept(world.offers()[0].offer_id, info)
    refused = set_roles(world, RoleConfig("eng", limit={"cpus": 1_000}))
    assert refused.refusal.startswith("limit of eng: 1 cpus, its tasks and reservations hold 4 cpus")
    done = set_roles(world, RoleConfig("eng", limit={"cpus": 1_000}), force=True)
    assert done.refusal == ""
    assert done.notes == (
        "role eng holds 4 cpus, above its limit 1 cpus: what runs is left, nothing more is given until it is below",
    )
    assert world.sent(msg.Kill) == []


def test_offers_in_the_way_of_a_guarantee_are_taken_back() -> None:
    world = with_agents(A1, A2)
    subscribe(world, "*")
    assert len(world.cluster.offers) == 2
    set_roles(world, RoleConfig("eng", guarantee={"cpus": 3_000}))
    (rescinded,) = world.sent(msg.Rescind)
    assert rescinded.reason == "guarantees that are not met wait for cpus"
    assert len(rescinded.offer_ids) == 1


def test_offers_that_meet_a_guarantee_are_left() -> None:
    world = with_agents(A1, A2)
    subscribe(world, "eng/web")
    set_roles(world, RoleConfig("eng", guarantee={"cpus": 8_000}))
    assert world.sent(msg.Rescind) == []
    assert len(world.cluster.offers) == 2


def test_roles_that_are_set_or_used_are_shown_with_those_above() -> None:
    world = with_agents(A1)
    subscribe(world, "eng/web")
    set_roles(world, RoleConfig("ops/db", 2_000))
    shown = {each.role: each for each in role_views.roles(world.cluster)}
    assert list(shown) == ["eng", "eng/web", "ops", "ops/db"]
    assert shown["eng"].consumption["cpus"] == 4_000
    assert shown["eng"].share == 1.0
    assert shown["ops/db"].weight_milli == 2_000
    assert len(shown["eng/web"].frameworks) == 1


def test_a_framework_is_shown_with_the_largest_share_of_its_roles() -> None:
    world = with_agents(A1, A2)
    for session, roles in ((3, ("eng/web",)), (4, ("ops", "eng")), (5, ("ops",))):
        world.do(ev.Subscribe(session, FrameworkInfo("f", roles=roles)))
    assert [shown.share_milli for shown in views.frameworks(world.cluster)] == [1_000, 1_000, 0]
