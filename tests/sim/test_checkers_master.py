"""The checkers of what a master does: each finds the bug it is for, and nothing where there is none."""

from dataclasses import replace

import pytest

from barter.core.cluster import Demand, Filters, FrameworkInfo
from barter.core.ids import AgentId, DemandId, FrameworkId, OfferId, TaskId
from barter.core.resources import resources
from barter.core.task_state import TaskState as S
from barter.master import actions as act
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.facts import FrameworkRemoved
from barter.tools.sim.checkers.books import Books
from barter.tools.sim.checkers.conservation import Conservation
from barter.tools.sim.checkers.leader_writes import LeaderWrites
from barter.tools.sim.checkers.lent import Lent
from barter.tools.sim.checkers.offer_used_once import OfferUsedOnce
from barter.tools.sim.checkers.offers_disjoint import OffersDisjoint
from barter.tools.sim.checkers.one_session import OneSession
from tests.master.world import A1, A2, AGENT, FRAMEWORK, agent, status
from tests.master.world import task as small_task
from tests.sim.stage import Stage, violates

LATER = 4
FIRST = OfferId("abc123-1-O1")
INFO = FrameworkInfo("f", failover_timeout_ms=100_000)


def begun(stage: Stage) -> tuple[FrameworkId, OfferId]:
    """A framework with an open offer of an agent."""
    stage.master(ev.Subscribe(FRAMEWORK, INFO))
    framework_id = stage.masters.sent(msg.Subscribed)[0].framework_id
    stage.master(ev.AgentRegister(AGENT, agent()))
    return framework_id, stage.masters.offers()[0].offer_id


def accept(offer_id: OfferId, name: str = "t1", session: int = FRAMEWORK) -> ev.Accept:
    return ev.Accept(session, (offer_id,), (small_task(name),))


# conservation, offers_disjoint


def test_a_task_from_launch_to_end_conserves_resources() -> None:
    stage = Stage(Conservation(Books()))
    framework_id, offer_id = begun(stage)
    stage.master(accept(offer_id))
    stage.master(ev.AgentUpdates(AGENT, A1, ((framework_id, status("t1", S.FINISHED, 1)),)))
    stage.checker.at_end(stage.cluster)


def test_resources_that_stay_used_after_a_task_are_missed() -> None:
    stage = Stage(Conservation(Books()))
    framework_id, offer_id = begun(stage)
    stage.master(accept(offer_id))
    stage.masters.cluster.agents[A1].used.add(small_task("t1").resources)
    told = ev.AgentUpdates(AGENT, A1, ((framework_id, status("t1", S.FINISHED, 1)),))
    violates("count as used, those listed hold nothing", lambda: stage.master(told))


def test_sums_of_the_cluster_are_compared_at_the_end() -> None:
    stage = Stage(Conservation(Books()))
    begun(stage)
    stage.masters.cluster.offered.take(agent().resources)
    violates("offered in the cluster", lambda: stage.checker.at_end(stage.cluster))


def test_an_open_offer_beside_a_task_with_other_ports_is_well() -> None:
    stage = Stage(OffersDisjoint(Books()))
    _, offer_id = begun(stage)
    stage.master(replace(accept(offer_id), filters=Filters(0)))
    assert stage.masters.cluster.offers
    assert stage.masters.cluster.agents[A1].tasks


def test_a_port_of_a_task_that_is_offered_again_is_found() -> None:
    stage = Stage(OffersDisjoint(Books()))
    _, offer_id = begun(stage)
    known = stage.masters.cluster
    port = replace(small_task("t1").resources, ranges={"ports": ((31_000, 31_000),)})
    with_port = replace(small_task("t1"), resources=port)
    known.agents[A1].used.take(agent().resources)
    [opened] = known.offers.values()
    stage.masters.do(ev.Accept(FRAMEWORK, (offer_id,), (with_port,)))
    twice = replace(opened, offer=replace(opened.offer, offer_id=OfferId("twice")))
    known.agents[A1].offers[OfferId("twice")] = twice
    violates("ports 31000, which is also in", lambda: stage.master(ev.AgentUpdates(AGENT, A1, ())))


# offer_used_once


def test_an_offer_that_is_accepted_in_time_may_run() -> None:
    stage = Stage(OfferUsedOnce())
    _, offer_id = begun(stage)
    stage.master(accept(offer_id))
    assert stage.masters.sent(msg.Run)


@pytest.mark.parametrize("between", [ev.Decline(FRAMEWORK, (FIRST,)), accept(FIRST, "t0")])
def test_an_offer_that_is_used_or_declined_is_not_used_again(between: ev.Event) -> None:
    stage = Stage(OfferUsedOnce())
    framework_id, offer_id = begun(stage)
    stage.master(between)
    event = accept(offer_id)
    run = act.SendToAgent(AGENT, A1, msg.Run(framework_id, event.tasks), "a bug")
    violates("which is not open to it", lambda: stage.see([event], [run]))


def test_a_run_after_the_rescind_of_its_offer_in_one_batch_is_found() -> None:
    stage = Stage(OfferUsedOnce())
    framework_id, offer_id = begun(stage)
    event = accept(offer_id)
    rescind = act.SendToFramework(FRAMEWORK, framework_id, msg.Rescind((offer_id,), "gone"), "")
    run = act.SendToAgent(AGENT, A1, msg.Run(framework_id, event.tasks), "a bug")
    violates("which is not open to it", lambda: stage.see([event], [rescind, run]))


def test_a_run_that_nobody_accepted_or_on_another_agent_is_found() -> None:
    stage = Stage(OfferUsedOnce())
    framework_id, offer_id = begun(stage)
    event = accept(offer_id)
    run = act.SendToAgent(AGENT, A2, msg.Run(framework_id, event.tasks), "a bug")
    violates("on offer abc123-1-O1 of agent a1", lambda: stage.see([event], [run]))
    violates("which no framework accepted", lambda: stage.see([], [run]))


# leader_writes


def test_the_living_leader_may_write() -> None:
    stage = Stage(LeaderWrites())
    stage.checker.master_committed(stage.cluster.master, [FrameworkRemoved(FrameworkId("f"))])


def test_a_master_that_has_ended_or_was_followed_may_not_write() -> None:
    stage = Stage(LeaderWrites())
    facts = [FrameworkRemoved(FrameworkId("f"))]
    stage.cluster.master.up = False
    violates("has ended", lambda: stage.checker.master_committed(stage.cluster.master, facts))
    stage.cluster.master.up = True
    stage.masters.cluster.epoch = 2
    stage.checker.process_started(stage.cluster.master)
    stage.masters.cluster.epoch = 1
    violates("epoch 2 leads", lambda: stage.checker.master_committed(stage.cluster.master, facts))
    violates("2 was there before", lambda: stage.checker.process_started(stage.cluster.master))


# one_session


def test_a_framework_that_comes_again_takes_over() -> None:
    stage = Stage(OneSession())
    framework_id, _ = begun(stage)
    stage.master(ev.Subscribe(LATER, replace(INFO, framework_id=framework_id)))
    stage.master(ev.FrameworkDisconnected(FRAMEWORK))
    assert stage.masters.cluster.frameworks[framework_id].session == LATER


def test_a_second_session_beside_the_first_is_found() -> None:
    stage = Stage(OneSession())
    framework_id, _ = begun(stage)
    second = act.SendToFramework(LATER, framework_id, msg.Subscribed(framework_id), "a bug")
    violates("was not closed", lambda: stage.see([], [second]))


def test_word_for_an_older_session_is_found() -> None:
    stage = Stage(OneSession())
    framework_id, _ = begun(stage)
    stage.master(ev.Subscribe(LATER, replace(INFO, framework_id=framework_id)))
    late = act.SendToFramework(FRAMEWORK, framework_id, msg.Offers(()), "a bug")
    violates("its live one is 4", lambda: stage.see([], [late]))


def test_the_end_of_an_older_session_that_ends_the_newer_is_found() -> None:
    stage = Stage(OneSession())
    framework_id, _ = begun(stage)
    stage.master(ev.Subscribe(LATER, replace(INFO, framework_id=framework_id)))
    stage.masters.cluster.frameworks[framework_id].session = 0
    violates("the master keeps none", lambda: stage.see([ev.FrameworkDisconnected(FRAMEWORK)], []))


def test_a_kill_that_comes_on_the_older_session_behind_the_newer_has_no_effect() -> None:
    stage = Stage(OneSession())
    framework_id, offer_id = begun(stage)
    stage.master(accept(offer_id))
    kill = ev.KillTask(FRAMEWORK, small_task("t1").task_id)
    events = (ev.Subscribe(LATER, replace(INFO, framework_id=framework_id)), kill)
    actions = stage.masters.do(*events)
    heard = act.SendToAgent(AGENT, AgentId(A1), msg.Kill(framework_id, kill.task_id, -1, ""), "a bug")
    violates("kill of t1", lambda: stage.see(events, [*actions, heard]))
    again = Stage(OneSession())
    framework_id, offer_id = begun(again)
    again.master(accept(offer_id))
    again.master(ev.Subscribe(LATER, replace(INFO, framework_id=framework_id)), kill)


# lent


def lends(cpus: int) -> ev.AgentSlack:
    return ev.AgentSlack(AGENT, A1, resources(cpus=cpus))


def guest(stage: Stage) -> FrameworkId:
    """One cpu is lent, and a revocable task has it."""
    stage.master(ev.AgentRegister(AGENT, agent()))
    stage.master(lends(1_000))
    stage.master(ev.Subscribe(FRAMEWORK, INFO, True))
    framework_id = stage.masters.sent(msg.Subscribed)[0].framework_id
    need = resources(cpus=1_000, mem=1)
    stage.master(ev.SetDemands(FRAMEWORK, (Demand(DemandId("d"), need, 1, revocable=True),)))
    stage.master(ev.Accept(FRAMEWORK, (FIRST,), (replace(small_task("t1"), resources=need),)))
    return framework_id


def test_what_is_lent_and_taken_back_is_well() -> None:
    stage = Stage(Lent(Books()))
    guest(stage)
    stage.master(lends(999))
    assert stage.masters.sent(msg.Kill, AGENT)


def test_what_is_not_taken_back_is_held_beyond_what_is_lent() -> None:
    stage = Stage(Lent(Books()))
    framework_id = guest(stage)
    stage.masters.do(lends(999))
    stage.masters.cluster.frameworks[framework_id].tasks[TaskId("t1")].kill = None
    violates("lends 999 thousandths of a cpu, and 1000 are held", lambda: stage.see([lends(999)], []))


def test_the_word_of_a_stranger_is_nobodys() -> None:
    stage = Stage(Lent(Books()))
    guest(stage)
    stage.master(replace(lends(0), session=LATER))
