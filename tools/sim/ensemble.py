"""ZooKeeper as its clients see it: three servers, of which a majority serves one tree, and sessions that time out.

A write is done at one moment. All reads see it from then on but those at a server that lags: it shows what was, and
lets in no client that has seen more.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from barter.core.znodes import Conflict, Operation
from barter.tools.sim.clock import DriftingClock
from barter.tools.sim.network import End, Message, Network
from barter.tools.sim.world import World
from barter.tools.sim.znode_tree import Done, Tree, Znode

SERVERS = ("zk-0", "zk-1", "zk-2")
NOTICED_US = (200_000, 2_000_000)
"""How long its peers believe in a server that hangs or is cut off."""
ELECTION_US = (200_000, 1_500_000)
GONE_US = (500, 20_000)


@dataclass(frozen=True, slots=True)
class Hello:
    """The first word of a client on a connection, which knows of so many writes; `session` 0 asks for a new one."""

    session: int
    timeout_ms: int
    seen: int


@dataclass(frozen=True, slots=True)
class Greeted:
    """`session` 0: the one asked for is over."""

    session: int


@dataclass(frozen=True, slots=True)
class Ping:
    """A read that is of no interest."""


@dataclass(frozen=True, slots=True)
class Commit:
    """`done` is called as it happens: what is true then, whoever hears of it."""

    operations: tuple[Operation, ...]
    done: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """The nodes of `paths` that are there, and all that is under `trees`; with a watch on each if `watch`."""

    paths: tuple[str, ...] = ()
    trees: tuple[str, ...] = ()
    watch: bool = False


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The client gives its session up."""


Question = Ping | Commit | Read | Goodbye
Found = dict[str, Znode]
Result = Done | Conflict | Found | None


@dataclass(frozen=True, slots=True)
class Ask:
    number: int
    question: Question


@dataclass(frozen=True, slots=True)
class Answer:
    number: int
    result: Result
    seen: int


@dataclass(frozen=True, slots=True)
class Fired:
    """A watch of this session; it fires once."""

    path: str


@dataclass(slots=True)
class Session:
    """`heard_ms` by the clock that judges sessions; `end` is its present connection."""

    number: int
    who: str
    timeout_ms: int
    heard_ms: int
    end: End | None = None
    watches: dict[tuple[str, bool], None] = field(default_factory=dict)


class Server:
    """`serves`: it is one of a majority, as far as all of them know. `old` is what it shows while it lags."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.up = True
        self.serves = True
        self.hung_until_us = 0
        self.cuts = 0
        self.ends: dict[End, None] = {}
        self.unheard: list[tuple[End, Message]] = []
        self.old: Tree | None = None
        self.old_writes = 0
        self.late: list[Callable[[], None]] = []


class Ensemble:
    """`loses_watches`: so many of the next that fire never come; `slow_us`: how much later an answer may come.

    `loses`: whose connection breaks in its next write, and whether that is done.

    Sessions time out only while a majority serves; where it has chosen a new leader each gets its whole time again.
    """

    def __init__(self, world: World, network: Network, names: tuple[str, ...] = SERVERS) -> None:
        self.world = world
        self.tree = Tree()
        self.clock = DriftingClock(world)
        self.writes = 0
        self.sessions: dict[int, Session] = {}
        self.servers = {name: Server(name) for name in names}
        self.leader = names[0]
        self.loses_watches = 0
        self.loses: dict[str, bool] = {}
        self.slow_us = 0
        self._network = network
        self._rng = world.random("zookeeper")
        self._opened = 0
        self._ill: dict[str, None] = {}
        self._stuck: list[Callable[[], None]] = []
        self._electing = 0
        for server in self.servers.values():
            self._listen(server)

    @property
    def serves(self) -> bool:
        return bool(self.leader)

    @property
    def commits(self) -> bool:
        """Whether a write that comes now is done now."""
        if not self._ill:
            return self.serves
        well = [self._well(server) for server in self.servers.values() if server.serves]
        return self.serves and self._well(self.servers[self.leader]) and sum(well) * 2 > len(self.servers)

    def hears(self, end: End) -> bool:
        """Whether what is said at the client's end of a connection is heard at once, but for the way there."""
        server = self.servers[end.there]
        return server.serves and self.commits and not self.slow_us and self._well(server)

    def touch(self, number: int) -> None:
        """The session has been heard of."""
        if (session := self.sessions.get(number)) is not None:
            session.heard_ms = self.clock.now()

    # What goes wrong with servers.

    def crash(self, name: str) -> None:
        server = self.servers[name]
        if server.up:
            server.up = False
            self._ill[name] = None
            self._out(server)

    def start(self, name: str) -> None:
        server = self.servers[name]
        if not server.up:
            server.up, server.hung_until_us = True, 0
            self._well_again(server)

    def hang(self, name: str, us: int) -> None:
        """As after SIGSTOP: connections stay, and nothing is answered."""
        server = self.servers[name]
        server.hung_until_us = max(server.hung_until_us, self.world.now_us + us)
        self.world.at(server.hung_until_us, partial(self.wake, name))
        self._suspect(server)

    def wake(self, name: str, *, at_once: bool = False) -> None:
        server = self.servers[name]
        if at_once:
            server.hung_until_us = 0
        if server.hung_until_us <= self.world.now_us:
            self._well_again(server)

    def cut(self, name: str) -> None:
        """The other servers are out of its reach; its clients are not."""
        self.servers[name].cuts += 1
        self._suspect(self.servers[name])

    def mend(self, name: str) -> None:
        server = self.servers[name]
        server.cuts -= 1
        if not server.cuts:
            self._well_again(server)

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

    def catch_up(self, name: str) -> None:
        server = self.servers[name]
        server.old = None
        late, server.late = server.late, []
        for each in late:
            each()

    def _well(self, server: Server) -> bool:
        return server.up and not server.cuts and server.hung_until_us <= self.world.now_us

    def _suspect(self, server: Server) -> None:
        self._ill[server.name] = None

        def look() -> None:
            if server.serves and not self._well(server):
                self._out(server)

        self.world.after(self._rng.randrange(*NOTICED_US), look)

    def _well_again(self, server: Server) -> None:
        if not self._well(server):
            return
        self._ill.pop(server.name, None)
        if not server.serves:
            self._drop_clients(server)
            self._join_later(server)
            return
        unheard, server.unheard = server.unheard, []
        for end, message in unheard:
            self._hear(server, end, message)
        if self.commits:
            stuck, self._stuck = self._stuck, []
            for each in stuck:
                each()

    def _out(self, server: Server) -> None:
        """It is none of the majority any more; where none is left, or the leader is lost, nobody is served."""
        server.serves, server.old = False, None
        server.late.clear()
        if server.up and server.hung_until_us > self.world.now_us:
            pass
        else:
            self._drop_clients(server)
            self._network.deafen(server.name)
        serving = [each for each in self.servers.values() if each.serves]
        if server.name == self.leader or len(serving) * 2 <= len(self.servers):
            self._stop()

    def _stop(self) -> None:
        self.leader = ""
        self._stuck.clear()
        for server in self.servers.values():
            server.serves = False
            if server.hung_until_us <= self.world.now_us:
                self._drop_clients(server)
                self._network.deafen(server.name)
        self._elect_later()

    def _join_later(self, server: Server) -> None:
        if self.serves:
            self.world.after(self._rng.randrange(*ELECTION_US), partial(self._join, server))
        else:
            self._elect_later()

    def _join(self, server: Server) -> None:
        if self._well(server) and self.serves and not server.serves:
            server.serves = True
            self._listen(server)

    def _elect_later(self) -> None:
        self._electing += 1
        number = self._electing
        self.world.after(self._rng.randrange(*ELECTION_US), partial(self._elect, number))

    def _elect(self, number: int) -> None:
        able = [server for server in self.servers.values() if self._well(server)]
        if number != self._electing or self.serves or len(able) * 2 <= len(self.servers):
            return
        self.leader = self._rng.choice(able).name
        for session in self.sessions.values():
            session.heard_ms = self.clock.now()
        for server in able:
            server.serves = True
            self._listen(server)

    # Connections.

    def _listen(self, server: Server) -> None:
        self._network.listen(server.name, server.name, partial(self._accept, server), lambda: server.hung_until_us)

    def _accept(self, server: Server, end: End) -> None:
        server.ends[end] = None
        end.hear = partial(self._hear, server, end)
        end.ended = lambda _: server.ends.pop(end, None)

    def _drop_clients(self, server: Server) -> None:
        server.unheard.clear()
        ends, server.ends = server.ends, {}
        for end in ends:
            self._network.drop(end, kept=0)

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

    def _when_it_commits(self, do: Callable[[], None]) -> None:
        if self.commits:
            do()
        else:
            self._stuck.append(do)

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
        self.writes += 1
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
