"""What was seen of a cluster from the outside while it lived: all that the checks judge by. Times are milliseconds
since 1970."""

import time
from dataclasses import dataclass, field
from enum import Enum


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Obeyed:
    """A master's order that had an effect at an agent; `master` is where that agent was connected to."""

    at_ms: int
    agent: str
    epoch: int
    master: str
    kind: str


@dataclass(frozen=True, slots=True)
class Told:
    """A status as the framework heard it."""

    at_ms: int
    task: str
    agent: str
    state: str
    reason: str


class Outcome(Enum):
    ACKNOWLEDGED = "acknowledged"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Write:
    """Of one key by its only writer, one after the other. Nothing is known of one that was not acknowledged."""

    key: str
    value: str
    outcome: Outcome
    began_ms: int
    ended_ms: int


@dataclass(frozen=True, slots=True)
class Read:
    key: str
    value: str
    began_ms: int
    ended_ms: int


@dataclass(frozen=True, slots=True)
class Started:
    """What a task wrote down when it started, once for each start."""

    task: str
    pid: int


@dataclass(frozen=True, slots=True)
class Process:
    """`since` tells a process from another that has its pid later; empty where there is none."""

    pid: int
    since: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """A master took an agent for unreachable, or removed it."""

    at_ms: int
    master: str
    agent: str
    kind: str


@dataclass(frozen=True, slots=True)
class Silenced:
    """A fault kept this agent (every agent where empty) and its master apart. `to_ms` 0 while it lasts."""

    agent: str
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Exited:
    """A part that ended: `asked` by which signal of ours, if any."""

    at_ms: int
    part: str
    code: int
    asked: str
    last_line: str


@dataclass(frozen=True, slots=True)
class Settled:
    """How long all took after the last fault of a round was over; less than 0 where it never did."""

    round: int
    faults: tuple[str, ...]
    took_ms: int
    missing: str = ""


@dataclass(slots=True)
class Record:
    """`busy_ms` is the longest that the campaign's own loop, and the proxies in it, were held up; what comes after
    `over_ms` is the cluster's end. `stood_still`: how often ZooKeeper did, without a fault; `zookeeper_lost`: what it
    had committed, and has no more."""

    obeyed: list[Obeyed] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    final: dict[str, str] = field(default_factory=dict)
    started: list[Started] = field(default_factory=list)
    passing: list[Started] = field(default_factory=list)
    first: dict[int, Process] = field(default_factory=dict)
    last: dict[int, Process] = field(default_factory=dict)
    alarms: list[Alarm] = field(default_factory=list)
    silenced: list[Silenced] = field(default_factory=list)
    exits: list[Exited] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    busy_ms: int = 0
    over_ms: int = 0
    stood_still: int = 0
    zookeeper_lost: tuple[int, ...] = ()
    began_ms: int = field(default_factory=now_ms)

    def tell(self, text: str) -> None:
        self.story.append(f"{(now_ms() - self.began_ms) / 1000:8.3f} s  {text}")

    def silence(self, agent: str) -> int:
        """Begins; returns what `hear` takes."""
        self.silenced.append(Silenced(agent, now_ms(), 0))
        return len(self.silenced) - 1

    def hear(self, number: int) -> None:
        before = self.silenced[number]
        self.silenced[number] = Silenced(before.agent, before.from_ms, now_ms())
