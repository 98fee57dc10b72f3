"""The edge as a state machine: what it is told becomes runtime commands at once, and a reload only for new structure.

One check, one start or reload, and one batch of commands are under way at a time; what changes meanwhile is planned
from the latest word when they are answered, so that bursts coalesce by themselves.
"""

import re
from dataclasses import dataclass, field
from enum import Enum, auto

from barter.agent.edge.adopted import remembered
from barter.agent.edge.bisect import Bisect
from barter.agent.edge.config import Candidate, Settings, binds_of, render
from barter.agent.edge.desired import Desired
from barter.agent.edge.exclusions import Exclusions
from barter.agent.edge.messages import (
    Action,
    Adopted,
    Applied,
    ApplyRuntime,
    Check,
    Checked,
    CountSessions,
    Died,
    Event,
    Failed,
    ReadSlots,
    Reload,
    Report,
    Running,
    SessionsCounted,
    SlotsRead,
    Start,
    Told,
    WatchLost,
)
from barter.agent.edge.model import NO_TARGETS, Route
from barter.agent.edge.plan import Command, apply, plan
from barter.agent.edge.served import InPlace, Served
from barter.agent.edge.slots import Slots
from barter.core.machine import Tick, earliest

QUIET_MS, LONGEST_MS = 50, 500
TAKEN_RETRY_MS, BROKEN_RETRY_MS, BLOCKED_RETRY_MS, RESYNC_MS = 10_000, 300_000, 10_000, 1_000
FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS, STEADY_MS = 200, 5_000, 10_000
_CANNOT_BIND = re.compile(r"[Ff]rontend port-(\d{1,5})\b")


class Phase(Enum):
    WAITING = auto()
    DOWN = auto()
    STARTING = auto()
    UP = auto()
    RELOADING = auto()


@dataclass(slots=True)
class Live:
    """What HAProxy serves, as far as it was ordered or read."""

    structure: str = ""
    routes: tuple[Route, ...] = ()
    slots: dict[str, Slots] = field(default_factory=dict)
    backends: dict[str, frozenset[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for route in self.routes:
            self.backends[route.service_id] = self.backends.get(route.service_id, frozenset()) | {route.backend}

    @property
    def place(self) -> InPlace:
        return InPlace(self.backends, self.slots)

    @property
    def holders(self) -> dict[str, str]:
        return {claim: route.service_id for route in self.routes for claim in route.claims}


class EdgeMachine:
    """Events and actions are in `messages`; for status, `desired`, `phase`, `live`, `reloads`, `trouble` are read."""

    def __init__(self, settings: Settings) -> None:
        self.desired = Desired(settings)
        self.phase = Phase.WAITING
        self.live = Live()
        self.reloads = 0
        self._settings = settings
        self._dirty: set[str] = set()
        self._checking = False
        self._bisect: Bisect | None = None
        self._passed = ""
        self._applying = False
        self._resync_at: int | None = None
        self._changed_at: int | None = None
        self._due = 0
        self._blocked: tuple[str, int] = ("", 0)
        self._retry_at = 0
        self._backoff = FIRST_BACKOFF_MS
        self._up_since = 0
        self._ordered: tuple[Route, ...] = ()
        self._exclusions = Exclusions()
        self._served = Served()
        self._counting = False
        self.trouble = ""

    def step(self, event: Event | Tick, now: int) -> list[Action]:
        actions: list[Action] = []
        definitions = self.desired.definitions
        match event:
            case Adopted():
                actions = self._adopt(event, now)
            case Told():
                self._hear(event, now)
            case WatchLost():
                actions = [Report(f"{event.reason}; what is served goes on", trouble=True)]
            case Checked():
                actions = self._checked(event, now)
            case Running():
                actions = self._running(event, now)
            case Failed():
                actions = self._failed(event, now)
            case Applied():
                actions = self._applied(event, now)
            case SlotsRead():
                self._applying = False
                self.live.slots = dict(event.slots)
                self._dirty |= self.live.slots.keys()
            case SessionsCounted():
                self._counting = False
                self._served.counted(event.sessions, now)
            case Died():
                actions = self._died(event, now)
            case Tick():
                self.desired.lift_bans(now)
        if self.desired.definitions != definitions:
            self._note_change(now)
        return actions + self._advance(now)

    def next_wakeup(self) -> int | None:
        """When a ban ends, a delay is over or something is tried again; nothing for what an answer will bring on."""
        due = [self.desired.next_lift]
        if self.phase is Phase.UP and self._dirty and not self._applying:
            due.append(self._resync_at)
        if self._to_count():
            due.append(self._served.look_at)
        if self._needs_structure() and not self._checking:
            due.append(self._structure_at())
        return earliest(*due)

    def _adopt(self, event: Adopted, now: int) -> list[Action]:
        if self.phase is not Phase.WAITING:
            return []
        changed = self.desired.refresh(self.desired.view.hold(remembered(event.services, event.slots)))
        self._served.retarget(changed, self.desired.targets, now)
        self.desired.resolve({})
        self.live = Live(event.structure, self.desired.routes, dict(event.slots))
        self.phase, self._up_since = Phase.UP, now
        if self.desired.structure == event.structure:
            return [Report(f"took over the running HAProxy with {len(event.services)} services")]
        return [Report("took over a running HAProxy whose configuration is of another shape: it will be reloaded")]

    def _hear(self, event: Told, now: int) -> None:
        concerned = self.desired.view.tell(
            event.services, event.removed, snapshot=event.snapshot, settled=event.settled
        )
        changed = self.desired.refresh(concerned)
        self._dirty |= changed
        self._served.retarget(changed, self.desired.targets, now)
        if event.snapshot:
            self._served.start_over()
        self._served.unreported |= concerned
        if self.phase is Phase.WAITING and event.snapshot:
            self.phase, self._retry_at = Phase.DOWN, now

    def _note_change(self, now: int) -> None:
        """The structure may be another: let it come to rest, but not for ever."""
        self._changed_at = now if self._changed_at is None else self._changed_at
        self._due = min(now + QUIET_MS, self._changed_at + LONGEST_MS)

    def _advance(self, now: int) -> list[Action]:
        # What was applied is told before more is ordered; where nothing is to be ordered, after that is known.
        return [
            *self._tell_served(),
            *self._runtime(now),
            *self._tell_served(),
            *self._count(now),
            *self._restructure(now),
            *self._exclusions.tell(self.desired, self.live.routes),
        ]

    @property
    def _settled(self) -> bool:
        """Whether HAProxy has all that was ordered of it."""
        return self.phase is Phase.UP and not self._applying

    def _tell_served(self) -> list[Action]:
        if not self._settled or not self._served.unreported:
            return []
        told = self._served.report(self.desired.view, self.live.place, self._dirty)
        return [told] if told else []

    def _count(self, now: int) -> list[Action]:
        backends = self._to_count()
        if not backends or now < self._served.look_at:
            return []
        self._counting = True
        return [CountSessions(self.live.structure, backends, "some of their instances drain")]

    def _to_count(self) -> tuple[str, ...]:
        if self._counting or not self._settled:
            return ()
        return self._served.to_count(self.live.place, self._dirty)

    def _runtime(self, now: int) -> list[Action]:
        if self.phase is not Phase.UP or self._applying or not self._dirty:
            return []
        if self._resync_at is not None:
            if now < self._resync_at:
                return []
            self._resync_at, self._applying = None, True
            return [ReadSlots(self.live.structure, "a runtime command failed: what is so, is read again")]
        commands: list[Command] = []
        for backend in sorted(self._dirty & self.live.slots.keys()):
            slots = self.live.slots[backend]
            planned = plan(backend, self.desired.targets.get(backend, NO_TARGETS), slots)
            for command in planned:
                apply(command, slots)
            commands += planned
        self._dirty = set()
        self._applying = bool(commands)
        return [ApplyRuntime(self.live.structure, tuple(commands))] if commands else []

    def _needs_structure(self) -> bool:
        if self.phase is Phase.UP:
            return self.desired.stale or self.live.structure != self.desired.structure
        return self.phase is Phase.DOWN

    def _structure_at(self) -> int | None:
        """When the next step to the wanted structure is due; None while an answer has to come first."""
        at = self._due if self.phase is Phase.UP else self._retry_at
        if self.desired.stale:
            return at
        if self._applying and self._passed == self.desired.structure and self.phase is Phase.UP:
            return None
        blocked, until = self._blocked
        return max(at, until) if blocked == self.desired.structure else at

    def _restructure(self, now: int) -> list[Action]:
        if not self._needs_structure():
            self._changed_at = None
            return []
        at = self._structure_at()
        if self._checking or at is None or now < at:
            return []
        if self.desired.stale and self._bisect is None:
            self.desired.resolve(self.live.holders)
            return self._restructure(now)
        if self._bisect is not None or self._passed != self.desired.structure:
            return [self._check()]
        self._ordered, self._passed, self._changed_at = self.desired.routes, "", None
        candidate = self._render(self._ordered)
        if self.phase is Phase.DOWN:
            self.phase = Phase.STARTING
            return [Start(candidate, "HAProxy is not running")]
        self.phase = Phase.RELOADING
        return [Reload(candidate, _difference(self.live.routes, self._ordered))]

    def _render(self, routes: tuple[Route, ...]) -> Candidate:
        return render(self._settings, routes, self.desired.targets)

    def _check(self) -> Check:
        self._checking = True
        if self._bisect is not None:
            group = set(self._bisect.group)
            candidate = self._render(tuple(route for route in self.desired.routes if route.service_id in group))
            return Check(candidate, frozenset(), f"looking for what is broken among {len(group)} services")
        candidate = self._render(self.desired.routes)
        held = binds_of(self._settings, self.live.routes) if self.phase is Phase.UP else frozenset()
        return Check(candidate, candidate.binds - held, "every configuration is checked before it is used")

    def _checked(self, event: Checked, now: int) -> list[Action]:
        self._checking = False
        if self._bisect is not None:
            self._bisect.answer(event.words)
            return [] if self._bisect.group else self._end_bisect(self._bisect, now)
        if event.taken:
            mine = {route.listen: route.service_id for route in self.desired.routes if route.listen}
            own = [words for address, words in event.taken.items() if address.port not in mine]
            for address, words in event.taken.items():
                if address.port in mine:
                    self.desired.ban(mine[address.port], words, now + TAKEN_RETRY_MS)
            return self._block(event.structure, "; ".join(own), now) if own else []
        if event.words:
            served = {route.service_id: route for route in self.live.routes}
            suspects = {route.service_id for route in self.desired.routes if route not in self.live.routes}
            self._bisect = Bisect(suspects or served)
            if not self._bisect.group:
                self._bisect = None
                return self._block(event.structure, event.words, now)
            return []
        self._passed = event.structure
        return []

    def _end_bisect(self, bisect: Bisect, now: int) -> list[Action]:
        self._bisect = None
        for service_id, words in bisect.culprits.items():
            self.desired.ban(service_id, f"HAProxy refuses its configuration: {words}", now + BROKEN_RETRY_MS)
        return []

    def _block(self, structure: str, words: str, now: int) -> list[Action]:
        """Nothing but time or another structure helps."""
        down = self.phase in (Phase.DOWN, Phase.STARTING)
        self._blocked = (structure, now + (self._next_backoff() if down else BLOCKED_RETRY_MS))
        return self._tell_trouble(f"{words}; trying again")

    def _running(self, event: Running, now: int) -> list[Action]:
        if self.phase not in (Phase.STARTING, Phase.RELOADING):
            return []
        reloaded = self.phase is Phase.RELOADING
        self.reloads += reloaded
        self.live = Live(event.structure, self._ordered, dict(event.slots))
        self.desired.rid(self._ordered)
        if not reloaded:
            self._up_since = now
        self.phase, self.trouble = Phase.UP, ""
        self._dirty = set(self.live.slots)
        self._served.doubt(self.live.backends)
        return [Report(f"HAProxy {'reloaded' if reloaded else 'started'}: {len(self._ordered)} ports of services")]

    def _failed(self, event: Failed, now: int) -> list[Action]:
        if self._checking:
            self._checking, self._bisect = False, None
            return self._block(event.structure, event.words, now)
        if self.phase not in (Phase.STARTING, Phase.RELOADING):
            return []
        self.phase = Phase.DOWN if self.phase is Phase.STARTING else Phase.UP
        if named := _CANNOT_BIND.search(event.words):
            for route in self._ordered:
                if route.listen == int(named[1]):
                    self.desired.ban(route.service_id, event.words, now + TAKEN_RETRY_MS)
        return self._block(event.structure, event.words, now)

    def _applied(self, event: Applied, now: int) -> list[Action]:
        self._applying = False
        if not event.words:
            return []
        self._resync_at = now + RESYNC_MS
        self._dirty |= self.live.slots.keys()
        return self._tell_trouble(f"HAProxy did not take a change: {event.words}")

    def _died(self, event: Died, now: int) -> list[Action]:
        if self.phase in (Phase.WAITING, Phase.DOWN):
            return []
        if now - self._up_since >= STEADY_MS:
            self._backoff = FIRST_BACKOFF_MS
        self.live, self._applying, self._resync_at, self._passed = Live(routes=self.live.routes), False, None, ""
        self.phase, self._retry_at = Phase.DOWN, now + self._next_backoff()
        told = self._served.gone()
        ended = Report(f"HAProxy ended by itself ({event.words}): starting it again", trouble=True)
        return [ended, told] if told else [ended]

    def _next_backoff(self) -> int:
        delay, self._backoff = self._backoff, min(self._backoff * 2, LONGEST_BACKOFF_MS)
        return delay

    def _tell_trouble(self, words: str) -> list[Action]:
        """Once, not at every attempt."""
        if words == self.trouble:
            return []
        self.trouble = words
        return [Report(words, trouble=True)]


def _difference(old: tuple[Route, ...], new: tuple[Route, ...]) -> str:
    added = sorted({route.backend for route in set(new) - set(old)})
    removed = sorted({route.backend for route in set(old) - set(new)} - set(added))
    parts = [
        f"{word} {', '.join(names[:5])}" for word, names in (("new or changed", added), ("gone", removed)) if names
    ]
    return "; ".join(parts) or "the edge itself changed"
