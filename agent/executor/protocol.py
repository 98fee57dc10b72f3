"""What an agent and an executor of another version can tell each other.

Messages and fields that one side does not know it ignores. What must not be ignored is not sent to a lower protocol:
an agent refuses a task that its executor would only half understand, and an executor says it in older words beside.
"""

from barter.core.tasks import CheckKind, Container, HealthCheck, Network, Reason, TaskInfo

PROTOCOL = 3
"""1: before there were groups, readiness, framework executors and this number.

2: before there were status checks, limits and shared folders.
"""

_OLDER_REASONS = {
    Reason.IMAGE_NOT_FOUND: Reason.IMAGE_FAILED,
    Reason.IMAGE_UNAUTHORIZED: Reason.IMAGE_FAILED,
    Reason.IMAGE_UNREACHABLE: Reason.IMAGE_FAILED,
    Reason.FETCH_FAILED: Reason.LAUNCH_FAILED,
    Reason.CONTAINER_LIMIT: Reason.LAUNCH_FAILED,
    Reason.DISK_FULL: Reason.COMMAND_EXITED,
    Reason.GROUP_ENDED: Reason.KILLED_BY_FRAMEWORK,
    Reason.EXECUTOR_FAILED: Reason.EXECUTOR_LOST,
    Reason.READINESS_CHECK: Reason.HEALTH_CHECK,
    Reason.STATUS_CHECK: Reason.HEALTH_CHECK,
}
_FIRST_REASONS = frozenset(
    {
        Reason.AGENT_DRAINING,
        Reason.AGENT_FORGOT,
        Reason.AGENT_GONE,
        Reason.AGENT_STOPPED,
        Reason.AGENT_UNREACHABLE,
        Reason.COMMAND_EXITED,
        Reason.DUPLICATE_TASK_ID,
        Reason.EXECUTOR_LOST,
        Reason.FRAMEWORK_REMOVED,
        Reason.HEALTH_CHECK,
        Reason.IMAGE_FAILED,
        Reason.INSUFFICIENT_RESOURCES,
        Reason.INVALID_OFFERS,
        Reason.INVALID_TASK,
        Reason.KILLED_BY_FRAMEWORK,
        Reason.KILLED_BY_HEALTH_CHECK,
        Reason.LAUNCH_FAILED,
        Reason.MASTER_DISCONNECTED,
        Reason.MEMORY_LIMIT,
        Reason.PREEMPTED,
        Reason.RECONCILIATION,
        Reason.RUNTIME_MISSING,
        Reason.VOLUME_UNUSABLE,
    }
)
_PLAIN_CONTAINER = Container("")
_OLDER_NETWORKS = (Network.HOST, Network.BRIDGE, Network.NONE)
_OLDER_CHECKS = (CheckKind.HTTP, CheckKind.TCP, CheckKind.COMMAND)


def older_reason(reason: Reason) -> Reason:
    """What is said to an agent of protocol 1, which drops a status whose reason it does not know."""
    return reason if reason in _FIRST_REASONS else _OLDER_REASONS.get(reason, Reason.NONE)


def beyond(task: TaskInfo, protocol: int) -> str:
    """What of `task` an executor of this protocol cannot do; empty when it can do all."""
    if protocol >= PROTOCOL:
        return ""
    if len(task.health_checks) > 1:
        return "run several health checks"
    if task.status_check is not None:
        return "run a check without effect"
    if task.limits is not None:
        return "let a task use more than it has"
    if task.shared:
        return "share folders in a group"
    return "" if protocol >= 2 else _beyond_first(task)


def _beyond_first(task: TaskInfo) -> str:
    if task.group_id:
        return "run task groups"
    if task.artifacts:
        return "fetch artifacts"
    if task.readiness_check is not None:
        return "check readiness"
    if task.command.user or task.command.rlimits:
        return "set a task's user or limits"
    if not all(map(_older_check, task.health_checks)):
        return "check health in this way"
    if task.container is not None and not _older_container(task.container):
        return "make such a container"
    return ""


def refusal(task: TaskInfo, protocol: int) -> str:
    """The same as a sentence."""
    missing = beyond(task, protocol)
    if not missing:
        return ""
    return f"the executor of an earlier version cannot {missing}; it is replaced once its tasks have ended"


def _older_check(check: HealthCheck) -> bool:
    return check.kind in _OLDER_CHECKS and not check.delay_ms


def _older_container(container: Container) -> bool:
    """Whether all that is new is left as it is by itself."""
    new = ("entrypoint", "network_name", "tmpfs", "capabilities", "devices", "log_driver", "log_options", "shm_size")
    usual = all(getattr(container, name) == getattr(_PLAIN_CONTAINER, name) for name in (*new, "init"))
    return usual and container.network in _OLDER_NETWORKS and not any(volume.name for volume in container.volumes)
