"""From how a task's process ended to the status that says so."""

from dataclasses import dataclass

from barter.agent.executor.events import Ended
from barter.core.task_state import TaskState
from barter.core.tasks import UNLIMITED, Reason, TaskInfo
from barter.core.units import format_bytes

UNWATCHED = "ended while nobody watched; exit status unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    state: TaskState
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a task is being killed."""

    reason: Reason
    message: str


def outcome(task: TaskInfo, ended: Ended, cause: Cause | None) -> Outcome:
    """What to say of `task`; a `cause` wins over how the process took it."""
    if cause is not None:
        return Outcome(TaskState.KILLED, cause.reason, f"{cause.message}; {_how(ended)}")
    if ended.out_of_memory:
        return Outcome(TaskState.FAILED, Reason.MEMORY_LIMIT, f"needed more memory than {_memory_limit(task)}")
    if ended.disk_full:
        message = f"{_how(ended)}; the disk of its sandbox was full: free space on the agent, or have it write less"
        return Outcome(TaskState.FAILED, Reason.DISK_FULL, message)
    state = TaskState.FINISHED if ended.exit_code == 0 else TaskState.FAILED
    return Outcome(state, Reason.COMMAND_EXITED, _how(ended))


def _memory_limit(task: TaskInfo) -> str:
    own = task.resources.scalars.get("mem", 0)
    limit = own if task.limits is None or task.limits.mem is None else task.limits.mem
    return "the machine has to spare" if limit == UNLIMITED else f"its limit of {format_bytes(limit)}"


def _how(ended: Ended) -> str:
    if ended.exit_code is None:
        return UNWATCHED
    if ended.signal:
        return f"ended by {ended.signal}"
    return f"exited with status {ended.exit_code}"
