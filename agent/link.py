"""The session with whichever master leads: whom to try and when, heartbeats out, and when a master is left.

A link is one attempt at a session, from `ConnectMaster` to the one `MasterGone` that ends it, and the next begins only
after that: so what masters say needs no number, and is heard exactly while a link is open.
"""

from collections.abc import Sequence
from enum import Enum, auto

from barter.agent.actions import ConnectMaster, LeaveMaster, SendHeartbeat
from barter.agent.events import MasterGone
from barter.core.route import ANSWER_MS, MastersAre, Route


class Phase(Enum):
    AWAY = auto()
    DIALLING = auto()
    OPEN = auto()
    REGISTERED = auto()
    LEAVING = auto()
    PARTING = auto()


class MasterLink:
    """`connected` from the stream's opening until it is gone or left, `registered` once the master has answered.

    Without `masters` it waits until it is told of some.
    """

    def __init__(self, masters: Sequence[str]) -> None:
        self._route = Route(masters)
        self._phase = Phase.AWAY
        self._link = 0
        self._retry_ms = 0
        self._heartbeat_ms = 0
        self._beat_ms = 0
        self._warned = False
        self._retired = False

    @property
    def connected(self) -> bool:
        return self._phase in (Phase.OPEN, Phase.REGISTERED)

    @property
    def registered(self) -> bool:
        return self._phase is Phase.REGISTERED

    @property
    def parting(self) -> bool:
        """Goodbye was said on this link: what comes before its answer is of no concern."""
        return self._phase is Phase.PARTING

    @property
    def retired(self) -> bool:
        """Nothing that a master orders concerns this agent any more."""
        return self._retired

    def open(self, link: int, now: int) -> bool:
        """Whether this is the link that was asked for; it then waits for the registration."""
        if self._phase is not Phase.DIALLING or link != self._link:
            return False
        self._phase = Phase.OPEN
        self._route.heard(now)
        return True

    def register(self, heartbeat_ms: int, now: int) -> None:
        """Also when the master wants another heartbeat of a registered agent."""
        self._phase, self._heartbeat_ms, self._warned = Phase.REGISTERED, heartbeat_ms, False
        self._beat_ms = now + heartbeat_ms
        self._route.arrived(heartbeat_ms, now)

    def heard(self, now: int) -> None:
        self._route.heard(now)

    def leave(self, reason: str) -> LeaveMaster:
        """Hear this link no more; once it is gone, the other masters come first."""
        self._phase = Phase.LEAVING
        self._route.masters.shun()
        return LeaveMaster(reason)

    def told_masters(self, event: MastersAre, epoch: int, now: int) -> LeaveMaster | None:
        """Go to a leader that is news. The present master is left for it, unless that is the one of `epoch`."""
        if not self._route.told(event, epoch):
            return None
        if self._phase is Phase.AWAY:
            self._retry_ms = min(self._retry_ms, now + self._route.spread(event.jitter))
        elif self._phase in (Phase.DIALLING, Phase.OPEN) or (self.registered and event.epoch > epoch):
            self._phase = Phase.LEAVING
            return LeaveMaster(f"master {event.leader} leads since epoch {event.epoch}")
        return None

    def part(self) -> None:
        self._phase = Phase.PARTING

    def gone(self, event: MasterGone, now: int) -> str:
        """Plan the next try; returns what to warn of, once until registered again and not of a leader to be found."""
        if self._phase is Phase.AWAY or event.link != self._link:
            return ""
        self._phase = Phase.AWAY
        followed = event.leader and not self._route.masters.redirected
        self._retry_ms = now + self._route.lost(event.leader, event.jitter)
        if self._warned or followed or self._retired:
            return ""
        self._warned = True
        return f"no session with master {self._route.address} ({event.reason}), trying again until there is"

    def retire(self) -> None:
        """There is to be no link after the present one."""
        self._retired = True

    def due(self, now: int) -> ConnectMaster | LeaveMaster | SendHeartbeat | None:
        if self._phase is Phase.AWAY and self._may_try and now >= self._retry_ms:
            self._phase = Phase.DIALLING
            self._link += 1
            address = self._route.set_out(now)
            return ConnectMaster(self._link, address, self._route.unreachable)
        if self.connected and self._route.is_silent(now):
            return self.leave(self._silence())
        if self.registered and now >= self._beat_ms:
            self._beat_ms = now + self._heartbeat_ms
            return SendHeartbeat()
        return None

    def wakeup(self) -> int | None:
        match self._phase:
            case Phase.AWAY:
                return self._retry_ms if self._may_try else None
            case Phase.OPEN:
                return self._route.deadline
            case Phase.REGISTERED:
                deadline = self._route.deadline
                return self._beat_ms if deadline is None else min(deadline, self._beat_ms)
            case _:
                return None

    @property
    def _may_try(self) -> bool:
        return not self._retired and not self._route.masters.none_known

    def _silence(self) -> str:
        if not self.registered:
            return f"it did not answer the registration within {ANSWER_MS} ms"
        return f"it was silent for over {self._route.silence_ms} ms; its heartbeats come every {self._heartbeat_ms} ms"
