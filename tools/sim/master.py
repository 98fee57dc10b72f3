"""A master: its production core over a registry on disk, and the streams of its peers."""

from collections.abc import Sequence
from functools import partial

from barter.core.machine import Machine
from barter.master import actions as act
from barter.master import events as ev
from barter.master.cluster import Timing
from barter.master.facts import Fact
from barter.master.machine import Master
from barter.master.messages import Error, ToAgent, ToFramework
from barter.tools.sim import wire
from barter.tools.sim.disk import SimRegistry
from barter.tools.sim.network import End, Message, Network
from barter.tools.sim.process import Process
from barter.tools.sim.world import World

CLUSTER_ID = "simula"


class Peer:
    """An open stream: what its first message said it is."""

    def __init__(self, end: End) -> None:
        self.end = end
        self.agent: ev.AgentDisconnected | None = None
        self.subscribed = False


class SimMaster(Process[ev.Event, act.Action]):
    """Its streams end with it; what it committed is there at the next start, under a higher epoch."""

    def __init__(self, world: World, network: Network, name: str, timing: Timing, heartbeat_ms: int) -> None:
        super().__init__(world, name, name)
        self.registry = SimRegistry(self.disk, self._committed)
        self.machine: Master
        self._network = network
        self._timing = timing
        self._heartbeat_ms = heartbeat_ms
        self._peers: dict[int, Peer] = {}
        self._sessions = 0

    @property
    def epoch(self) -> int:
        return self.machine.cluster.epoch

    def make(self) -> Machine[ev.Event, act.Action]:
        recovered = self.registry.start(CLUSTER_ID)
        self.machine = Master(recovered, self._timing, self.clock.now())
        self._leader = wire.Leader(recovered.cluster_id, recovered.epoch, self._heartbeat_ms)
        self._beat = wire.FromMaster(self._leader, None)
        self._sessions = 0
        self._network.listen(self.name, self.host, self._accept)
        self.world.after(self._heartbeat_ms * 1000, self.within_life(self._beat_all))
        return self.machine

    def stepped(self, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        for see in self.world.seen.master_stepped:
            see(self, events, actions)

    def perform(self, actions: list[act.Action]) -> None:
        facts = [action.fact for action in actions if isinstance(action, act.Persist)]
        if facts:
            self.registry.commit(facts)
        for action in actions:
            match action:
                case act.SendToAgent() | act.SendToFramework():
                    if (peer := self._peers.get(action.session)) is not None:
                        self._send(peer, action.message)
                case act.CloseSession():
                    self._close(action)
                case _:
                    pass

    def _committed(self, facts: Sequence[Fact]) -> None:
        for see in self.world.seen.master_committed:
            see(self, facts)

    def lost(self) -> None:
        self._network.deafen(self.name)
        for peer in self._peers.values():
            self._network.drop(peer.end, kept=self._rng.randrange(peer.end.on_the_way + 1))
        self._peers.clear()

    def _send(self, peer: Peer, message: ToAgent | ToFramework) -> None:
        peer.end.send(wire.FromMaster(self._leader, message))
        self.disk.sent()

    def _accept(self, end: End) -> None:
        self._sessions += 1
        session, peer = self._sessions, Peer(end)
        self._peers[session] = peer
        end.hear = partial(self._hear, session, peer)
        end.ended = partial(self._ended, session)

    def _hear(self, session: int, peer: Peer, message: Message) -> None:
        if isinstance(message, wire.AgentCall):
            if peer.agent is None:
                peer.agent = ev.AgentDisconnected(session, message.info.agent_id)
            self.post(wire.agent_call(session, message))
        elif isinstance(message, wire.FrameworkCall):
            peer.subscribed = True
            self.post(wire.framework_call(session, message))

    def _ended(self, session: int, reason: str) -> None:
        peer = self._peers.pop(session, None)
        if peer is None:
            return
        if peer.agent is not None:
            self.post(peer.agent)
        elif peer.subscribed:
            self.post(ev.FrameworkDisconnected(session))

    def _close(self, action: act.CloseSession) -> None:
        peer = self._peers.get(action.session)
        if peer is None:
            return
        if action.reason:
            self._send(peer, Error(action.reason, action.fatal))
        self._network.drop(peer.end)
        self._ended(action.session, action.reason)

    def _beat_all(self) -> None:
        for peer in self._peers.values():
            peer.end.send(self._beat)
        self.world.after(self._heartbeat_ms * 1000, self.within_life(self._beat_all))
