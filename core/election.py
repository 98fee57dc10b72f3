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

    Answers that are out of place change nothing. It leads by a Take that was answered and by nothing it reads, for
    what is read may be old. Each session has its own token: the node of an earlier one, which may be there for a
    while, is another's.
    """

    def __init__(self, token: str) -> None:
        """`token`: drawn for this process, as no other has it."""
        self.phase = Phase.AWAY
        self.epoch = 0
        self.timeout_ms = 0
        self._process, self._sessions = token, 0
        self._asked: Enlist | Look | Take | None = None
        self._asked_ms = self._number = 0
        self._look_ms = 0
        self._heard_ms = 0
        self._silent = False
        self._told: Follow | None = None

    @property
    def token(self) -> str:
        """Its own in this session."""
        return f"{self._process}.{self._sessions}"

    def may_act(self, now: int) -> bool:
        """Whether it leads, and nobody else can yet."""
        return self.phase is Phase.LEADING and now < self.lease_ms

    @property
    def lease_ms(self) -> int:
        """Until when it may act, if it leads."""
        return self._heard_ms + self.timeout_ms * LEASE_SHARE_MILLI // 1000

    def next_wakeup(self) -> int | None:
        if self.phase in (Phase.AWAY, Phase.OVER):
            return None
        return earliest(None if self._asked else self._look_ms, None if self._silent else self.lease_ms)

    def step(self, event: Event | Tick, now: int) -> list[Action]:
        if self.phase is Phase.OVER:
            return []
        match event:
            case Resign(reason, code):
                return self._leave(code, reason)
            case SessionOpened():
                return self._on_opened(event, now)
            case SessionLost(reason):
                return self._on_lost(reason)
            case Renewed(sent_ms):
                self._renew(sent_ms, now)
                return []
            case Changed():
                return self._on_changed(now)
            case Tick():
                return self._on_tick(now)
            case _ if self._asked is not None and event.number == self._asked.number:
                return self._on_answer(event, self._asked, now)
            case _:
                return []

    def _on_answer(
        self, answer: Enlisted | Looked | Taken | Failed, asked: Enlist | Look | Take, now: int
    ) -> list[Action]:
        match answer, asked:
            case Enlisted(), Enlist():
                self._renew(self._asked_ms, now)
                return [self._look("it has enlisted", now)]
            case Looked(), Look():
                return self._on_looked(answer, now)
            case Taken(epoch, version), Take():
                self._renew(self._asked_ms, now)
                self._asked, self.phase, self.epoch = None, Phase.LEADING, epoch
                return [Lead(epoch, version, "it was the first in the queue")]
            case Failed(), _:
                self._asked = None
                self._look_ms = now + FAILED_AGAIN_MS
        return []

    def _on_opened(self, opened: SessionOpened, now: int) -> list[Action]:
        if self.phase is Phase.LEADING:
            return self._on_lost("there is a new one")
        self.phase, self.timeout_ms = Phase.FOLLOWING, opened.timeout_ms
        self._heard_ms, self._silent = opened.sent_ms, False
        self._sessions += 1
        return [self._enlist("a session has begun", now)]

    def _on_lost(self, reason: str) -> list[Action]:
        if self.phase is Phase.LEADING:
            return self._leave(1, f"its session with ZooKeeper is over, so another may lead: {reason}")
        self.phase, self._asked = Phase.AWAY, None
        return self._follow({}, 0, f"no session with ZooKeeper: {reason}")

    def _on_changed(self, now: int) -> list[Action]:
        if self.phase is Phase.AWAY:
            return []
        self._look_ms = now
        return [] if self._asked else [self._look("something changed", now)]

    def _on_tick(self, now: int) -> list[Action]:
        if now >= self.lease_ms and self.phase is Phase.LEADING:
            silence, timeout = now - self._heard_ms, self.timeout_ms
            return self._leave(1, f"no answer of ZooKeeper for {silence} ms; after {timeout} ms another may lead")
        told: list[Action] = []
        if now >= self.lease_ms and self.phase is Phase.FOLLOWING and not self._silent:
            self._silent = True
            told = self._follow({}, 0, "ZooKeeper does not answer")
        if self.phase is not Phase.AWAY and self._asked is None and now >= self._look_ms:
            return [*told, self._look("it is time to", now)]
        return told

    def _on_looked(self, looked: Looked, now: int) -> list[Action]:
        self._asked, changed_meanwhile = None, self._look_ms <= now
        self._look_ms = now if changed_meanwhile else now + self.timeout_ms // LOOKS_IN_A_SESSION
        queue = sorted(looked.candidates, key=lambda each: each.place)
        own = next((each for each in queue if each.token == self.token), None)
        if self.phase is Phase.LEADING:
            return self._judge(own, looked.leader)
        if own is None:
            return [self._enlist("its node is not there", now)]
        if queue[0] is own:
            return self._first_in_queue(own, looked.leader, now)
        return self._tell(queue, looked.leader)

    def _first_in_queue(self, own: Candidate, leader: Leader, now: int) -> list[Action]:
        if now >= self.lease_ms:
            self._look_ms = now + FAILED_AGAIN_MS
            return []
        waiting = self._follow({}, leader.epoch, "this one is the first in the queue and takes the lead")
        return [*waiting, self._take(own, leader, now)]

    def _judge(self, own: Candidate | None, leader: Leader) -> list[Action]:
        """Of one that leads: what ends that, although its session goes on."""
        if leader.token != self.token or leader.epoch != self.epoch:
            return self._leave(1, f"another leads, with epoch {leader.epoch}")
        if own is None:
            return self._leave(1, "its node was removed from the candidates")
        return []

    def _tell(self, queue: list[Candidate], leader: Leader) -> list[Action]:
        """A leader whose node is gone leads no more; the one that is first will follow it."""
        if leader.token == queue[0].token:
            return self._follow(leader.addresses, leader.epoch, f"it leads with epoch {leader.epoch}")
        return self._follow({}, leader.epoch, "the next leader has not taken the lead yet")

    def _leave(self, code: int, reason: str) -> list[Action]:
        self.phase, self._asked = Phase.OVER, None
        return [Leave(code, reason)]

    def _follow(self, addresses: Mapping[str, str], epoch: int, reason: str) -> list[Action]:
        follow = Follow(addresses, epoch, reason)
        if follow == self._told:
            return []
        self._told = follow
        return [follow]

    def _enlist(self, reason: str, now: int) -> Action:
        self._asked = Enlist(self.token, reason, self._next(now))
        return self._asked

    def _look(self, reason: str, now: int) -> Action:
        self._look_ms = _NEVER_MS
        self._asked = Look(reason, self._next(now))
        return self._asked

    def _take(self, own: Candidate, leader: Leader, now: int) -> Action:
        number = self._next(now)
        self._asked = Take(own, leader.epoch + 1, leader.version, "it is the first in the queue", number)
        return self._asked

    def _next(self, now: int) -> int:
        self._asked_ms = now
        self._number += 1
        return self._number

    def _renew(self, sent_ms: int, now: int) -> None:
        self._heard_ms = max(self._heard_ms, sent_ms)
        if self._silent and now < self.lease_ms:
            self._silent = False
            self._look_ms = min(self._look_ms, now)
