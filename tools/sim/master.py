"""A master: its production core over a registry on disk, and the streams of its peers."""

from collections.abc import Sequence
from functools import partial

from barter.core.machine import Machine
from barter.master import actions as act
from barter.master import events as ev
from barter.master.cluster import Timing
from barter.master.facts import Fact, Recovered
from barter.master.joining import joined
from barter.master.machine import Master
from barter.master.messages import Error, ToAgent, ToFramework
from barter.tools.sim import wire
from barter.tools.sim.disk import SimRegistry
from barter.tools.sim.network import End, Message, Network
from barter.tools.sim.process import Process
from barter.tools.sim.world import World

CLUSTER_ID = "simula"
FIRST_CALL_US = 10_000_000
CLOSING_US = (20, 2_000)


class Peer:
    """An open stream. `gone`: what its end is to the machine, known from its first message on.

    `unsent` is put on its way at the end of a batch; one that is `closing` is sent nothing more, and still heard.
    """

    def __init__(self, end: End) -> None:
        self.end = end
        self.gone: ev.AgentDisconnected | ev.FrameworkDisconnected | None = None
        self.unsent: list[ToAgent | ToFramework] = []
        self.closing = False


class SimMaster(Process[ev.Event, act.Action]):
    """Its streams end with it; what it committed is there at the next start, under a higher epoch."""

    def __init__(self, world: World, network: Network, name: str, timing: Timing, heartbeat_ms: int) -> None:
        super().__init__(world, name, name)
        self.registry = SimRegistry(self.disk, self.committed)
        self.machine: Master
        self.led_us = -1
        self._network = network
        self._timing = timing
        self._heartbeat_ms = heartbeat_ms
        self._peers: dict[int, Peer] = {}
        self._sessions = 0
        self._asking: dict[int, Peer] = {}

    @property
    def epoch(self) -> int:
        return self.machine.cluster.epoch

    def make(self) -> Machine[ev.Event, act.Action]:
        recovered = self.recover()
        self.machine = Master(recovered, self._timing, self.clock.now())
        self._leader = wire.Leader(recovered.cluster_id, recovered.epoch, self._heartbeat_ms)
        self._beat = wire.FromMaster(self._leader, None)
        self._sessions = 0
        self.led_us = self.world.now_us
        self._beat_later()
        return self.machine

    def recover(self) -> Recovered:
        """What is durable, and its peers may come."""
        self._network.listen(self.name, self.host, self.accept, lambda: self.paused_until_us)
        return self.registry.start(CLUSTER_ID)

    def stepped(self, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        if events and not actions and all(isinstance(event, ev.AgentHeartbeat) for event in events):
            for see in self.world.seen.master_heard:
                see(self, events)
            return
        for see in self.world.seen.master_stepped:
            see(self, events, actions)

    def perform(self, actions: list[act.Action]) -> None:
        if facts := facts_of(actions):
            self.registry.commit(facts)
        self.carry_out(actions)

    def carry_out(self, actions: Sequence[act.Action]) -> None:
        """What follows when their facts are durable."""
        waiting: dict[int, Peer] = {}
        for action in actions:
            match action:
                case act.SendToAgent() | act.SendToFramework():
                    self._put(waiting, action.session, action.message)
                case act.CloseSession():
                    self._close(waiting, action)
                case act.Answer():
                    self._answer(action)
                case _:
                    pass
        for peer in waiting.values():
            self._send_all(peer)

    def committed(self, facts: Sequence[Fact]) -> None:
        for see in self.world.seen.master_committed:
            see(self, facts)

    def lost(self) -> None:
        self._network.deafen(self.name)
        self.part()

    def part(self) -> None:
        """Its streams end, and lose what was on its way but some."""
        for peer in self._peers.values():
            self._network.drop(peer.end, kept=self._rng.randrange(peer.end.on_the_way + 1))
        self._peers.clear()
        self._asking.clear()

    def _put(self, waiting: dict[int, Peer], session: int, message: ToAgent | ToFramework) -> None:
        peer = self._peers.get(session)
        if peer is not None and not peer.closing:
            waiting[session] = peer
            peer.unsent.append(message)

    def _close(self, waiting: dict[int, Peer], action: act.CloseSession) -> None:
        """It ends after what waits for it; what its peer says until then is still heard."""
        if action.reason:
            self._put(waiting, action.session, Error(action.reason, action.fatal))
        peer = self._peers.get(action.session)
        if peer is not None and not peer.closing:
            self._end_soon(action.session, peer)

    def _end_soon(self, session: int, peer: Peer) -> None:
        peer.closing = True
        self.world.after(self._rng.randrange(*CLOSING_US), self.within_life(partial(self._end, session, peer)))

    def _end(self, session: int, peer: Peer) -> None:
        self._network.drop(peer.end)
        self._ended(session, "closed")

    def _send_all(self, peer: Peer) -> None:
        """What of a batch is for one peer leaves as its stream's writer would write it."""
        unsent, peer.unsent = peer.unsent, []
        for message in joined(unsent):
            peer.end.send(wire.FromMaster(self._leader, message))
            self.disk.sent()

    def _answer(self, action: act.Answer) -> None:
        """To an operator who may have gone; its stream ends with it."""
        peer = self._asking.pop(action.call, None)
        if peer is not None:
            peer.end.send(wire.OperatorAnswer(action.refusal))
            self._network.drop(peer.end)
            self.disk.sent()

    def accept(self, end: End) -> None:
        self._sessions += 1
        session, peer = self._sessions, Peer(end)
        self._peers[session] = peer
        end.hear = partial(self._hear, session, peer)
        end.ended = partial(self._ended, session)
        self.world.after(FIRST_CALL_US, self.within_life(partial(self._expect_first, session, peer)))

    def _expect_first(self, session: int, peer: Peer) -> None:
        if peer.gone is None:
            self._end(session, peer)

    def _hear(self, session: int, peer: Peer, message: Message) -> None:
        match message:
            case wire.AgentCall():
                if peer.gone is None:
                    peer.gone = ev.AgentDisconnected(session, message.info.agent_id)
                self.post(wire.agent_call(session, message))
            case wire.FrameworkCall():
                if peer.gone is None:
                    peer.gone = ev.FrameworkDisconnected(session)
                self.post(wire.framework_call(session, message))
            case wire.OperatorCall(said):
                self._asking[said.call] = peer
                self.post(said)
            case wire.NoMoreCalls() if not peer.closing:
                self._end_soon(session, peer)

    def _ended(self, session: int, reason: str) -> None:
        peer = self._peers.pop(session, None)
        if peer is not None and peer.gone is not None:
            self.post(peer.gone)

    def _beat_all(self) -> None:
        for peer in self._peers.values():
            if peer.gone is not None and not peer.closing:
                peer.end.send(self._beat)
        self._beat_later()

    def _beat_later(self) -> None:
        due = self.clock.when(self.clock.now() + self._heartbeat_ms)
        self.world.at(due, self.within_life(self._beat_all))


def facts_of(actions: Sequence[act.Action]) -> list[Fact]:
    return [action.fact for action in actions if isinstance(action, act.Persist)]
