"""The containers of a pod's instance: each is a task of its own, and together they are the instance."""

from collections.abc import Collection
from dataclasses import dataclass

from barter.core.task_state import TERMINAL, TRANSITIONS, TaskState
from barter.sdk import Reason, TaskStatus


@dataclass(frozen=True, slots=True)
class Member:
    """What is decided at launch: the container's `name`, its task, its ports, and whether its health is checked."""

    name: str
    task_id: str
    host_ports: tuple[int, ...] = ()
    checked: bool = False


@dataclass(slots=True)
class MemberState:
    """`since_ms` is when `state` or `healthy` last changed; `heard`: this process had a status of it."""

    member: Member
    since_ms: int
    state: TaskState = TaskState.STAGING
    healthy: bool | None = None
    address: str = ""
    started_ms: int = 0
    message: str = ""
    reason: Reason = Reason.NONE
    exit_code: int | None = None
    heard: bool = False

    @property
    def ended(self) -> bool:
        return self.state in TERMINAL

    def take(self, status: TaskStatus, now: int) -> bool:
        """Take over a status; False where it is out of order and changes nothing."""
        if not in_order(self.state, status.state):
            return False
        before = (self.state, self.healthy)
        if status.state is TaskState.RUNNING:
            self.started_ms = self.started_ms or now
            self.healthy = status.healthy if status.healthy is not None else self.healthy
            self.address = status.address or self.address
        self.state, self.message, self.heard = status.state, status.message, True
        self.reason, self.exit_code = status.reason, status.exit_code
        self.since_ms = self.since_ms if before == (self.state, self.healthy) else now
        return True


@dataclass(frozen=True, slots=True)
class Termination:
    """How an instance of a pod ended."""

    instance_id: str
    started_ms: int
    ended_ms: int
    message: str
    containers: tuple[MemberState, ...]


def in_order(before: TaskState, after: TaskState) -> bool:
    """Whether a status may come after that state, or say it again; one that says nothing may not."""
    return after is not TaskState.UNKNOWN and (after is before or after in TRANSITIONS[before])


def overall_state(members: Collection[MemberState]) -> TaskState:
    """That of the instance: it runs when all of them run, and has ended when all have, as the first to blame did."""
    states = {one.state for one in members}
    if states <= TERMINAL:
        return first_to_blame(members).state
    for state in (TaskState.UNREACHABLE, TaskState.KILLING):
        if state in states:
            return state
    if states & TERMINAL:
        return TaskState.KILLING
    order = (TaskState.STAGING, TaskState.STARTING, TaskState.RUNNING)
    return next(state for state in order if state in states)


def overall_health(members: Collection[MemberState]) -> bool | None:
    """Of those that are checked: healthy when all are, unhealthy when one is; None when too little is known."""
    found = [one.healthy for one in members if one.member.checked]
    if False in found:
        return False
    return True if found and None not in found else None


def first_to_blame(members: Collection[MemberState]) -> MemberState:
    """Of ended ones that which did not end only because it was told to, or another of its group did."""

    def blameless(one: MemberState) -> tuple[bool, bool, int]:
        return (one.reason is Reason.GROUP_ENDED, one.state is TaskState.KILLED, one.since_ms)

    return min(members, key=blameless)
