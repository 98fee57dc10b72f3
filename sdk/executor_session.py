"""An executor's session with its agent as a pure machine: what it holds, what is not recorded yet, when to connect."""

from collections import deque
from dataclasses import dataclass, field

from barter.core.ids import AgentId, TaskId
from barter.core.machine import Tick, earliest
from barter.core.task_state import TERMINAL, TRANSITIONS, TaskState
from barter.core.tasks import Reason, Source, TaskInfo, TaskStatus

PROTOCOL = 2
FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 100, 2_000
LAST_WORDS_MS = 2_000
RECOVERY_MS = 900_000
SAYABLE = TERMINAL - {TaskState.GONE, TaskState.GONE_BY_OPERATOR} | {
    TaskState.STARTING,
    TaskState.RUNNING,
    TaskState.KILLING,
}


@dataclass(frozen=True, slots=True)
class Reported:
    """`sequence` 0: nothing new."""

    status: TaskStatus
    sequence: int


# Events.


@dataclass(frozen=True, slots=True)
class Opened:
    """The stream of the last Connect is open."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Once for each Connect, whatever came of it."""


@dataclass(frozen=True, slots=True)
class Welcome:
    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class Launch:
    task: TaskInfo
    sandbox: str


@dataclass(frozen=True, slots=True)
class Kill:
    """`grace_ms` less than 0: the task's own."""

    task_id: TaskId
    grace_ms: int


@dataclass(frozen=True, slots=True)
class Recorded:
    sequence: int


@dataclass(frozen=True, slots=True)
class Message:
    data: bytes


@dataclass(frozen=True, slots=True)
class Shutdown:
    """The agent or the system wants it to end within so long."""

    grace_ms: int


@dataclass(frozen=True, slots=True)
class Say:
    """Of a task, by the executor's own doing."""

    task_id: TaskId
    state: TaskState
    message: str = ""
    exit_code: int | None = None
    healthy: bool | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    pass


Event = Opened | Lost | Welcome | Launch | Kill | Recorded | Message | Shutdown | Say | Stop


# Actions.


@dataclass(frozen=True, slots=True)
class Connect:
    pass


@dataclass(frozen=True, slots=True)
class SendHello:
    tasks: tuple[Reported, ...]
    statuses: tuple[Reported, ...]


@dataclass(frozen=True, slots=True)
class SendStatus:
    reported: Reported


@dataclass(frozen=True, slots=True)
class Registered:
    pass


@dataclass(frozen=True, slots=True)
class Reregistered:
    pass


@dataclass(frozen=True, slots=True)
class Disconnected:
    pass


@dataclass(frozen=True, slots=True)
class Exit:
    reason: str


Callback = Registered | Reregistered | Disconnected | Launch | Kill | Message | Shutdown
Action = Connect | SendHello | SendStatus | Exit | Callback


@dataclass(slots=True)
class _Held:
    """From its launch until its end is recorded."""

    task: TaskInfo
    last: Reported


@dataclass(slots=True)
class ExecutorSession:
    """`step` never raises; what concerns a task that is not held changes nothing."""

    agent_id: AgentId = AgentId("")
    connected: bool = False
    _dialling: bool = False
    _known: bool = False
    _retry_ms: int = 0
    _pause_ms: int = FIRST_PAUSE_MS
    _away_ms: int | None = None
    _end_ms: int | None = None
    _flushing: bool = False
    _sequence: int = 0
    _held: dict[TaskId, _Held] = field(default_factory=dict)
    _waiting: deque[Reported] = field(default_factory=deque)

    def next_wakeup(self) -> int | None:
        retry = None if self.connected or self._dialling else self._retry_ms
        lost = None if self._away_ms is None else self._away_ms + RECOVERY_MS
        return earliest(retry, self._end_ms, lost if self._end_ms is None else None)

    def step(self, event: Event | Tick, now: int) -> list[Action]:
        actions = self._apply(event, now)
        if self._end_ms is not None and (self._done() or now >= self._end_ms):
            actions.append(Exit("told to end"))
        return actions

    def _done(self) -> bool:
        return not self._waiting and (self._flushing or not self._held)

    def _apply(self, event: Event | Tick, now: int) -> list[Action]:
        match event:
            case Tick():
                return self._tick(now)
            case Say():
                return self._say(event, now)
            case Launch():
                return self._launch(event, now)
            case Kill():
                held = self._held.get(event.task_id)
                if held is None or held.last.status.terminal:
                    return []
                grace_ms = held.task.kill_grace_ms if event.grace_ms < 0 else event.grace_ms
                return [Kill(event.task_id, grace_ms)]
            case Recorded():
                self._recorded(event.sequence)
            case Message() if self._end_ms is None:
                return [event]
            case Opened() if self._dialling:
                tasks = tuple(each.last for each in self._held.values())
                return [SendHello(tasks, tuple(self._waiting))]
            case Welcome():
                return self._welcome(event)
            case Lost() if self._dialling:
                return self._lost(now)
            case Shutdown():
                return self._shutdown(event, now)
            case Stop():
                self._flushing = True
                self._end_ms = now + LAST_WORDS_MS if self._end_ms is None else min(self._end_ms, now + LAST_WORDS_MS)
        return []

    def _tick(self, now: int) -> list[Action]:
        if self._away_ms is not None and now >= self._away_ms + RECOVERY_MS and self._end_ms is None:
            return self._shutdown(Shutdown(LAST_WORDS_MS), now)
        if not self._dialling and now >= self._retry_ms:
            self._dialling = True
            return [Connect()]
        return []

    def _welcome(self, event: Welcome) -> list[Action]:
        if self.connected:
            return []
        self.connected, self.agent_id = True, event.agent_id
        self._pause_ms, self._away_ms = FIRST_PAUSE_MS, None
        known, self._known = self._known, True
        return [Reregistered() if known else Registered()]

    def _lost(self, now: int) -> list[Action]:
        """Of the link, whether it ever stood or not."""
        was, self.connected, self._dialling = self.connected, False, False
        self._retry_ms = now + self._pause_ms
        self._pause_ms = min(self._pause_ms * 2, LONGEST_PAUSE_MS)
        if self._away_ms is None:
            self._away_ms = now
        return [Disconnected()] if was else []

    def _launch(self, event: Launch, now: int) -> list[Action]:
        if event.task.task_id in self._held:
            return []
        status = TaskStatus(event.task.task_id, TaskState.STAGING, Source.EXECUTOR, now)
        self._held[event.task.task_id] = _Held(event.task, Reported(status, 0))
        if self._end_ms is not None:
            return self._say(Say(event.task.task_id, TaskState.DROPPED, "its executor is ending"), now)
        return [event]

    def _say(self, event: Say, now: int) -> list[Action]:
        held = self._held.get(event.task_id)
        if held is None or event.state not in SAYABLE or event.state not in TRANSITIONS[held.last.status.state]:
            return []
        self._sequence += 1
        reason = Reason.COMMAND_EXITED if event.state in (TaskState.FINISHED, TaskState.FAILED) else Reason.NONE
        status = TaskStatus(
            event.task_id,
            event.state,
            Source.EXECUTOR,
            now,
            reason=reason,
            message=event.message,
            healthy=event.healthy,
            exit_code=event.exit_code,
        )
        held.last = Reported(status, self._sequence)
        self._waiting.append(held.last)
        return [SendStatus(held.last)] if self.connected else []

    def _recorded(self, sequence: int) -> None:
        while self._waiting and self._waiting[0].sequence <= sequence:
            status = self._waiting.popleft().status
            if status.terminal:
                self._held.pop(status.task_id, None)

    def _shutdown(self, event: Shutdown, now: int) -> list[Action]:
        if self._end_ms is not None:
            return []
        self._end_ms = now + event.grace_ms
        return [event]
