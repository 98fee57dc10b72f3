"""Questions and wishes about single tasks: RECONCILE and KILL."""

from barter.core.ids import TaskId
from barter.core.task_state import TaskState
from barter.core.tasks import Reason, Source, TaskStatus
from barter.master import returning, tasks
from barter.master.cluster import Cluster
from barter.master.events import KillTask, Reconcile
from barter.master.messages import Kill, Update
from barter.master.state import Agent, Framework

NOWHERE = "no agent has it"
EVERY = TaskId("")
"""Asked for in place of a task id: all of them."""


def reconcile(cluster: Cluster, framework: Framework, event: Reconcile, now: int) -> None:
    """Tell the current status of the tasks named, or of all that live, in one message.

    Who asks for all is told of those, too, that agents bring which are not back yet after the master's start.
    """
    asked = event.task_ids or tuple(framework.tasks)
    if not event.task_ids and _away(cluster):
        framework.unanswered.add(EVERY)
    answers = [status for task_id in dict.fromkeys(asked) if (status := _answer(cluster, framework, task_id, now))]
    cluster.history.record(now, "reconciled", framework.framework_id, f"{len(answers)} of {len(asked)} tasks answered")
    if answers:
        cluster.to_framework(framework, Update(tuple(answers)), "the framework asked")


def kill(cluster: Cluster, framework: Framework, event: KillTask, now: int) -> None:
    """Pass it to the task's agent; one that is away is told when it is back. A task that is nowhere is answered."""
    task = framework.tasks.get(event.task_id)
    if task is None:
        status = _answer(cluster, framework, event.task_id, now)
        ended = cluster.ended.get((framework.framework_id, event.task_id))
        if ended is not None and ended.status.reason is Reason.AGENT_REMOVED:
            ended.kill = _order(framework, event)
        if status is not None:
            cluster.to_framework(framework, Update((status,)), "asked to kill what does not run")
        return
    task.kill, task.undecided = _order(framework, event), False
    cluster.history.record(now, "task_kill", event.task_id, task.kill.reason)
    cluster.to_agent(cluster.agents[task.agent_id], task.kill, task.kill.reason)


def _order(framework: Framework, event: KillTask) -> Kill:
    reason = f"killed by framework {framework.info.name}"
    return Kill(framework.framework_id, event.task_id, event.grace_ms, reason)


def answer_unanswered(cluster: Cluster, now: int, back: Agent | None = None) -> None:
    """All agents are back or given up, or one of these is `back`: what was asked about unknown tasks can be said."""
    waiting = [framework for framework in cluster.frameworks.values() if framework.unanswered]
    away = bool(waiting) and _away(cluster)
    for framework in waiting:
        asked, framework.unanswered = sorted(framework.unanswered), set()
        if EVERY in asked:
            asked.remove(EVERY)
            asked += _tasks_of(framework, back)
            framework.unanswered |= {EVERY} if away else set()
        answers = [status for task_id in dict.fromkeys(asked) if (status := _answer(cluster, framework, task_id, now))]
        if answers:
            cluster.to_framework(framework, Update(tuple(answers)), "agents are back or given up")


def _answer(cluster: Cluster, framework: Framework, task_id: TaskId, now: int) -> TaskStatus | None:
    """None while an agent that may have the task has yet to return after the master's start.

    While one that was given up may have it, the task is out of reach; once that is back, more is said.
    """
    task = framework.tasks.get(task_id) or cluster.ended.get((framework.framework_id, task_id))
    if task is not None:
        return tasks.told_again(task)
    if (gone := returning.answer(cluster, (framework.framework_id, task_id), now)) is not None:
        return gone
    if cluster.expected_agents:
        framework.unanswered.add(task_id)
        return None
    if away := _away(cluster):
        framework.unanswered.add(task_id)
        message = f"{away} agents did not come back after the master's start, and may have it"
        return TaskStatus(
            task_id, TaskState.UNREACHABLE, Source.MASTER, now, reason=Reason.AGENT_UNREACHABLE, message=message
        )
    return TaskStatus(task_id, TaskState.LOST, Source.MASTER, now, reason=Reason.RECONCILIATION, message=NOWHERE)


def _away(cluster: Cluster) -> int:
    """How many agents are known of from before the master's start only, those removed since included."""
    return sum(agent.never_heard for agent in cluster.agents.values()) + cluster.reach.unknown


def _tasks_of(framework: Framework, agent: Agent | None) -> list[TaskId]:
    """All of its tasks, or those on one agent."""
    if agent is None:
        return list(framework.tasks)
    return [name for framework_id, name in agent.tasks if framework_id == framework.framework_id]
