"""Keeps a cluster's daemons running, and ends them in order: frameworks, agents with tasks, masters, ZooKeeper."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from barter.core.machine import Tick
from barter.tools.dev.plan import Kind

FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS, STEADY_MS = 500, 8_000, 10_000


class Stage(IntEnum):
    """Where the cluster is on its way from running to gone."""

    RUNNING = 0
    SERVICES = 1
    FRAMEWORKS = 2
    AGENTS = 3
    MASTER = 4
    ZOOKEEPER = 5
    SWEEP = 6
    GONE = 7


# How long a stage may take before its daemons are killed.
_BOUNDS_MS = {
    Stage.SERVICES: 8_000,
    Stage.FRAMEWORKS: 5_000,
    Stage.AGENTS: 15_000,
    Stage.MASTER: 5_000,
    Stage.ZOOKEEPER: 5_000,
}
_OF_STAGE = {
    Stage.SERVICES: Kind.SERVICE,
    Stage.AGENTS: Kind.AGENT,
    Stage.MASTER: Kind.MASTER,
    Stage.ZOOKEEPER: Kind.ZOOKEEPER,
}


@dataclass(frozen=True, slots=True)
class Begin:
    """Start everything."""


@dataclass(frozen=True, slots=True)
class Exited:
    name: str
    how: str


@dataclass(frozen=True, slots=True)
class StopAsked:
    """Ctrl-C, SIGTERM; the second one hurries."""


@dataclass(frozen=True, slots=True)
class FrameworksGone:
    """No framework is left at the master, or asking it to tear them down has failed."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What outlived its daemon has been ended."""


Event = Begin | Exited | StopAsked | FrameworksGone | Swept


@dataclass(frozen=True, slots=True)
class Launch:
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """Tell the user that a daemon died, with the end of its log."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class End:
    """Ask a daemon to end; `force` leaves it no choice."""

    name: str
    force: bool
    reason: str


@dataclass(frozen=True, slots=True)
class TearDownFrameworks:
    reason: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """End what is left of the cluster outside its daemons: executors, tasks, HAProxy, containers."""

    reason: str


@dataclass(frozen=True, slots=True)
class Finish:
    reason: str


Action = Launch | Report | End | TearDownFrameworks | Sweep | Finish


@dataclass(slots=True)
class _Daemon:
    kind: Kind
    alive: bool = False
    started: int = 0
    backoff_ms: int = FIRST_BACKOFF_MS
    restart_at: int | None = None


@dataclass(slots=True)
class Supervisor:
    """`kinds` in the order to start them; with `keeps` the frameworks and their state outlive the cluster."""

    kinds: Mapping[str, Kind]
    keeps: bool = False
    stage: Stage = Stage.RUNNING
    _daemons: dict[str, _Daemon] = field(init=False)
    _deadline: int | None = None

    def __post_init__(self) -> None:
        self._daemons = {name: _Daemon(kind) for name, kind in self.kinds.items()}

    def step(self, event: Event | Tick, now: int) -> list[Action]:
        match event:
            case Begin():
                return [self._launch(name, "the cluster starts", now) for name in self._daemons]
            case Exited(name, how):
                return self._exited(name, how, now)
            case StopAsked():
                return self._enter(Stage.SERVICES, now) if self.stage is Stage.RUNNING else self._hurry(now)
            case FrameworksGone():
                return self._enter(Stage.AGENTS, now) if self.stage is Stage.FRAMEWORKS else []
            case Swept():
                if self.stage is not Stage.SWEEP:
                    return []
                self.stage = Stage.GONE
                return [Finish("nothing is left")]
            case Tick():
                return self._due(now)

    def next_wakeup(self) -> int | None:
        times = [daemon.restart_at for daemon in self._daemons.values() if daemon.restart_at is not None]
        return min([*times, *([] if self._deadline is None else [self._deadline])], default=None)

    def _launch(self, name: str, reason: str, now: int) -> Launch:
        daemon = self._daemons[name]
        daemon.alive, daemon.started, daemon.restart_at = True, now, None
        return Launch(name, reason)

    def _exited(self, name: str, how: str, now: int) -> list[Action]:
        daemon = self._daemons[name]
        daemon.alive = False
        if self.stage is not Stage.RUNNING:
            return self._advance(now)
        if now - daemon.started >= STEADY_MS:
            daemon.backoff_ms = FIRST_BACKOFF_MS
        daemon.restart_at = now + daemon.backoff_ms
        reason = f"{name} {how}; it starts again in {daemon.backoff_ms / 1000:g} s"
        daemon.backoff_ms = min(2 * daemon.backoff_ms, LONGEST_BACKOFF_MS)
        return [Report(name, reason)]

    def _due(self, now: int) -> list[Action]:
        if self._deadline is not None and now >= self._deadline:
            return self._overdue(now)
        return [
            self._launch(name, f"{name} had died", now)
            for name, daemon in self._daemons.items()
            if daemon.restart_at is not None and daemon.restart_at <= now
        ]

    def _enter(self, stage: Stage, now: int) -> list[Action]:
        """Begin a stage, or pass through it when there is nothing for it to do."""
        self.stage, self._deadline = stage, None
        for daemon in self._daemons.values():
            daemon.restart_at = None
        if stage is Stage.SWEEP:
            return [Sweep("every daemon has ended")]
        master_up = any(daemon.alive for daemon in self._daemons.values() if daemon.kind is Kind.MASTER)
        if stage is Stage.FRAMEWORKS and not self.keeps and master_up:
            self._deadline = now + _BOUNDS_MS[stage]
            return [TearDownFrameworks("the cluster ends for good")]
        waited_for = self._of_stage()
        if not waited_for:
            return self._enter(Stage(stage + 1), now)
        self._deadline = now + _BOUNDS_MS[stage]
        return [End(name, False, "the cluster ends") for name in waited_for]

    def _advance(self, now: int) -> list[Action]:
        over = self.stage in _OF_STAGE and not self._of_stage()
        return self._enter(Stage(self.stage + 1), now) if over else []

    def _overdue(self, now: int) -> list[Action]:
        self._deadline = None
        if self.stage is Stage.FRAMEWORKS:
            return self._enter(Stage.AGENTS, now)
        bound = _BOUNDS_MS[self.stage] // 1000
        return [End(name, True, f"{name} did not end within {bound} s") for name in self._of_stage()]

    def _hurry(self, now: int) -> list[Action]:
        if self.stage >= Stage.SWEEP:
            return []
        alive = [name for name, daemon in self._daemons.items() if daemon.alive]
        if not alive:
            return self._enter(Stage.SWEEP, now)
        self.stage, self._deadline = Stage.MASTER, None
        return [End(name, True, "asked to hurry") for name in alive]

    def _of_stage(self) -> list[str]:
        """The living daemons this stage is about."""
        kind = _OF_STAGE.get(self.stage)
        return [name for name, daemon in self._daemons.items() if daemon.alive and daemon.kind is kind]
