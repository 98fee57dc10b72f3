"""Several candidates, a small ZooKeeper, all that may be late, lost or over: never two that may act, one in the end."""

from dataclasses import dataclass, field
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

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
from barter.core.election import Election, Phase
from barter.core.machine import Tick

TIMEOUT_MS = 1_000


@dataclass
class Server:
    """One tree at one moment, sessions that end when nothing is heard of them; and older views of it, for readers."""

    now: int = 0
    leader: Leader = field(default_factory=lambda: Leader(0, "", 0))
    queue: dict[str, tuple[int, Candidate]] = field(default_factory=dict)
    heard: dict[int, int] = field(default_factory=dict)
    views: list[tuple[tuple[Candidate, ...], Leader]] = field(default_factory=list)
    made: int = 0
    sessions: int = 0

    def open(self) -> int:
        self.sessions += 1
        self.heard[self.sessions] = self.now
        return self.sessions

    def touch(self, session: int) -> bool:
        if session in self.heard:
            self.heard[session] = self.now
        return session in self.heard

    def expire(self) -> None:
        for session in [each for each, heard in self.heard.items() if self.now >= heard + TIMEOUT_MS]:
            self.close(session)

    def close(self, session: int) -> None:
        self.heard.pop(session, None)
        self.queue = {node: each for node, each in self.queue.items() if each[0] != session}
        self.changed()

    def create(self, session: int, token: str) -> None:
        self.made += 1
        node = f"c-{token}-{self.made:010d}"
        self.queue[node] = session, Candidate(node, token)
        self.changed()

    def take(self, take: Take) -> int | None:
        if take.candidate.node not in self.queue or take.version != self.leader.version:
            return None
        self.leader = Leader(take.epoch, take.candidate.token, take.version + 1)
        self.changed()
        return self.leader.version

    def changed(self) -> None:
        self.views.append((tuple(each for _, each in self.queue.values()), self.leader))


class Peer:
    """A process: what it asks is done by the server at one time and answered at another, or either never."""

    def __init__(self, server: Server, name: str) -> None:
        self.server, self.name, self.lives = server, name, 0
        self.frozen_ms = self.cut_ms = 0
        self.start()

    def start(self) -> None:
        self.lives += 1
        self.election = Election(f"{self.name}{self.lives}")
        self.session = 0
        self.seen = 0
        self.asked: list[tuple[int, Enlist | Look | Take]] = []
        self.answers: list[Event] = []
        self.led: list[int] = []
        self.over: Leave | None = None

    @property
    def may_act(self) -> bool:
        return self.election.may_act(self.server.now)

    def step(self, event: Event | Tick) -> None:
        for action in self.election.step(event, self.server.now):
            self.do(action)

    def do(self, action: Action) -> None:
        match action:
            case Enlist() | Look() | Take():
                self.asked.append((self.session, action))
            case Lead(epoch):
                self.led.append(epoch)
            case Leave():
                self.over = action
                self.server.close(self.session)
            case Follow():
                pass

    @property
    def frozen(self) -> bool:
        return self.server.now < self.frozen_ms

    @property
    def cut(self) -> bool:
        """Nothing passes between it and the server; what was on its way arrives afterwards, or never."""
        return self.server.now < self.cut_ms

    def open(self) -> None:
        """A session that was given up by this side only is the server's still."""
        self.session = self.server.open()
        self.answers.append(SessionOpened(TIMEOUT_MS, self.server.now))

    def renew(self) -> None:
        if self.server.touch(self.session):
            self.answers.append(Renewed(self.server.now))

    def be(self, random: Random, faults: "Faults") -> None:
        """What happens to it, to what it asked, and to what it is answered, in one moment."""
        if not self.cut:
            if random.random() < 0.3:
                self.renew()
            if self.asked and random.random() >= faults.late:
                self.serve(
                    random.randrange(len(self.asked)), random.random() >= faults.loss, random.randint(0, faults.lag)
                )
            if self.over is None and not self.frozen:
                self.mind_session(random)
        if self.frozen:
            return
        if self.over is not None:
            self.start()
        self.take_note(random, faults)

    def mind_session(self, random: Random) -> None:
        if self.session not in self.server.heard:
            if self.session and self.election.phase is not Phase.AWAY:
                self.lose()
            self.open()
        elif self.election.phase is Phase.AWAY and not self.answers:
            # Given up by this side, and the server's still: the same one goes on, or a new one begins beside it.
            if random.random() < 0.5:
                self.answers.append(SessionOpened(TIMEOUT_MS, self.server.now))
            else:
                self.open()

    def take_note(self, random: Random, faults: "Faults") -> None:
        if random.random() < faults.loss:
            self.lose()
        if self.answers and random.random() >= faults.late:
            self.hear(random.randrange(len(self.answers)))
        if random.random() < 0.05:
            self.step(Changed())
        if random.random() < faults.restarts:
            self.step(Resign("told to"))

    def serve(self, at: int, answered: bool, lag: int) -> None:
        """The server does one of the things that were asked, whichever session it was; reads may be of the past."""
        if not self.asked:
            return
        session, question = self.asked.pop(at % len(self.asked))
        self.answer(question, self.done(session, question, lag) if session in self.server.heard else None, answered)

    def done(self, session: int, question: Enlist | Look | Take, lag: int) -> Event | None:
        match question:
            case Enlist(token):
                process = token.partition(".")[0]
                self.server.queue = {
                    node: each for node, each in self.server.queue.items() if each[1].token.partition(".")[0] != process
                }
                self.server.create(session, token)
                self.seen = len(self.server.views) - 1
                return Enlisted(question.number)
            case Look():
                self.seen = max(self.seen, len(self.server.views) - 1 - lag)
                candidates, leader = self.server.views[self.seen]
                return Looked(candidates, leader, question.number)
            case Take():
                version = self.server.take(question)
                return None if version is None else Taken(question.epoch, version, question.number)

    def answer(self, question: Enlist | Look | Take, event: Event | None, answered: bool) -> None:
        if event is not None and answered:
            self.answers.append(event)
        else:
            self.answers.append(Failed("lost", question.number))

    def lose(self) -> None:
        """Its own view of the session; what was asked may be done by the server all the same."""
        self.seen = 0
        self.step(SessionLost("gone"))

    def hear(self, at: int) -> None:
        if self.answers:
            self.step(self.answers.pop(at % len(self.answers)))


class World:
    def __init__(self) -> None:
        self.server = Server()
        self.server.changed()
        self.peers = [Peer(self.server, name) for name in "abc"]
        self.epochs: list[int] = []

    def pass_time(self, ms: int) -> None:
        self.server.now += ms
        self.server.expire()
        for peer in self.peers:
            wakeup = peer.election.next_wakeup()
            if not peer.frozen and wakeup is not None and wakeup <= self.server.now:
                peer.step(Tick())

    def check(self) -> None:
        acting = [peer.name for peer in self.peers if peer.may_act]
        assert len(acting) < 2
        for peer in self.peers:
            while peer.led:
                epoch = peer.led.pop()
                assert epoch not in self.epochs
                self.epochs.append(epoch)
            if peer.may_act:
                assert peer.election.epoch == max(self.epochs) == self.server.leader.epoch

    def settle(self, ms: int) -> None:
        """All is well from here on: everybody is answered at once, whoever is over is started again."""
        for peer in self.peers:
            peer.frozen_ms = peer.cut_ms = 0
        for _ in range(ms // 50):
            self.pass_time(50)
            for peer in self.peers:
                peer.be(Random(0), Faults(0, 0, 0, 0, 0))
                peer.renew()
                while peer.asked or peer.answers:
                    peer.serve(0, True, 0)
                    peer.hear(0)
            self.check()

    def live(self, random: Random, faults: "Faults") -> None:
        """Some moments of a world in which each thing goes wrong as often as `faults` says."""
        self.pass_time(random.choice((1, 5, 20, 100)))
        self.check()
        for peer in random.sample(self.peers, len(self.peers)):
            if random.random() < faults.frozen:
                peer.frozen_ms = self.server.now + random.randrange(2 * TIMEOUT_MS)
            if random.random() < faults.restarts:
                peer.start()
            if random.random() < faults.loss:
                peer.cut_ms = self.server.now + random.randrange(2 * TIMEOUT_MS)
            peer.be(random, faults)
            self.check()


@dataclass(frozen=True)
class Faults:
    """Chances, of each peer at each moment."""

    frozen: float
    loss: float
    restarts: float
    late: float
    lag: int


CHANCE = st.sampled_from([0.0, 0.002, 0.02])
FAULTS = st.builds(
    Faults, frozen=CHANCE, loss=CHANCE, restarts=CHANCE, late=st.sampled_from([0.0, 0.3, 0.9]), lag=st.integers(0, 5)
)


@settings(max_examples=100)
@given(st.integers(0, 1 << 32), FAULTS)
def test_never_two_may_act_and_somebody_leads_in_the_end(seed: int, faults: Faults) -> None:
    world, random = World(), Random(seed)
    for _ in range(300):
        world.live(random, faults)
    world.settle(6 * TIMEOUT_MS)
    assert sum(peer.may_act for peer in world.peers) == 1
