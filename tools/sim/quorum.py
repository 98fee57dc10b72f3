"""Servers of which a majority serves: how they die, hang, lose each other and choose who leads them."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial

from barter.tools.sim.network import End, Message, Network
from barter.tools.sim.world import World
from barter.tools.sim.znode_tree import Tree

SERVERS = ("zk-0", "zk-1", "zk-2")
NOTICED_US = (200_000, 2_000_000)
"""How long its peers believe in a server that hangs or is cut off."""
ELECTION_US = (200_000, 1_500_000)


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


class Quorum(ABC):
    """`leader` is one of the servers, or empty while none is chosen and nobody is served."""

    def __init__(self, world: World, network: Network, names: tuple[str, ...]) -> None:
        self.world = world
        self.servers = {name: Server(name) for name in names}
        self.leader = names[0]
        self._network = network
        self._rng = world.random("zookeeper")
        self._ill: dict[str, None] = {}
        self._stuck: list[Callable[[], None]] = []
        self._electing = 0
        for server in self.servers.values():
            self._listen(server)

    @abstractmethod
    def elected(self) -> None:
        """A majority has chosen a new leader."""

    @abstractmethod
    def _hear(self, server: Server, end: End, message: Message) -> None:
        """A server that does not hang hears a client."""

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
        self.elected()
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

    def _when_it_commits(self, do: Callable[[], None]) -> None:
        if self.commits:
            do()
        else:
            self._stuck.append(do)
