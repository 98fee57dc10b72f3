"""The checkers of tasks and of their updates: each finds the bug it is for, and nothing where there is none."""

from dataclasses import replace

from barter.agent import actions as agent_act
from barter.agent import events as agent_ev
from barter.agent.facts import Acked, EpochRaised, Forgotten, Left
from barter.agent.facts import FrameworkRemoved as Removed
from barter.core.ids import AgentId, TaskId
from barter.core.resources import resources
from barter.core.task_state import TaskState as S
from barter.core.tasks import Reason, Source
from barter.core.units import GIB
from barter.master import actions as act
from barter.master import messages as msg
from barter.master.facts import FrameworkRemoved
from barter.sdk.calls import Reconcile
from barter.tools.sim.checkers.admission import Admission
from barter.tools.sim.checkers.epochs import Epochs
from barter.tools.sim.checkers.runs_once import RunsOnce
from barter.tools.sim.checkers.scheduler_errors import SchedulerErrors
from barter.tools.sim.checkers.task_states import TaskStates
from barter.tools.sim.checkers.updates_kept import UpdatesKept
from barter.tools.sim.world import SECOND_US
from tests.sim.stage import F, Stage, admitted, key, next_told, said, task, violates

T1 = TaskId("t1")
BIG = resources(cpus=2_000, mem=GIB, ports=((31_000, 31_001),))


# admission, runs_once


def test_tasks_within_the_machine_may_run_one_after_another() -> None:
    stage = Stage(Admission())
    host = stage.cluster.hosts["agent-0"]
    for name in ("t1", "t2", "t3"):
        stage.checker.task_started(host, key(name), task(name, BIG))
        stage.checker.task_ended(host, key(name), 0)


def test_a_port_with_two_tasks_and_too_much_at_once_are_found() -> None:
    stage = Stage(Admission())
    host, other = stage.cluster.hosts.values()
    stage.checker.task_started(host, key("t1"), task("t1", BIG))
    stage.checker.task_started(other, key("t2"), task("t2", BIG))
    violates("ports 31000-31001", lambda: stage.checker.task_started(host, key("t3"), task("t3", BIG)))
    much = task("t4", resources(cpus=2_001))
    violates("cpus: 4.001 of 4", lambda: stage.checker.task_started(host, key("t4"), much))


def test_a_task_id_runs_once_even_on_another_machine() -> None:
    stage = Stage(RunsOnce())
    host, other = stage.cluster.hosts.values()
    stage.checker.task_started(host, key("t1"), task("t1"))
    stage.checker.task_started(host, key("t2"), task("t2"))
    violates("was started on agent-0", lambda: stage.checker.task_started(other, key("t1"), task("t1")))


# epochs


def test_orders_of_the_present_epoch_and_refusals_of_older_ones_are_well() -> None:
    stage = Stage(Epochs())
    stage.writes(EpochRaised(2))
    launch = agent_act.LaunchTasks(((F, task("t1")),), "")
    stage.orders(agent_ev.RunTasks(2, F, (task("t1"),)), does=[agent_act.Record((admitted("t1"),)), launch])
    stage.orders(agent_ev.RunTasks(1, F, (task("t2"),)), does=[agent_act.Note("refused", problem=True)])
    stage.writes(EpochRaised(3))


def test_a_launch_a_kill_and_an_acknowledgement_of_a_deposed_master_are_found() -> None:
    stage = Stage(Epochs())
    stage.writes(EpochRaised(2))
    run, kill = agent_ev.RunTasks(1, F, (task("t1"),)), agent_ev.KillTask(1, F, T1)
    launch, end = agent_act.LaunchTasks(((F, task("t1")),), ""), agent_act.KillAtExecutor(F, T1, -1, "")
    violates("obeys RunTasks of epoch 1", lambda: stage.orders(run, does=[launch]))
    violates("obeys KillTask of epoch 1", lambda: stage.orders(kill, does=[end]))
    stage.orders(kill, agent_ev.KillTask(2, F, T1), does=[end])
    acked, forgotten = agent_ev.Acknowledged(1, ((F, T1, "t1:1"),)), agent_act.Record((Forgotten(F, T1, 1),))
    violates("obeys Acknowledged", lambda: stage.orders(acked, does=[forgotten]))
    removal = agent_ev.KillFramework(1, F)
    violates("obeys KillFramework", lambda: stage.orders(removal, does=[agent_act.Record((Removed(F),))]))


def test_an_order_behind_one_of_a_higher_epoch_in_its_batch_is_old_too() -> None:
    stage = Stage(Epochs())
    launch = agent_act.LaunchTasks(((F, task("t1")),), "")
    beat, run = agent_ev.MasterHeartbeat(2), agent_ev.RunTasks(1, F, (task("t1"),))
    stage.orders(run, beat, does=[launch])
    violates("has seen epoch 2", lambda: stage.orders(beat, run, does=[launch]))


def test_an_epoch_that_falls_is_found() -> None:
    stage = Stage(Epochs())
    stage.writes(EpochRaised(2))
    violates("writes epoch 2 after 2", lambda: stage.writes(EpochRaised(2)))
    violates("starts with epoch 0", lambda: stage.checker.process_started(stage.agent))


# task_states


def test_a_life_with_deliveries_again_and_answers_is_well() -> None:
    stage = Stage(TaskStates())
    running = said("t1", S.RUNNING, 1)
    away, back = said("t1", S.UNREACHABLE, source=Source.MASTER), said("t1", S.RUNNING, source=Source.MASTER)
    for status in (running, away, back, running, back, said("t1", S.FINISHED, 2), running):
        stage.told(status)
    stage.checker.process_started(stage.framework)
    stage.told(said("t1", S.FINISHED, source=Source.MASTER))
    stage.checker.asked(stage.framework, Reconcile((T1,)))
    stage.told(replace(said("t1", S.LOST, source=Source.MASTER), agent_id=AgentId(""), reason=Reason.RECONCILIATION))


def test_a_second_end_and_life_after_the_end_are_found() -> None:
    stage = Stage(TaskStates())
    stage.told(said("t1", S.LOST, source=Source.MASTER))
    stage.checker.process_started(stage.framework)
    violates("after TASK_LOST", lambda: stage.told(said("t1", S.FINISHED, 1)))
    stage.told(said("t2", S.FINISHED, 1))
    violates("after TASK_FINISHED", lambda: stage.told(said("t2", S.RUNNING, 2)))
    stage.checker.process_started(stage.framework)
    violates("after TASK_FINISHED", lambda: stage.told(said("t2", S.LOST, source=Source.MASTER)))


def test_one_end_told_twice_to_one_process_is_found_unless_it_asked() -> None:
    stage = Stage(TaskStates())
    stage.told(said("t1", S.FINISHED, 1))
    stage.checker.asked(stage.framework, Reconcile((T1,)))
    answer = said("t1", S.FINISHED, source=Source.MASTER)
    stage.told(answer)
    violates("was told of an end of it before", lambda: stage.told(answer))


def test_a_step_back_is_found() -> None:
    stage = Stage(TaskStates())
    stage.told(said("t1", S.RUNNING, 1))
    violates("TASK_STARTING", lambda: stage.told(said("t1", S.STARTING, 2)))


def test_what_an_agent_records_follows_the_table() -> None:
    stage = Stage(TaskStates())
    stage.writes(admitted("t1"), next_told("t1", S.RUNNING, 1), next_told("t1", S.KILLED, 2))
    violates("after TASK_KILLED", lambda: stage.writes(next_told("t1", S.RUNNING, 3)))
    violates("a second time", lambda: stage.writes(admitted("t1")))


def test_one_uuid_with_two_contents_is_found() -> None:
    stage = Stage(TaskStates())
    first = act.SendToFramework(2, F, msg.Update((said("t1", S.RUNNING, 1),)), "")
    other = act.SendToFramework(2, F, msg.Update((said("t1", S.FAILED, 1),)), "")
    stage.see([], [first, first])
    violates("was sent", lambda: stage.see([], [other]))


# updates_kept


def test_an_update_that_was_told_may_go() -> None:
    stage = Stage(UpdatesKept())
    stage.writes(admitted("t1"), next_told("t1", S.RUNNING, 1), next_told("t1", S.FINISHED, 2))
    stage.told(said("t1", S.RUNNING, 1))
    stage.writes(Acked(F, T1, "t1:1"))
    stage.told(said("t1", S.FINISHED, 2))
    stage.writes(Forgotten(F, T1, 2))


def test_an_update_that_goes_before_it_was_told_is_found() -> None:
    stage = Stage(UpdatesKept())
    stage.writes(admitted("t1"), next_told("t1", S.RUNNING, 1), next_told("t1", S.FINISHED, 2))
    stage.told(said("t1", S.RUNNING, 1))
    violates("lets go of t1:2", lambda: stage.writes(Forgotten(F, T1, 2)))


def test_a_framework_that_was_removed_and_an_agent_that_left_wait_for_nothing() -> None:
    stage = Stage(UpdatesKept())
    stage.writes(admitted("t1"), next_told("t1", S.RUNNING, 1))
    violates("lets go of t1:1", lambda: stage.writes(Removed(F)))
    stage.writes(admitted("t2"), next_told("t2", S.RUNNING, 1))
    stage.checker.master_committed(stage.cluster.master, [FrameworkRemoved(F)])
    stage.writes(Removed(F))
    stage.writes(Left())


def test_a_master_that_answers_for_a_framework_has_to_say_why() -> None:
    stage = Stage(UpdatesKept())
    framework_id = stage.masters.subscribe()
    answer = act.SendToAgent(1, stage.agent.info.agent_id, msg.Acknowledge(((framework_id, T1, "t1:1"),)), "")
    violates("neither the framework nor a refusal", lambda: stage.see([], [answer]))
    stage.masters.cluster.history.record(0, "status_refused", "t1", "TASK_LOST cannot become TASK_RUNNING")
    stage.see([], [answer])


def test_what_still_waits_at_the_end_is_found() -> None:
    stage = Stage(UpdatesKept())
    stage.checker.at_end(stage.cluster)
    facts = (admitted("t1"), next_told("t1", S.RUNNING, 1))
    for fact in facts:
        stage.agent.machine.book.apply(fact)
    stage.checker.agent_committed(stage.agent, facts)
    stage.cluster.world.now_us = SECOND_US // 2
    stage.checker.at_end(stage.cluster)
    stage.cluster.world.now_us = 2 * SECOND_US
    violates("agent-0 still waits for t1:1", lambda: stage.checker.at_end(stage.cluster))


# scheduler_errors


def test_a_scheduler_that_raises_is_found_at_the_next_look() -> None:
    stage = Stage(SchedulerErrors())
    stage.told(said("t1", S.RUNNING, 1))
    stage.framework.problems.append("its callback for status_update raised KeyError: 't1'")
    violates("KeyError", lambda: stage.told(said("t1", S.RUNNING, 1)))
    violates("KeyError", lambda: stage.checker.at_end(stage.cluster))
