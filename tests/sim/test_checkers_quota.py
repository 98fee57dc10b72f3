"""The checkers of quotas, guarantees, refusals, starvation and preemption: each finds the bug it is for."""

from dataclasses import replace

from barter.core.cluster import Demand, Filters, FrameworkInfo, Offer
from barter.core.ids import DemandId, FrameworkId
from barter.core.resources import resources
from barter.core.roles import RoleConfig
from barter.core.tasks import Reason
from barter.core.units import MIB
from barter.master import actions as act
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.facts import RoleSet
from barter.tools.sim.checkers.books import Books
from barter.tools.sim.checkers.consumption import Consumption
from barter.tools.sim.checkers.declined import Declined
from barter.tools.sim.checkers.filters import Filters as FiltersChecker
from barter.tools.sim.checkers.guarantees import Guarantees
from barter.tools.sim.checkers.preemption import Preemption
from barter.tools.sim.checkers.quota import Quota
from barter.tools.sim.checkers.set_roles import SetRoles
from barter.tools.sim.checkers.starvation import Starvation
from tests.master.world import A1, AGENT, FRAMEWORK, agent
from tests.master.world import task as small_task
from tests.sim.stage import Stage, violates

WEB, SECOND_US = FrameworkInfo("f", roles=("eng/web",)), 1_000_000
NEED = resources(cpus=100, mem=32 * MIB)


def set_to(config: RoleConfig) -> ev.SetRoles:
    return ev.SetRoles(1, (config,), force=True)


def only_the_checker_knows(stage: Stage, config: RoleConfig) -> None:
    stage.see([], [act.Persist(RoleSet(config), "a master forgets it at once")])


def offers_of(stage: Stage) -> list[Offer]:
    return stage.masters.offers()


# consumption


def test_what_a_role_consumes_counts_for_those_above_it() -> None:
    consumption = Consumption()
    consumption.change("eng/web", {"cpus": 500}, 1)
    consumption.change("eng", {"cpus": 200}, 1)
    consumption.change("eng/web", {"cpus": 100}, -1)
    assert (consumption.of("eng/web", "cpus"), consumption.of("eng", "cpus")) == (400, 600)
    assert consumption.of("engine", "cpus") == consumption.of("eng", "mem") == 0


# quota


def test_offers_cut_to_a_limit_are_well() -> None:
    stage = Stage(Quota(Books(), SetRoles()))
    stage.master(set_to(RoleConfig("eng", limit={"cpus": 1_000})))
    stage.master(ev.Subscribe(FRAMEWORK, WEB))
    stage.master(ev.AgentRegister(AGENT, agent()))
    assert offers_of(stage)[0].resources.scalars["cpus"] == 1_000


def test_an_offer_beyond_the_limit_of_a_role_above_is_found() -> None:
    stage = Stage(Quota(Books(), SetRoles()))
    only_the_checker_knows(stage, RoleConfig("eng", limit={"cpus": 1_000}))
    stage.master(ev.Subscribe(FRAMEWORK, WEB))
    violates("leaves eng with 4 cpus of at most 1", lambda: stage.master(ev.AgentRegister(AGENT, agent())))


def test_a_limit_set_below_what_is_there_may_be_exceeded_and_not_added_to() -> None:
    stage = Stage(Quota(Books(), SetRoles()))
    stage.master(ev.Subscribe(FRAMEWORK, WEB))
    stage.master(ev.AgentRegister(AGENT, agent()))
    stage.master(ev.Accept(FRAMEWORK, (offers_of(stage)[0].offer_id,), (small_task("t1"),), Filters(0)))
    stage.master(set_to(RoleConfig("eng/web", limit={"cpus": 50})))
    stage.master(ev.Revive(FRAMEWORK))
    stage.masters.cluster.roles.clear()
    stage.masters.cluster.allocator.set_roles({})
    violates("is for eng/web", lambda: stage.master(ev.Revive(FRAMEWORK)))


def test_what_a_master_set_and_did_not_write_is_not_set() -> None:
    roles = SetRoles()
    roles.note([], [act.Persist(RoleSet(RoleConfig("eng", limit={"cpus": 1})), "")])
    assert roles.limits
    roles.started()
    assert not roles.limits
    roles.committed([RoleSet(RoleConfig("eng", limit={"cpus": 1}))])
    roles.started()
    assert roles.limits == {"eng": {"cpus": 1}}


# guarantees


def test_what_is_left_for_guarantees_is_well_and_what_they_get_too() -> None:
    stage = Stage(Guarantees(Books(), SetRoles()))
    stage.master(ev.AgentRegister(AGENT, agent()))
    stage.master(set_to(RoleConfig("ops", guarantee={"cpus": 1_000})))
    stage.master(ev.Subscribe(FRAMEWORK, WEB))
    assert offers_of(stage)[0].resources.scalars["cpus"] == 3_000
    stage.master(ev.Subscribe(FRAMEWORK + 5, FrameworkInfo("g", roles=("ops",))))
    assert stage.masters.offers(FRAMEWORK + 5)


def test_who_is_given_what_guarantees_need_is_found() -> None:
    stage = Stage(Guarantees(Books(), SetRoles()))
    stage.master(ev.Subscribe(FRAMEWORK, WEB))
    only_the_checker_knows(stage, RoleConfig("ops", guarantee={"cpus": 1_000}))
    violates("leaves 0 cpus free", lambda: stage.master(ev.AgentRegister(AGENT, agent())))


# filters


def declined(stage: Stage, refuse_ms: int) -> Offer:
    stage.master(ev.Subscribe(FRAMEWORK, WEB))
    stage.master(ev.AgentRegister(AGENT, agent()))
    [offer] = offers_of(stage)
    stage.master(ev.Decline(FRAMEWORK, (offer.offer_id,), Filters(refuse_ms)))
    return offer


def again(offer: Offer) -> act.Action:
    return act.SendToFramework(FRAMEWORK, offer.framework_id, msg.Offers((offer,)), "a bug")


def test_who_declines_with_nothing_is_asked_again_a_second_later() -> None:
    stage = Stage(FiltersChecker(Declined()))
    offer = declined(stage, 0)
    stage.masters.now = stage.cluster.master.clock.now()
    violates("holds what was refused for 1000 ms more", lambda: stage.see([], [again(offer)]))
    larger = replace(offer, resources=offer.resources + resources(cpus=1))
    stage.see([], [again(larger)])


def test_a_revive_and_a_new_session_end_refusals() -> None:
    stage = Stage(FiltersChecker(Declined()))
    offer = declined(stage, 60_000)
    stage.see([ev.Revive(FRAMEWORK)], [again(offer)])
    stage.see([ev.Decline(FRAMEWORK, (offer.offer_id,), Filters(60_000))], [])
    violates("was refused", lambda: stage.see([], [again(offer)]))
    subscribed = act.SendToFramework(FRAMEWORK, offer.framework_id, msg.Subscribed(offer.framework_id), "")
    stage.see([], [subscribed, again(offer)])


def test_an_offer_nobody_answers_counts_as_declined() -> None:
    stage = Stage(FiltersChecker(Declined()))
    stage.master(ev.Subscribe(FRAMEWORK, WEB))
    stage.master(ev.AgentRegister(AGENT, agent()))
    [offer] = offers_of(stage)
    stage.see([], stage.masters.wait(20_000))
    violates("holds what was refused for", lambda: stage.see([], [again(offer)]))


# starvation


def starving(stage: Stage, *, seconds: int) -> None:
    for _ in range(0, seconds, 10):
        stage.cluster.world.run_until(stage.cluster.world.now_us + 10 * SECOND_US)
        stage.see([], [])


def waits(stage: Stage, *, blind: bool) -> None:
    if blind:
        stage.masters.cluster.allocator.allocate = lambda now: []  # type: ignore[method-assign]
    stage.master(ev.AgentRegister(AGENT, agent()))
    stage.master(ev.Subscribe(FRAMEWORK, WEB, True))
    stage.master(ev.SetDemands(FRAMEWORK, (Demand(DemandId("web"), NEED, 1, role="eng/web"),)))


def test_a_demand_that_is_met_does_not_starve() -> None:
    books = Books()
    stage = Stage(Starvation(books, Declined(), SetRoles()))
    waits(stage, blind=False)
    starving(stage, seconds=100)
    assert offers_of(stage)


def test_a_demand_that_fits_and_is_offered_nothing_starves() -> None:
    stage = Stage(Starvation(Books(), Declined(), SetRoles()))
    waits(stage, blind=True)
    starving(stage, seconds=20)
    violates("demand web of f", lambda: starving(stage, seconds=40))


def test_who_has_a_limit_in_its_way_does_not_starve() -> None:
    stage = Stage(Starvation(Books(), Declined(), SetRoles()))
    only_the_checker_knows(stage, RoleConfig("eng", limit={"cpus": 50}))
    waits(stage, blind=True)
    starving(stage, seconds=100)


# preemption


def full(stage: Stage) -> FrameworkId:
    """An agent that one task has, and a demand of a role under its guarantee that waits."""
    stage.master(ev.AgentRegister(AGENT, agent(cpus=1_000)))
    stage.master(ev.Subscribe(FRAMEWORK, FrameworkInfo("f", roles=("ops",))))
    [offer] = offers_of(stage)
    whole = small_task("t1", resources(cpus=1_000, mem=32 * MIB))
    stage.master(ev.Accept(FRAMEWORK, (offer.offer_id,), (whole,)))
    stage.master(ev.Subscribe(FRAMEWORK + 5, WEB, True))
    stage.master(ev.SetDemands(FRAMEWORK + 5, (Demand(DemandId("web"), NEED, 1, role="eng/web"),)))
    return offer.framework_id


def killed(framework_id: FrameworkId) -> act.Action:
    kill = msg.Kill(framework_id, small_task("t1").task_id, 0, "a bug", Reason.PREEMPTED)
    return act.SendToAgent(AGENT, A1, kill, "a bug")


def test_who_is_in_the_way_of_a_guarantee_is_preempted() -> None:
    stage = Stage(Preemption(Books(), SetRoles()))
    full(stage)
    stage.master(set_to(RoleConfig("eng", guarantee={"cpus": 500})))
    assert [kill.cause for kill in stage.masters.sent(msg.Kill)] == [Reason.PREEMPTED]


def test_a_preemption_that_no_guarantee_asks_for_is_found() -> None:
    stage = Stage(Preemption(Books(), SetRoles()))
    framework_id = full(stage)
    violates("more than it takes", lambda: stage.see([], [killed(framework_id)]))


def test_a_preemption_below_a_guarantee_is_found() -> None:
    stage = Stage(Preemption(Books(), SetRoles()))
    framework_id = full(stage)
    only_the_checker_knows(stage, RoleConfig("ops", guarantee={"cpus": 1_000}))
    violates("ops is not over its guarantee in cpus", lambda: stage.see([], [killed(framework_id)]))
