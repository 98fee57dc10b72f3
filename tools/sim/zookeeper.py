"""A client of the simulated ensemble: one session, over whichever server it reaches, and what it hears of it."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from barter.core import candidacy
from barter.core.candidacy import Changed, Renewed, SessionLost, SessionOpened
from barter.core.znodes import Unknown
from barter.tools.sim.clock import DriftingClock
from barter.tools.sim.ensemble import Ensemble
from barter.tools.sim.network import End, Message, Network
from barter.tools.sim.world import World
from barter.tools.sim.zookeeper_wire import Answer, Ask, Fired, Goodbye, Greeted, Hello, Ping, Question, Result

RENEWALS = 6
"""In a session's timeout."""
AGAIN_US = (50_000, 300_000)
Answered = Callable[[Result | Unknown], None]


class Home(Protocol):
    """The process that has the client: what it does not do while the process is paused or over."""

    world: World
    host: str
    clock: DriftingClock

    def within_life(self, call: Callable[..., None]) -> Callable[..., None]: ...


class Client:
    """`hear` is told of the session and of watches; while nothing disturbs a renewal it needs no message.

    What is asked while there is no connection, and what was not answered when one ended, comes back as Unknown.
    """

    def __init__(
        self, home: Home, network: Network, ensemble: Ensemble, timeout_ms: int, hear: Callable[[candidacy.Event], None]
    ) -> None:
        self.session = 0
        self._home, self._network, self._ensemble = home, network, ensemble
        self._timeout_ms = timeout_ms
        self._hear_of = hear
        self._rng = home.world.random(f"zookeeper client {home.host}")
        self._servers = list(ensemble.servers)
        self._end: End | None = None
        self._greeted = False
        self._heard_ms = 0
        self._sent_ms = 0
        self._number = self._seen = 0
        self._asked: dict[int, Answered] = {}
        self._dialled = 0
        self._closed = False

    @property
    def connected(self) -> bool:
        return self._end is not None and self._greeted

    def start(self) -> None:
        self._rng.shuffle(self._servers)
        self._connect()
        self._beat_later()

    def ask(self, question: Question, answered: Answered) -> None:
        end = self._end
        if end is None or not self._greeted:
            unsent = partial(answered, Unknown("not connected to ZooKeeper"))
            self._home.world.after(AGAIN_US[0], self._home.within_life(unsent))
            return
        self._number += 1
        self._asked[self._number] = answered
        end.send(Ask(self._number, question))

    def close(self) -> None:
        """In good order: the session ends at once."""
        self._closed = True
        self._dialled += 1
        end, self._end = self._end, None
        if end is not None:
            end.send(Ask(0, Goodbye()))
            self._network.drop(end)

    def ask_now(self) -> None:
        """A renewal by message, as one may be under way whenever something happens to the process."""
        if self._end is not None and self._greeted:
            self._renew_by_message(self._home.clock.now())

    def drop(self) -> None:
        """The process is no more, its session goes on until it times out."""
        self._dialled += 1
        end, self._end = self._end, None
        if end is not None:
            self._network.drop(end, kept=self._rng.randrange(end.on_the_way + 1))

    def _connect(self) -> None:
        if self._closed:
            return
        self._dialled += 1
        self._greeted = False
        dialled, home = self._dialled, self._home
        server = self._servers.pop(0)
        self._servers.append(server)
        self._sent_ms = self._heard_ms = home.clock.now()

        def opened(end: End) -> None:
            if dialled != self._dialled:
                self._network.drop(end)
                return
            self._end = end
            end.hear = home.within_life(partial(self._hear, end))
            end.ended = home.within_life(partial(self._parted, end))
            end.send(Hello(self.session, self._timeout_ms, self._seen))

        def failed(_: str) -> None:
            if dialled == self._dialled:
                self._again()

        patience_us = self._timeout_ms * 1000 // 3
        self._network.dial(home.host, server, opened, home.within_life(failed), patience_us)

    def _again(self) -> None:
        self._home.world.after(self._rng.randrange(*AGAIN_US), self._home.within_life(self._connect))

    def _parted(self, end: End, _: str) -> None:
        if end is self._end:
            self._lose()

    def _lose(self) -> None:
        self.drop()
        self._greeted = False
        asked, self._asked = self._asked, {}
        for answered in asked.values():
            answered(Unknown("the connection to ZooKeeper was lost"))
        self._again()

    def _hear(self, end: End, message: Message) -> None:
        if end is not self._end:
            return
        self._heard_ms = self._home.clock.now()
        match message:
            case Greeted(session):
                self._on_greeted(session)
            case Answer(number, result, seen):
                self._seen = max(self._seen, seen)
                if (answered := self._asked.pop(number, None)) is not None:
                    answered(result)
            case Fired():
                self._hear_of(Changed())
            case _:
                pass

    def _on_greeted(self, session: int) -> None:
        if not session:
            self.session = 0
            self._hear_of(SessionLost("it timed out"))
            self._lose()
            return
        self._greeted = True
        new, self.session = session != self.session, session
        if new:
            self._hear_of(SessionOpened(self._timeout_ms, self._sent_ms))
        else:
            self._hear_of(Renewed(self._sent_ms))
            self._hear_of(Changed())

    # Renewals.

    def _beat_later(self) -> None:
        clock = self._home.clock
        due = clock.when(clock.now() + self._timeout_ms // RENEWALS)
        self._home.world.at(due, self._home.within_life(self._beat))

    def _beat(self) -> None:
        self._beat_later()
        if self._end is None:
            return
        now = self._home.clock.now()
        if now - self._heard_ms > self._timeout_ms * 2 // 3:
            self._lose()
        elif self._greeted:
            self._renew(self._end, now)

    def _renew(self, end: End, now: int) -> None:
        if self._is_undisturbed(end):
            self._ensemble.touch(self.session)
            self._heard_ms = now
            self._hear_of(Renewed(now))
        else:
            self._renew_by_message(now)

    def _renew_by_message(self, now: int) -> None:
        def answered(result: Result | Unknown) -> None:
            if not isinstance(result, Unknown):
                self._hear_of(Renewed(now))

        self.ask(Ping(), answered)

    def _is_undisturbed(self, end: End) -> bool:
        """Nothing that keeps a question or its answer from coming through at once: neither need be sent."""
        network = self._network
        return (
            end.open
            and not end.broken
            and not end.on_the_way
            and not end.peer.on_the_way
            and end.peer.open
            and not network.slowness
            and not network.is_cut(end.here, end.there)
            and not network.is_cut(end.there, end.here)
            and self._ensemble.hears(end)
        )
