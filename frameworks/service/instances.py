"""One instance of an app or a pod: a task, or the tasks of a group, as far as this framework knows."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from barter.core.task_state import TERMINAL, TaskState
from barter.core.tasks import CheckResult
from barter.frameworks.service.app import Unreachable
from barter.frameworks.service.backoff import PROVEN_MS
from barter.frameworks.service.health_history import HealthHistory
from barter.frameworks.service.members import Member, MemberState, in_order, overall_health, overall_state
from barter.sdk import Reason, TaskStatus


@dataclass(frozen=True, slots=True)
class Placed:
    """What is decided at launch and kept in the store: `version` is the app's then, `checked` whether its health is,
    `readiness_checked` whether its readiness is.

    `unwanted` says why it is to end, `inverse_offer` names that by which its agent is to be given up. `members` are the
    containers of a pod's instance, whose tasks they are; an app's has none, and is itself the task.
    A resident app's has a `place` on its agent, kept after its end. `zone` and `region` are the agent's.
    """

    task_id: str
    app_id: str
    version: int
    agent_id: str
    hostname: str
    host: str
    host_ports: tuple[int, ...]
    launched_ms: int
    checked: bool
    unwanted: str = ""
    inverse_offer: str = ""
    readiness_checked: bool = False
    members: tuple[Member, ...] = ()
    place: str = ""
    zone: str = ""
    region: str = ""


@dataclass(slots=True)
class Instance:
    """`record` is the store key it is kept under; `kill_reason` is set once it is to end.

    `adopted`: taken over from the store by a new process that has not heard of it yet. Where its agent is to be given
    up, that counts until `going_until`, unless the master says so again; for as long as it stands where that is None.
    `awaits_edges`: it serves, but the edges do not have it yet; it counts in any case from `edges_due` on (0: they have
    had it). From `drained_due` on it is killed although connections are left.
    `since_ms` is when its state or health last changed. `blamed`: its end has been counted against its app.
    """

    placed: Placed
    record: str
    state: TaskState = TaskState.STAGING
    healthy: bool | None = None
    told_ready: bool | None = None
    address: str = ""
    started_ms: int = 0
    lost_ms: int | None = None
    kill_reason: str = ""
    kill_due: int = 0
    confirm_due: int = 0
    was_healthy: bool = False
    adopted: bool = False
    going_until: int | None = None
    message: str = ""
    check: CheckResult | None = None
    since_ms: int = 0
    blamed: bool = False
    awaits_edges: bool = False
    edges_due: int | None = None
    drained_due: int | None = None
    members: dict[str, MemberState] = field(default_factory=dict)
    health: HealthHistory | None = None

    def __post_init__(self) -> None:
        self.since_ms = self.since_ms or self.placed.launched_ms
        self.members = {one.task_id: MemberState(one, self.since_ms) for one in self.placed.members}

    @property
    def task_id(self) -> str:
        """Its id; for a pod's instance no task has it, but `tasks` do."""
        return self.placed.task_id

    @property
    def tasks(self) -> tuple[str, ...]:
        return tuple(self.members) or (self.placed.task_id,)

    def living_tasks(self) -> tuple[str, ...]:
        return tuple(task_id for task_id, one in self.members.items() if not one.ended) or self.tasks

    def silent_tasks(self) -> Iterator[str]:
        """Those without a status so far, and those out of reach."""
        if not self.members and self.state in _SILENT:
            yield self.placed.task_id
        yield from (task_id for task_id, one in self.members.items() if one.state in _SILENT)

    @property
    def ended(self) -> bool:
        return self.state in TERMINAL

    @property
    def running(self) -> bool:
        return self.state is TaskState.RUNNING

    @property
    def going(self) -> bool:
        """Whether its agent is to be given up, so that another is to take its place."""
        return bool(self.placed.inverse_offer)

    @property
    def ready(self) -> bool:
        """Whether it counts as healthy capacity: running, healthy and ready where that is checked, in the edges where
        they serve its app, and not about to end."""
        healthy = self.healthy is True or not self.placed.checked
        return self.running and not self.kill_reason and healthy and self.checked_ready and not self.awaits_edges

    @property
    def drains(self) -> bool:
        """Whether it is to end once the edges have no connections to it any more."""
        return bool(self.kill_reason) and self.drained_due is not None and self.running

    @property
    def checked_ready(self) -> bool:
        """Ready where that is checked."""
        return self.told_ready is True or not self.placed.readiness_checked

    def out_of_reach(self, strategy: Unreachable | None, now: int) -> bool:
        """Whether its place is to be filled by another; never without a strategy: it may run still."""
        if self.lost_ms is None or strategy is None:
            return False
        return bool(self.kill_reason) or now >= self.lost_ms + strategy.inactive_ms

    def proven(self, now: int) -> bool:
        """Whether it worked, so that its end says nothing of the next one."""
        lasted = self.started_ms > 0 and now >= self.started_ms + PROVEN_MS
        return lasted and (self.was_healthy or not self.placed.checked)

    def apply(self, status: TaskStatus, now: int) -> bool:
        """Take over a status; False where it is out of order and changes nothing."""
        before = (self.state, self.healthy)
        applied = self._apply_to_member(status, now) if self.members else self._apply(status, now)
        if before != (self.state, self.healthy):
            self.since_ms = now
        if self.healthy is not before[1]:
            self.health = self.health or HealthHistory()
            self.health.note(self.healthy, status.message, now)
        return applied

    def _apply_to_member(self, status: TaskStatus, now: int) -> bool:
        member = self.members.get(status.task_id)
        if member is None or not member.take(status, now):
            return False
        parts = self.members.values()
        self.state, self.healthy = overall_state(parts), overall_health(parts)
        lost = any(one.state is TaskState.UNREACHABLE for one in parts)
        self.lost_ms = (self.lost_ms if self.lost_ms is not None else now) if lost else None
        if self.running:
            self.started_ms = self.started_ms or now
            self.was_healthy = self.was_healthy or self.healthy is True
        self.address = status.address or self.address
        self.message = status.message
        self.adopted = self.adopted and not all(one.heard for one in parts)
        return True

    def _apply(self, status: TaskStatus, now: int) -> bool:
        if not in_order(self.state, status.state):
            return False
        if self.lost_ms is not None and status.state is not TaskState.UNREACHABLE:
            self.lost_ms = None
        if status.state is TaskState.UNREACHABLE and self.lost_ms is None:
            self.lost_ms = now
        if status.state is TaskState.RUNNING:
            self.started_ms = self.started_ms or now
            self.healthy = status.healthy if status.healthy is not None else self.healthy
            self.told_ready = status.ready if status.ready is not None else self.told_ready
            self.address = status.address or self.address
            self.check = status.check or self.check
            self.was_healthy = self.was_healthy or self.healthy is True
        self.state, self.message, self.adopted = status.state, status.message, False
        return True


_SILENT = (TaskState.STAGING, TaskState.UNREACHABLE)
_NOT_THE_APPS_FAULT = frozenset({Reason.INVALID_OFFERS, Reason.MASTER_DISCONNECTED, Reason.AGENT_STOPPED})


def is_failure(status: TaskStatus) -> bool:
    """Whether an end nobody here asked for is to be counted against the app."""
    if status.reason is Reason.KILLED_BY_HEALTH_CHECK:
        return True
    if status.reason in _NOT_THE_APPS_FAULT or status.state not in TERMINAL:
        return False
    return status.state not in (TaskState.KILLED, TaskState.GONE, TaskState.GONE_BY_OPERATOR)
