"""ZooKeeper as its clients see it: three servers, of which a majority serves one tree, and sessions that time out.

A write is done at one moment. All reads see it from then on but those at a server that lags: it shows what was, and
lets in no client that has seen more.
"""

from dataclasses import dataclass, field
from functools import partial

from barter.core.znodes import Conflict
from barter.tools.sim.clock import DriftingClock
from barter.tools.sim.network import End, Message, Network
from barter.tools.sim.quorum import NOTICED_US, SERVERS, Quorum, Server
from barter.tools.sim.world import World
from barter.tools.sim.znode_tree import Done, Tree
from barter.tools.sim.zookeeper_wire import (
    Answer,
    Ask,
    Commit,
    Fired,
    Found,
    Goodbye,
    Greeted,
    Hello,
    Ping,
    Question,
    Read,
    Result,
)

GONE_US = (500, 20_000)


@dataclass(slots=True)
class Session:
    """`heard_ms` by the clock that judges sessions; `end` is its present connection."""

    number: int
    who: str
    timeout_ms: int
    heard_ms: int
    end: End | None = None
    watches: dict[tuple[str, bool], None] = field(default_factory=dict)


class Ensemble(Quorum):
    """`loses_watches`: so many of the next that fire never come; `slow_us`: how much later an answer may come.

    `loses`: whose connection breaks in its next write, and whether that is done.

    Sessions time out only while a majority serves; where it has chosen a new leader each gets its whole time again.
    """

    def __init__(self, world: World, network: Network, names: tuple[str, ...] = SERVERS) -> None:
        super().__init__(world, network, names)
        self.tree = Tree()
        self.clock = DriftingClock(world)
        self.writes = 0
        self.sessions: dict[int, Session] = {}
        self.loses_watches = 0
        self.loses: dict[str, bool] = {}
        self.slow_us = 0
        self._opened = 0

    def elected(self) -> None:
        for session in self.sessions.values():
            session.heard_ms = self.clock.now()

    def hears(self, end: End) -> bool:
        """Whether what is said at the client's end of a connection is heard at once, but for the way there."""
        server = self.servers[end.there]
        return end.peer in server.ends and server.serves and self.commits and not self.slow_us and self._well(server)

    def touch(self, number: int) -> None:
        """The session has been heard of."""
        if (session := self.sessions.get(number)) is not None:
            session.heard_ms = self.clock.now()

    def calm(self) -> None:
        """The end of all that goes wrong here but crashes and cuts, which whoever began them ends."""
        self.loses_watches, self.slow_us = 0, 0
        self.loses.clear()
        for name in self.servers:
            self.catch_up(name)
            self.wake(name, at_once=True)

    def lag(self, name: str) -> None:
        """From now on it shows what was: a follower that gets the writes late."""
        server = self.servers[name]
        if name != self.leader and server.old is None:
            server.old, server.old_writes = self.tree.copy(), self.writes

    # Connections.

    def _hear(self, server: Server, end: End, message: Message) -> None:
        if server.hung_until_us > self.world.now_us:
            server.unheard.append((end, message))
        elif isinstance(message, Hello):
            self._when_it_commits(partial(self._greet, server, end, message))
        elif isinstance(message, Ask):
            session = next((each for each in self.sessions.values() if each.end is end), None)
            if session is None:
                self._network.drop(end)
            elif isinstance(message.question, Read | Ping):
                self._answer(session, message)
            else:
                self._when_it_commits(partial(self._answer, session, message, end))

    def _greet(self, server: Server, end: End, hello: Hello) -> None:
        if end not in server.ends:
            return
        if server.old is not None and hello.seen > server.old_writes:
            server.ends.pop(end)
            self._network.drop(end)
            return
        session = self.sessions.get(hello.session)
        if hello.session and session is None:
            end.send(Greeted(0))
            return
        if session is None:
            self._opened += 1
            session = Session(self._opened, end.there, hello.timeout_ms, self.clock.now())
            self.sessions[session.number] = session
            self._judge_later(session)
        session.end, session.heard_ms = end, self.clock.now()
        end.send(Greeted(session.number))

    def _answer(self, session: Session, ask: Ask, came: End | None = None) -> None:
        """What came on a connection that its client has left is not done: its session has moved."""
        end = session.end
        if end is None or (came is not None and came is not end) or session.number not in self.sessions:
            return
        session.heard_ms = self.clock.now()
        writes = isinstance(ask.question, Commit)
        if writes and session.who in self.loses:
            if self.loses.pop(session.who):
                self._do(session, ask.question)
            self._network.break_off(end, "the connection was reset")
            return
        server = self._server_of(session)
        result = self._do(session, ask.question)
        lags = server.old is not None
        answer = Answer(ask.number, result, server.old_writes if lags and not writes else self.writes)
        if lags and writes:
            server.late.append(partial(end.send, answer))
        elif self.slow_us:
            self.world.after(self._rng.randrange(self.slow_us), partial(end.send, answer))
        else:
            end.send(answer)

    def _do(self, session: Session, question: Question) -> Result:
        match question:
            case Commit(operations, done):
                try:
                    result = self.tree.apply(operations, session.number)
                except Conflict as conflict:
                    return conflict
                self.writes += 1
                self._fire(result)
                if done is not None:
                    done()
                return result
            case Read():
                return self._read(session, question)
            case Goodbye():
                self._end(session)
                return None
            case Ping():
                return None

    def _read(self, session: Session, read: Read) -> Found:
        tree = self._server_of(session).old or self.tree
        found = {path: node for path in read.paths if (node := tree.get(path)) is not None}
        for path in read.trees:
            found.update(tree.under(path))
        if read.watch:
            session.watches.update(dict.fromkeys((path, False) for path in read.paths))
            session.watches.update(dict.fromkeys((path, True) for path in read.trees))
        return found

    def _server_of(self, session: Session) -> Server:
        assert session.end is not None
        return self.servers[session.end.here]

    # Watches and the ends of sessions.

    def _fire(self, done: Done) -> None:
        changed = [(path, False) for path in done.data] + [(path, True) for path in done.children]
        for session in self.sessions.values():
            for key in changed:
                if key in session.watches:
                    del session.watches[key]
                    self._tell(session, key[0])

    def _tell(self, session: Session, path: str) -> None:
        if self.loses_watches:
            self.loses_watches -= 1
        elif session.end is not None:
            tell, server = partial(session.end.send, Fired(path)), self._server_of(session)
            if server.old is None:
                tell()
            else:
                server.late.append(tell)

    def _end(self, session: Session) -> None:
        del self.sessions[session.number]
        end, self.writes = session.end, self.writes + 1
        if end is not None and self.servers[end.here].ends.pop(end, True) is None:
            self._network.drop(end)
        self._fire(self.tree.remove(self.tree.owned(session.number)))

    def _judge_later(self, session: Session) -> None:
        due = self.clock.when(session.heard_ms + session.timeout_ms)
        self.world.at(max(due, self.world.now_us + GONE_US[0]), partial(self._judge, session))

    def _judge(self, session: Session) -> None:
        if session.number not in self.sessions:
            return
        if self.commits and self.clock.now() >= session.heard_ms + session.timeout_ms:
            self._end(session)
        elif self.clock.now() >= session.heard_ms + session.timeout_ms:
            self.world.after(NOTICED_US[0], partial(self._judge, session))
        else:
            self._judge_later(session)
