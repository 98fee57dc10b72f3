"""Who leads: candidates queue up in ZooKeeper, the first takes the lead, and stops before its session can be taken.

The recipe of ephemeral sequential nodes, of ZooKeeper's own documentation; what is added is the epoch, which each
leader raises in the transaction that records it, and a lease that is shorter than the session.
"""

from collections.abc import Mapping
from enum import Enum, auto

from barter.core.candidacy import (
    Action,
    Candidate,
    Changed,
    Enlist,
    Enlisted,
    Event,
    Failed,
    Follow,
    Lead,
    Leader,
    Leave,
    Look,
    Looked,
    Renewed,
    Resign,
    SessionLost,
    SessionOpened,
    Take,
    Taken,
)
from barter.core.machine import Tick, earliest

LEASE_SHARE_MILLI = 700
"""Of the session's timeout: the rest is for what was begun before the lease ended."""
LOOKS_IN_A_SESSION = 2
"""How often it looks in that time although no watch has fired: one may be lost."""
FAILED_AGAIN_MS = 100
_NEVER_MS = 1 << 62


class Phase(Enum):
    AWAY = auto()
    FOLLOWING = auto()
    LEADING = auto()
    OVER = auto()


class Election:
    """One candidate's part in it. One question at a time is under way: Enlist, Look or Take until it is answered.

    Answers that are out of place change nothing.
    """

    def __init__(self, token: str, addresses: Mapping[str, str]) -> None:
        """`token`: drawn for this process, as no other has it."""
        self.phase = Phase.AWAY
        self.epoch = 0
        self.timeout_ms = 0
        self._token, self._addresses = token, addresses
        self._asked: Enlist | Look | Take | None = None
        self._look_ms = 0
        self._lease_ms = 0
        self._told: tuple[int, Mapping[str, str]] | None = None

    def may_act(self, now: int) -> bool:
        """Whether it leads, and nobody else can yet."""
        return self.phase is Phase.LEADING and now < self._lease_ms

    @property
    def lease_ms(self) -> int:
        """Until when it may act, if it leads."""
        return self._lease_ms

    def next_wakeup(self) -> int | None:
        if self.phase in (Phase.AWAY, Phase.OVER):
            return None
        look = None if self._asked else self._look_ms
        return earliest(look, self._lease_ms) if self.phase is Phase.LEADING else look

    def step(self, event: Event | Tick, now: int) -> list[Action]:
        if self.phase is Phase.OVER:
            return []
        match event:
            case Resign(reason):
                return self._leave(0, reason)
            case SessionOpened():
                return self._on_opened(event)
            case SessionLost(reason):
                return self._on_lost(reason)
            case Renewed(sent_ms):
                self._renew(sent_ms)
                return []
            case Enlisted() if isinstance(self._asked, Enlist):
                return self._look("it has enlisted")
            case Looked() if isinstance(self._asked, Look):
                return self._on_looked(event, now)
            case Taken(epoch, version) if isinstance(self._asked, Take):
                return self._on_taken(epoch, version)
            case Failed() if self._asked is not None:
                self._asked = None
                self._look_ms = now + FAILED_AGAIN_MS
                return []
            case Changed() if self.phase is not Phase.AWAY:
                self._look_ms = now
                return [] if self._asked else self._look("something changed")
            case Tick():
                return self._on_tick(now)
            case _:
                return []

    def _on_opened(self, opened: SessionOpened) -> list[Action]:
        if self.phase is not Phase.AWAY:
            return []
        self.phase, self.timeout_ms, self._lease_ms = Phase.FOLLOWING, opened.timeout_ms, 0
        self._renew(opened.sent_ms)
        return [self._ask(Enlist("a session has begun"))]

    def _on_lost(self, reason: str) -> list[Action]:
        if self.phase is Phase.LEADING:
            return self._leave(1, f"its session with ZooKeeper is over, so another may lead: {reason}")
        self.phase, self._asked = Phase.AWAY, None
        return self._follow({}, 0, f"no session with ZooKeeper: {reason}")

    def _on_tick(self, now: int) -> list[Action]:
        if self.phase is Phase.LEADING and now >= self._lease_ms:
            rest = self.timeout_ms - self.timeout_ms * LEASE_SHARE_MILLI // 1000
            return self._leave(1, f"ZooKeeper does not answer, and in {rest} ms another may lead")
        if self.phase is not Phase.AWAY and self._asked is None and now >= self._look_ms:
            return self._look("it is time to")
        return []

    def _on_looked(self, looked: Looked, now: int) -> list[Action]:
        changed_meanwhile = self._look_ms <= now
        self._asked = None
        self._look_ms = now + self.timeout_ms // LOOKS_IN_A_SESSION
        queue = sorted(looked.candidates, key=lambda each: each.place)
        own = next((each for each in queue if each.token == self._token), None)
        leader = looked.leader
        if self.phase is Phase.LEADING:
            return self._judge(own, leader) or (self._look("something changed") if changed_meanwhile else [])
        if own is None:
            return [self._ask(Enlist("its node is not there"))]
        if queue[0] is own:
            if leader.token == self._token and leader.epoch > self.epoch:
                return self._lead(leader.epoch, leader.version, "it had taken the lead when the connection was lost")
            return [self._ask(Take(own, leader.epoch + 1, leader.version, "it is the first in the queue"))]
        told = self._tell(queue, leader)
        return told + (self._look("something changed") if changed_meanwhile else [])

    def _judge(self, own: Candidate | None, leader: Leader) -> list[Action]:
        """Of one that leads: what ends that, although its session goes on."""
        if leader.token != self._token or leader.epoch != self.epoch:
            return self._leave(1, f"another leads, with epoch {leader.epoch}")
        if own is None:
            return self._leave(1, "its node was removed from the candidates")
        return []

    def _tell(self, queue: list[Candidate], leader: Leader) -> list[Action]:
        """A leader whose node is gone leads no more; the one that is first will follow it."""
        if leader.token == queue[0].token:
            return self._follow(leader.addresses, leader.epoch, f"it leads with epoch {leader.epoch}")
        return self._follow({}, leader.epoch, "the next leader has not taken the lead yet")

    def _on_taken(self, epoch: int, version: int) -> list[Action]:
        return self._lead(epoch, version, "it was the first in the queue")

    def _lead(self, epoch: int, version: int, reason: str) -> list[Action]:
        self._asked = None
        self.phase, self.epoch = Phase.LEADING, epoch
        return [Lead(epoch, version, reason)]

    def _leave(self, code: int, reason: str) -> list[Action]:
        self.phase, self._asked = Phase.OVER, None
        return [Leave(code, reason)]

    def _follow(self, addresses: Mapping[str, str], epoch: int, reason: str) -> list[Action]:
        if self._told == (epoch, addresses):
            return []
        self._told = epoch, addresses
        return [Follow(addresses, epoch, reason)]

    def _look(self, reason: str) -> list[Action]:
        self._look_ms = _NEVER_MS
        return [self._ask(Look(reason))]

    def _ask(self, question: "Enlist | Look | Take") -> "Enlist | Look | Take":
        self._asked = question
        return question

    def _renew(self, sent_ms: int) -> None:
        self._lease_ms = max(self._lease_ms, sent_ms + self.timeout_ms * LEASE_SHARE_MILLI // 1000)
