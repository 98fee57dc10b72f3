"""The checkers of drains, agents marked gone, answers to operators, reservations and volumes."""

from dataclasses import replace

from barter.agent import actions as agent_act
from barter.core.cluster import FrameworkInfo, InverseOffer
from barter.core.ids import InverseOfferId, ReservationId, VolumeId
from barter.core.maintenance import Maintenance, Mode
from barter.core.operations import CreateVolume, DestroyVolume, Reserve
from barter.core.reservations import Reservation, VolumeMount
from barter.core.resources import resources
from barter.core.roles import RoleConfig
from barter.core.tasks import Reason
from barter.master import actions as act
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.facts import AgentGone, MaintenanceSet
from barter.sdk import calls
from barter.tools.sim.checkers.answers import Answers
from barter.tools.sim.checkers.books import Books
from barter.tools.sim.checkers.conservation import Conservation
from barter.tools.sim.checkers.drain import Drain
from barter.tools.sim.checkers.gone import Gone
from barter.tools.sim.checkers.reservations import Reservations
from barter.tools.sim.checkers.volumes import Volumes
from tests.master.world import A1, AGENT, FRAMEWORK, agent
from tests.master.world import task as small_task
from tests.sim.stage import F, Stage, key, task, violates

WEB = FrameworkInfo("f", roles=("eng/web",))
KEPT, VOLUME = ReservationId("kept"), VolumeId("volume")
MINUTE_MS = 60_000


def begun(stage: Stage) -> None:
    stage.master(ev.Subscribe(FRAMEWORK, WEB))
    stage.master(ev.AgentRegister(AGENT, agent()))


def launched(stage: Stage) -> None:
    begun(stage)
    stage.master(ev.Accept(FRAMEWORK, (stage.masters.offers()[0].offer_id,), (small_task("t1"),)))


def only_the_checker_knows(stage: Stage, maintenance: Maintenance) -> None:
    stage.see([], [act.Persist(MaintenanceSet(maintenance), "a master forgets it at once")])


def drain_kill(stage: Stage) -> act.Action:
    [framework_id] = stage.masters.cluster.frameworks
    kill = msg.Kill(framework_id, small_task("t1").task_id, 0, "drained", Reason.AGENT_DRAINING)
    return act.SendToAgent(AGENT, A1, kill, "")


# drain


def test_a_drain_told_to_who_has_tasks_there_is_well_and_its_deadline_ends_them() -> None:
    stage = Stage(Drain())
    launched(stage)
    stage.master(ev.Drain(1, A1, 0, 10))
    assert stage.masters.sent(msg.InverseOffers)
    stage.cluster.world.run_until(20_000_000)
    stage.see([], [])
    done = stage.masters.wait(MINUTE_MS)
    assert any(isinstance(each, act.SendToAgent) and isinstance(each.message, msg.Kill) for each in done)


def test_offers_of_who_is_drained_or_does_not_say_when_it_goes_are_found() -> None:
    stage = Stage(Drain())
    begun(stage)
    sent = act.SendToFramework(FRAMEWORK, F, msg.Offers(tuple(stage.masters.offers())), "")
    stage.see([], [sent])
    only_the_checker_knows(stage, Maintenance(A1, Mode.DEACTIVATED))
    violates("which is deactivated", lambda: stage.see([], [sent]))
    only_the_checker_knows(stage, Maintenance(A1, start_ms=5_000, deadline_ms=6_000))
    violates("which goes at 5000", lambda: stage.see([], [sent]))


def test_a_kill_for_a_drain_needs_a_release_or_the_deadline() -> None:
    stage = Stage(Drain())
    launched(stage)
    [framework_id] = stage.masters.cluster.frameworks
    now = stage.cluster.master.clock.now()
    only_the_checker_knows(stage, Maintenance(A1, Mode.DRAINING, now, now + MINUTE_MS))
    violates("which nobody released", lambda: stage.see([], [drain_kill(stage)]))
    released = calls.Release((small_task("t1").task_id,))
    stage.framework.driver.session.framework = replace(WEB, framework_id=framework_id)
    stage.checker.asked(stage.framework, released)
    stage.see([], [drain_kill(stage)])


def test_a_kill_after_the_deadline_needs_no_release() -> None:
    stage = Stage(Drain())
    launched(stage)
    now = stage.cluster.master.clock.now()
    only_the_checker_knows(stage, Maintenance(A1, Mode.DRAINING, now - MINUTE_MS, now))
    stage.see([], [drain_kill(stage)])


def test_who_is_not_told_of_a_drain_is_found() -> None:
    stage = Stage(Drain())
    launched(stage)
    now = stage.cluster.master.clock.now()
    only_the_checker_knows(stage, Maintenance(A1, Mode.DRAINING, now, now + MINUTE_MS))
    stage.cluster.world.run_until(15_000_000)
    told = InverseOffer(InverseOfferId("i"), A1, F, "", (small_task("t1").task_id,), 0, 0)
    violates("was not told that a1 is to be given up", lambda: stage.see([], []))
    stage.see([], [act.SendToFramework(FRAMEWORK, F, msg.InverseOffers((told,)), "")])
    stage.cluster.world.run_until(45_000_000)
    stage.see([], [])


def test_what_runs_long_after_the_deadline_or_on_a_drained_agent_is_found() -> None:
    stage = Stage(Drain())
    agent_id, host = stage.agent.info.agent_id, stage.cluster.hosts["agent-0"]
    stage.masters.cluster.frameworks[F] = object()  # type: ignore[assignment]
    drained = act.Persist(MaintenanceSet(Maintenance(agent_id, Mode.DRAINED, 1, 2)), "")
    stage.see([], [drained])
    only_the_checker_knows(stage, Maintenance(agent_id, Mode.DRAINING, 1, 2))
    host.run(key("t1"), task("t1"), lambda code: None)
    violates("is said to be drained, and runs t1", lambda: stage.see([], [drained]))
    only_the_checker_knows(stage, Maintenance(agent_id, Mode.DRAINING, 1, 2))
    stage.cluster.world.run_until(200_000_000)
    violates("after its drain's deadline", lambda: stage.see([], []))


# gone


def test_who_was_marked_gone_is_sent_away_and_not_taken_in() -> None:
    stage = Stage(Gone())
    taken_in = act.SendToAgent(AGENT, A1, msg.Registered(), "")
    stage.see([], [taken_in])
    stage.checker.master_committed(stage.cluster.master, [AgentGone(A1, "it burnt")])
    stage.see([], [act.SendToAgent(AGENT, A1, msg.Shutdown("it burnt"), "")])
    violates("a1 was marked gone, and is sent registered", lambda: stage.see([], [taken_in]))


# answers


def answered(stage: Stage, call: ev.OperatorCall, refusal: str = "") -> None:
    stage.checker.operator_asked(call)
    stage.checker.operator_answered(call, refusal)


def test_what_an_operator_was_told_is_there_after_a_restart() -> None:
    stage = Stage(Answers())
    config = RoleConfig("eng", limit={"cpus": 1})
    answered(stage, ev.SetRoles(1, (config,)))
    stage.masters.cluster.roles["eng"] = config
    stage.checker.process_started(stage.cluster.master)
    del stage.masters.cluster.roles["eng"]
    violates("SetRoles (1) is done", lambda: stage.checker.process_started(stage.cluster.master))


def test_what_was_refused_or_not_answered_may_be_there_or_not() -> None:
    stage = Stage(Answers())
    answered(stage, ev.SetRoles(1, (RoleConfig("eng", limit={"cpus": 1}),)), "over capacity")
    stage.checker.process_started(stage.cluster.master)
    answered(stage, ev.SetRoles(2, (RoleConfig("eng", limit={"cpus": 2}),)))
    stage.checker.operator_asked(ev.SetRoles(3, (RoleConfig("eng"),)))
    stage.checker.process_started(stage.cluster.master)
    stage.checker.process_started(stage.cluster.master)


def test_maintenance_reservations_and_volumes_are_kept_and_the_gone_stay_away() -> None:
    promises: list[tuple[ev.OperatorCall, str]] = [
        (ev.Drain(1, A1, 0, 10), "agent a1 active"),
        (ev.Deactivate(1, A1), "agent a1 active"),
        (ev.Operate(1, A1, "p", Reserve(KEPT, resources(cpus=1))), "no reservation kept of a1"),
        (ev.Operate(1, A1, "p", CreateVolume(VOLUME, KEPT, 1)), "no volume volume of a1"),
        (ev.MarkGone(1, A1), "a1 not gone"),
    ]
    for call, missing in promises:
        stage = Stage(Answers())
        begun(stage)
        answered(stage, call)
        violates(missing, lambda stage=stage: stage.checker.process_started(stage.cluster.master))  # type: ignore[misc]


# reservations, conservation


def reserved(stage: Stage) -> None:
    begun(stage)
    has = resources(cpus=1_000, disk=0)
    stage.master(ev.Operate(1, A1, "operator", Reserve(KEPT, has, "eng")))
    stage.master(ev.Revive(FRAMEWORK))


def touched(stage: Stage) -> None:
    stage.masters.cluster.history.record(0, "agent_touched", A1, "by the test")
    stage.see([ev.AgentUpdates(AGENT, A1, ())], [])


def test_offers_of_a_reservation_for_a_role_above_are_well() -> None:
    for checker in (Reservations(Books()), Conservation(Books())):
        stage = Stage(checker)
        reserved(stage)
        [opened] = stage.masters.cluster.offers.values()
        assert opened.offer.reserved == {KEPT: resources(cpus=1_000)}
        stage.checker.at_end(stage.cluster)


def test_more_than_a_reservation_has_or_of_none_or_for_another_role_is_found() -> None:
    stage = Stage(Reservations(Books()))
    reserved(stage)
    known = stage.masters.cluster.agents[A1]
    known.reservations[KEPT] = Reservation(KEPT, A1, "eng", resources(cpus=500))
    violates("which is more than it has", lambda: touched(stage))
    known.reservations.clear()
    violates("there is no such reservation", lambda: touched(stage))


def test_what_is_offered_of_another_role_s_reservation_is_found() -> None:
    stage = Stage(Reservations(Books()))
    reserved(stage)
    known = stage.masters.cluster.agents[A1]
    [opened] = known.offers.values()
    stage.master(ev.Decline(FRAMEWORK, (opened.offer.offer_id,)))
    known.offers[opened.offer.offer_id] = replace(opened, offer=replace(opened.offer, role="ops"))
    violates("holds some of reservation kept for eng", lambda: touched(stage))


# volumes


def test_a_volume_is_one_tasks_at_a_time() -> None:
    stage = Stage(Volumes())
    host = stage.cluster.hosts["agent-0"]
    mounts = (VolumeMount(VOLUME, "/data"),)
    stage.checker.task_started(host, key("t1"), replace(task("t1"), volumes=mounts))
    stage.checker.task_ended(host, key("t1"), 0)
    stage.checker.task_started(host, key("t2"), replace(task("t2"), volumes=mounts))
    third = replace(task("t3"), volumes=mounts)
    violates("which t2 has", lambda: stage.checker.task_started(host, key("t3"), third))


def test_data_is_deleted_only_where_somebody_asked_and_nobody_has_it() -> None:
    stage = Stage(Volumes())
    delete = agent_act.DeleteVolume(VOLUME, "")
    violates("nobody asked for that", lambda: stage.orders(does=[delete]))
    stage.checker.operator_asked(ev.Operate(1, A1, "operator", DestroyVolume(VOLUME)))
    stage.orders(does=[delete])
    host = stage.cluster.hosts["agent-0"]
    stage.checker.task_started(host, key("t1"), replace(task("t1"), volumes=(VolumeMount(VOLUME, "/data"),)))
    violates("has it", lambda: stage.orders(does=[delete]))
