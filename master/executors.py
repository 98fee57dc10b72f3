"""The executors that frameworks bring, and what schedulers and executors tell each other.

An executor is a task of its framework, launched before the first task it runs. Its framework did not ask for that
task: it hears of its end as a Failure, and of nothing else.
"""

from collections.abc import Iterator
from dataclasses import replace

from barter.core.ids import ExecutorId, FrameworkId, TaskId
from barter.core.tasks import Reason, TaskInfo
from barter.master.cluster import Cluster
from barter.master.events import AgentMessage, FrameworkMessage
from barter.master.messages import Error, FromExecutor, ToExecutor
from barter.master.state import Agent, Framework, Task
from barter.master.validate import Refusal

GRACE_MS = 5_000
LONGEST_ID = 255


def with_executor(agent: Agent, framework_id: FrameworkId, info: TaskInfo) -> tuple[TaskInfo, ...] | Refusal:
    """The task as it is to be launched, after its executor where that does not run there yet."""
    if info.executor is None:
        return (info,)
    wanted = replace(info.executor, task_id=TaskId(""))
    running = find(agent, framework_id, wanted.executor_id)
    if running is not None and not running.ending:
        assert running.info.executor is not None
        if replace(running.info.executor, task_id=TaskId("")) != wanted:
            message = "runs there with another command or other resources: say the same, or choose another executor_id"
            return Refusal(Reason.INVALID_TASK, f"executor {wanted.executor_id} {message}")
        return (replace(info, executor=running.info.executor),)
    # The first task names the process, as a task id is used once.
    task_id = TaskId(f"{wanted.executor_id}.{info.task_id}")
    if len(task_id) > LONGEST_ID:
        return Refusal(Reason.INVALID_TASK, f"executor_id and task_id have together more than {LONGEST_ID} characters")
    own = replace(wanted, task_id=task_id)
    itself = TaskInfo(
        task_id,
        wanted.executor_id,
        wanted.resources,
        wanted.command,
        kill_grace_ms=GRACE_MS,
        reservation_id=info.reservation_id,
        executor=own,
    )
    return itself, replace(info, executor=own)


def find(agent: Agent, framework_id: FrameworkId, executor_id: ExecutorId) -> Task | None:
    """The one of this name on the agent, the latest where one ends and another is there already."""
    found = [task for task in _of(agent, framework_id) if task.info.executor and _id(task) == executor_id]
    return next((task for task in found if not task.ending), found[-1] if found else None)


def to_executor(cluster: Cluster, framework: Framework, event: FrameworkMessage) -> None:
    agent = cluster.agents.get(event.agent_id)
    if agent is None or not agent.connected:
        problem = f"agent {event.agent_id} is not connected"
    elif find(agent, framework.framework_id, event.executor_id) is None:
        problem = f"no executor {event.executor_id} of this framework is on agent {event.agent_id}"
    else:
        message = ToExecutor(framework.framework_id, event.executor_id, event.data)
        cluster.to_agent(agent, message, f"said by {framework.info.name}")
        return
    cluster.to_framework(
        framework, Error(f"the message for executor {event.executor_id} is dropped: {problem}"), problem
    )


def to_scheduler(cluster: Cluster, agent: Agent, event: AgentMessage) -> None:
    """Best effort: one whose framework is away is dropped, and so is one of an executor nobody knows."""
    framework = cluster.frameworks.get(event.framework_id)
    if framework is not None and find(agent, event.framework_id, event.executor_id) is not None:
        message = FromExecutor(agent.info.agent_id, event.executor_id, event.data)
        cluster.to_framework(framework, message, f"said by executor {event.executor_id}")


def _of(agent: Agent, framework_id: FrameworkId) -> Iterator[Task]:
    return (task for task in agent.tasks.values() if task.framework_id == framework_id and task.info.is_executor)


def _id(task: Task) -> ExecutorId:
    return ExecutorId("") if task.info.executor is None else task.info.executor.executor_id
