"""Each of these checkers finds the bug it is for, and nothing where there is none."""

from dataclasses import replace

from barter.core.cluster import FrameworkInfo
from barter.core.constraints import Constraint, Operator
from barter.core.ids import FrameworkId, OfferId
from barter.core.task_state import TaskState as S
from barter.master import actions as act
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.facts import FrameworkRemoved
from barter.sdk import calls
from barter.sdk.callbacks import Registered
from barter.tools.sim.checkers.ended_tasks import EndedTasks
from barter.tools.sim.checkers.identity import Identity
from barter.tools.sim.checkers.kept_kills import KeptKills
from barter.tools.sim.checkers.kills import Kills
from barter.tools.sim.checkers.offers_in_reach import OffersInReach
from barter.tools.sim.checkers.offers_wanted import OffersWanted
from barter.tools.sim.checkers.removals import Removals
from barter.tools.sim.checkers.silent_agents import SilentAgents
from barter.tools.sim.checkers.suppressed import Suppressed
from barter.tools.sim.checkers.task_ids import TaskIds
from barter.tools.sim.checkers.unique import Unique
from barter.tools.sim.workloads.service import ServiceWorkload
from tests.master.world import A1, A2, AGENT, FRAMEWORK, agent, demand, status
from tests.master.world import task as small_task
from tests.sim.small import cluster_of
from tests.sim.stage import F, Stage, task, violates

LATER = 7
SECOND_US = 1_000_000
INFO = FrameworkInfo("f", failover_timeout_ms=100_000)


def begun(stage: Stage) -> OfferId:
    """The framework is subscribed and is F; an offer of an agent is open to it."""
    stage.master(ev.Subscribe(FRAMEWORK, INFO))
    stage.master(ev.AgentRegister(AGENT, agent()))
    return stage.masters.offers()[0].offer_id


def launched(stage: Stage) -> None:
    stage.master(ev.Accept(FRAMEWORK, (begun(stage),), (small_task("t1"),)))


def after(stage: Stage, seconds: int) -> None:
    stage.cluster.world.now_us += seconds * SECOND_US


def kill() -> act.Action:
    return act.SendToAgent(AGENT, A1, msg.Kill(F, small_task("t1").task_id, -1, "why not"), "")


# kills


def test_a_kill_that_was_asked_for_is_passed_on() -> None:
    stage = Stage(Kills())
    launched(stage)
    stage.checker.asked(stage.framework, calls.Kill(small_task("t1").task_id))
    stage.master(ev.KillTask(FRAMEWORK, small_task("t1").task_id))


def test_a_kill_that_nobody_asked_for() -> None:
    stage = Stage(Kills())
    launched(stage)
    violates("nobody asked for that", lambda: stage.see([], [kill()]))


def test_what_has_ended_in_the_books_may_be_killed() -> None:
    stage = Stage(Kills())
    launched(stage)
    stage.master(ev.AgentUpdates(AGENT, A1, ((F, status("t1", S.FINISHED, 1)),)))
    stage.see([], [kill()])


def test_all_of_a_framework_that_is_there_is_killed() -> None:
    stage = Stage(Kills())
    launched(stage)
    told = act.SendToAgent(AGENT, A1, msg.KillFramework(F, "why not"), "")
    violates("which is not removed", lambda: stage.see([], [told]))


# ended_tasks


def test_the_end_of_a_task_is_the_end_of_what_it_held() -> None:
    stage = Stage(EndedTasks())
    launched(stage)
    stage.master(ev.AgentUpdates(AGENT, A1, ((F, status("t1", S.FINISHED, 1)),)))


def test_an_end_is_told_of_a_task_that_stays_in_the_books() -> None:
    stage = Stage(EndedTasks())
    launched(stage)
    told = act.SendToFramework(FRAMEWORK, F, msg.Update((status("t1", S.FINISHED, 1),)), "")
    violates("the books have it as TASK_STAGING", lambda: stage.see([], [told]))


def test_an_ended_task_stays_with_an_agent_that_registers() -> None:
    stage = Stage(EndedTasks())
    launched(stage)
    for held in stage.masters.cluster.agents[A1].tasks.values():
        held.status = status("t1", S.FINISHED, 1)
    violates("and holds there what it had", lambda: stage.see([ev.AgentRegister(AGENT, agent())], []))


def test_an_agent_registers_without_a_task_that_stays() -> None:
    stage = Stage(EndedTasks())
    launched(stage)
    violates("which has registered without it", lambda: stage.see([ev.AgentRegister(AGENT, agent())], []))


# offers


def test_offers_of_an_agent_that_is_away() -> None:
    stage = Stage(OffersInReach())
    offer_id = begun(stage)
    stage.masters.cluster.agents[A1].session = 0
    violates(f"{offer_id} of it stand open", lambda: stage.see([ev.AgentDisconnected(AGENT, A1)], []))


def test_a_lost_stream_takes_its_offers_with_it() -> None:
    stage = Stage(OffersInReach())
    begun(stage)
    stage.master(ev.AgentDisconnected(AGENT, A1))


def test_an_offer_to_a_framework_that_is_away() -> None:
    stage = Stage(OffersInReach())
    begun(stage)
    sent = act.SendToFramework(FRAMEWORK, F, msg.Offers(tuple(stage.masters.offers())), "")
    stage.masters.cluster.frameworks[F].session = 0
    violates("and is not there", lambda: stage.see([], [sent]))


def test_a_demand_is_offered_what_it_counts() -> None:
    stage = Stage(OffersWanted())
    stage.master(ev.Subscribe(FRAMEWORK, INFO, demands_only=True))
    stage.master(ev.SetDemands(FRAMEWORK, (demand("web", 2),)))
    actions = stage.master(ev.AgentRegister(AGENT, agent()))
    framework = stage.masters.cluster.frameworks[F]
    framework.demands = {each.demand_id: replace(each, count=1) for each in framework.demands.values()}
    violates("wants 1 of web, and has open offers for 2", lambda: stage.see([], actions))


def test_a_grant_is_judged_as_it_is_made_not_when_others_beside_it_are_gone() -> None:
    stage = Stage(Unique())
    stage.master(ev.Subscribe(FRAMEWORK, INFO, demands_only=True))
    for session, agent_id, zone in ((AGENT, A1, "a"), (LATER, A2, "b")):
        stage.master(ev.AgentRegister(session, replace(agent(agent_id), attributes={"zone": zone})))
    spread = replace(demand("web", 4), constraints=(Constraint("@zone", Operator.GROUP_BY),))
    stage.master(ev.SetDemands(FRAMEWORK, (spread,)))
    framework = stage.masters.cluster.frameworks[F]
    offers = {opened.offer.agent_id: opened for opened in framework.offers.values()}
    assert {agent_id: opened.tasks for agent_id, opened in offers.items()} == {A1: 2, A2: 2}
    del framework.offers[offers[A2].offer.offer_id]
    on_a, on_b = (act.SendToFramework(FRAMEWORK, F, msg.Offers((offers[agent_id].offer,)), "") for agent_id in (A1, A2))
    stage.see([], [on_b])
    violates("web: 2 are or may be on a, @zone GROUP_BY allows 1", lambda: stage.see([], [on_a]))


def test_a_classic_offer_to_a_framework_of_demands() -> None:
    stage = Stage(OffersWanted())
    begun(stage)
    stage.masters.cluster.frameworks[F].demands_only = True
    sent = act.SendToFramework(FRAMEWORK, F, msg.Offers(tuple(stage.masters.offers())), "")
    violates("is offered something else", lambda: stage.see([], [sent]))


def test_a_suppressed_framework_stays_so_on_its_next_stream() -> None:
    stage = Stage(Suppressed())
    begun(stage)
    stage.framework.up = True
    stage.framework.driver.suppressed_us["*"] = 0
    after(stage, 1)
    stage.master(ev.Subscribe(LATER, replace(INFO, framework_id=F)), ev.Suppress(LATER))
    stage.master(ev.Reconcile(LATER))
    violates("wants no offers since 0.000 s", lambda: stage.master(ev.Revive(LATER)))


def test_who_is_suppressed_later_may_have_offers_on_their_way() -> None:
    stage = Stage(Suppressed())
    stage.framework.up = True
    begun(stage)
    sent = act.SendToFramework(FRAMEWORK, F, msg.Offers(tuple(stage.masters.offers())), "")
    stage.framework.driver.suppressed_us["*"] = stage.cluster.world.now_us
    stage.see([ev.Reconcile(FRAMEWORK)], [sent])


# agents and frameworks


def test_a_silent_agent_is_to_be_unreachable() -> None:
    stage = Stage(SilentAgents())
    begun(stage)
    after(stage, 30)
    stage.see([ev.AgentHeartbeat(AGENT, A1)], [])
    after(stage, 33)
    stage.see([], [])
    after(stage, 2)
    stage.see([], [])
    after(stage, 7)
    violates("agent a1 is silent since 30.000 s", lambda: stage.see([], []))


def test_a_silent_agent_that_is_unreachable() -> None:
    stage = Stage(SilentAgents())
    begun(stage)
    stage.masters.cluster.agents[A1].unreachable = True
    after(stage, 100)
    stage.see([], [])


def test_a_framework_keeps_its_id() -> None:
    stage = Stage(Identity())
    stage.checker.called(stage.framework, Registered(F))
    stage.checker.called(stage.framework, Registered(F))
    violates("is other now", lambda: stage.checker.called(stage.framework, Registered(FrameworkId("other"))))


def test_a_removed_framework_gets_another_id_and_never_its_own() -> None:
    stage = Stage(Identity())
    stage.checker.called(stage.framework, Registered(F))
    stage.checker.master_committed(stage.cluster.master, [FrameworkRemoved(F)])
    stage.checker.called(stage.framework, Registered(FrameworkId("other")))
    violates("was removed, and has session 2", lambda: stage.master(ev.Subscribe(FRAMEWORK, INFO)))


def removed(stage: Stage, *events: ev.Event) -> None:
    stage.see(events, [act.Persist(FrameworkRemoved(F), "not back")])


def test_a_framework_is_removed_while_it_may_still_come_back() -> None:
    stage = Stage(Removals())
    stage.master(ev.Subscribe(FRAMEWORK, INFO))
    violates("and has a session", lambda: removed(stage))
    stage.master(ev.FrameworkDisconnected(FRAMEWORK))
    after(stage, 80)
    violates("after 80.000 s of its failover timeout of 100.000 s", lambda: removed(stage))
    after(stage, 20)
    removed(stage)


def test_a_framework_may_remove_itself() -> None:
    stage = Stage(Removals())
    stage.master(ev.Subscribe(FRAMEWORK, INFO))
    removed(stage, ev.Teardown(FRAMEWORK))


def test_a_task_id_is_launched_once() -> None:
    stage = Stage(TaskIds())
    stage.checker.asked(stage.framework, calls.Launch((OfferId("o1"),), (task("a"), task("b"))))
    stage.checker.asked(stage.framework, calls.Launch((OfferId("o2"),), (task("c"),)))
    again = calls.Launch((OfferId("o3"),), (task("b"),))
    violates("launches task b a second time", lambda: stage.checker.asked(stage.framework, again))


# kept_kills


def test_what_the_service_framework_asked_to_have_killed_runs_on() -> None:
    cluster = cluster_of(1)
    service = cluster.add_framework("service", ServiceWorkload())
    service.make()
    checker = KeptKills()
    checker.begin(cluster)
    host = cluster.hosts["agent-0"]
    doomed = task("doomed")
    checker.asked(service, calls.Kill(doomed.task_id))
    cluster.world.now_us += 190 * SECOND_US
    checker.at_end(cluster)
    host.run((service.driver.framework_id, doomed.task_id), doomed, lambda _: None)
    violates("and was to be killed at 0.000 s", lambda: checker.at_end(cluster))
