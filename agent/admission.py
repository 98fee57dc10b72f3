"""Whether a task may run here: never more than the machine has, whatever the master says."""

from typing import NamedTuple

from barter.agent.book import Book
from barter.agent.executor import protocol as executor_protocol
from barter.core import ranges as rng
from barter.core.cluster import AgentInfo
from barter.core.container_rules import container_problem
from barter.core.ids import FrameworkId, check_id
from barter.core.resources import Resources
from barter.core.shared_folders import mounts_problem
from barter.core.task_state import TaskState
from barter.core.tasks import Network, Reason, TaskInfo

DOCKER, PROCESS = "docker", "process"


class Refusal(NamedTuple):
    """TASK_ERROR: it can run nowhere as it is. TASK_DROPPED: it cannot run here now."""

    state: TaskState
    reason: Reason
    message: str


def judge(task: TaskInfo, info: AgentInfo, book: Book, slack: Resources) -> Refusal | None:
    """Why `task` is refused beside what live tasks hold already; None when it may run. `slack` is what is lent."""
    if problem := invalid(task):
        return Refusal(TaskState.ERROR, Reason.INVALID_TASK, problem)
    runtime = PROCESS if task.container is None else DOCKER
    if runtime not in info.runtimes:
        has = ", ".join(info.runtimes) or "none"
        return Refusal(
            TaskState.DROPPED, Reason.RUNTIME_MISSING, f"it needs the {runtime} runtime; {info.hostname} has: {has}"
        )
    if task.container is not None and 0 < info.max_containers <= book.containers:
        message = f"{info.hostname} runs {book.containers} containers, its most is {info.max_containers}"
        return Refusal(TaskState.DROPPED, Reason.CONTAINER_LIMIT, message)
    if short := book.usage.shortfalls(info.resources, task.resources.without(task.revocable)):
        message = f"{info.hostname} does not have what it needs: {'; '.join(short)}"
        return Refusal(TaskState.DROPPED, Reason.INSUFFICIENT_RESOURCES, message)
    if short := book.revocable.shortfalls(slack, task.revocable):
        message = f"other tasks of {info.hostname} use by now what they lent: {'; '.join(short)}"
        return Refusal(TaskState.DROPPED, Reason.INSUFFICIENT_RESOURCES, message)
    return None


def unreachable(framework_id: FrameworkId, task: TaskInfo, book: Book, protocol: int) -> Refusal | None:
    """Why nobody here would run `task`; `protocol` is that of the agent's own executor."""
    if task.executor is None or task.is_executor:
        problem = executor_protocol.refusal(task, protocol)
        return Refusal(TaskState.DROPPED, Reason.RUNTIME_MISSING, problem) if problem else None
    entry = book.find(framework_id, task.executor.task_id)
    if entry is not None and entry.live and entry.status.state is not TaskState.KILLING:
        return None
    message = f"its executor {task.executor.executor_id} has ended, or could not start: launch it anew"
    return Refusal(TaskState.DROPPED, Reason.EXECUTOR_FAILED, message)


def invalid(task: TaskInfo) -> str:
    """What is wrong with the task by itself; empty when nothing is."""
    if task.executor is not None and not task.executor.task_id:
        return "executor.task_id is empty: the master fills it in"
    nothing = task.container is None and not task.command.shell and not task.command.argv
    if nothing and (task.executor is None or task.is_executor):
        return "it has neither a command nor a container image: nothing to run"
    if task.command.shell and task.command.argv:
        return "command.shell and command.argv are both set: say one"
    if task.revocable not in task.resources:
        return f"revocable: {task.revocable} is not among its resources ({task.resources})"
    if problem := _mounts(task) or container_problem(task):
        return problem
    if task.container is not None and task.container.network is Network.OWN:
        # Its ports are of an address of its own.
        return ""
    wanted = [(f"ports.{port.name}", port.number) for port in task.ports]
    if task.container is not None:
        wanted += [("container.port_mappings.host_port", m.host_port) for m in task.container.port_mappings]
    held = task.resources.ports
    for field, number in wanted:
        if not rng.contains(held, ((number, number),)):
            return f"{field}: {number} is not among the ports of its resources ({rng.render(held) or 'none'})"
    return ""


def _mounts(task: TaskInfo) -> str:
    """A volume's id, and the name of what is shared, name a folder here."""
    try:
        for mount in task.volumes:
            check_id("volume id", mount.volume_id)
        for each in task.shared:
            check_id("shared folder", each.name)
            check_id("task id", each.task_id)
    except ValueError as error:
        return str(error)
    return mounts_problem(task)
