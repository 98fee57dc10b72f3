"""What was seen of a world while it lived: all that the checks judge by. Times are real milliseconds since 1970."""

import time
from dataclasses import dataclass, field

from barter.core.task_state import TERMINAL, TaskState
from tests.campaign.tasks import Spec


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Heard:
    """A status as the master first heard it."""

    at_ms: int
    uuid: str
    state: TaskState
    reason: str
    exit_code: int | None
    timestamp_ms: int
    message: str

    @property
    def terminal(self) -> bool:
        return self.state in TERMINAL

    def __str__(self) -> str:
        code = "" if self.exit_code is None else f" {self.exit_code}"
        return f"{self.state.removeprefix('TASK_')}{code}" + (f" {self.reason}" if self.reason else "")


@dataclass(slots=True)
class Told:
    """One task: what the master ordered and heard. `listed` once the agent has said that it has it."""

    spec: Spec
    ordered_ms: list[int] = field(default_factory=list)
    kills_ms: list[int] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    listed: bool = False
    repeated_after_end: bool = False

    @property
    def state(self) -> TaskState | None:
        return self.heard[-1].state if self.heard else None

    @property
    def ended(self) -> bool:
        return any(each.terminal for each in self.heard)

    @property
    def known(self) -> bool:
        """Whether the agent has answered for it."""
        return self.listed or bool(self.heard)


@dataclass(frozen=True, slots=True)
class Marks:
    """What the task itself wrote down: how often it started, and what it said that it exits with."""

    starts: int
    started_ms: int
    code: int | None
    ended_ms: int


@dataclass(frozen=True, slots=True)
class Window:
    """`to_ms` 0 while it lasts."""

    what: str
    from_ms: int
    to_ms: int


@dataclass(slots=True)
class Record:
    """`clock_offsets` are all that the clock was off by; `problems` what was wrong as it happened."""

    tasks: dict[str, Told] = field(default_factory=dict)
    windows: list[Window] = field(default_factory=list)
    clock_offsets: list[int] = field(default_factory=lambda: [0])
    problems: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    began_ms: int = field(default_factory=now_ms)

    def tell(self, text: str) -> None:
        self.story.append(f"{(now_ms() - self.began_ms) / 1000:7.3f} s  {text}")

    def during(self, what: str, from_ms: int, to_ms: int, slack_ms: int = 0) -> bool:
        """Whether a window of `what` overlaps that time."""
        return any(
            window.what == what
            and window.from_ms - slack_ms <= to_ms
            and (window.to_ms == 0 or window.to_ms + slack_ms >= from_ms)
            for window in self.windows
        )
