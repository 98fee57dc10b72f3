"""A master's process where several are elected: it listens always, and the machine within it lives while it leads."""

from collections.abc import Sequence
from functools import lru_cache, partial

from barter.core import candidacy
from barter.core.candidate_nodes import candidate_bytes, candidate_name, candidate_of, leader_bytes, leader_of
from barter.core.election import Election
from barter.core.machine import Machine
from barter.core.znodes import Check, Create, Operation, SetData, Unknown
from barter.master.znode_registry import ROOT
from barter.tools.sim import wire
from barter.tools.sim.ensemble import Ensemble
from barter.tools.sim.leading import LeadingMaster
from barter.tools.sim.network import End, Message, Network
from barter.tools.sim.process import Process
from barter.tools.sim.world import World
from barter.tools.sim.znode_tree import Done, Tree, Znode
from barter.tools.sim.zookeeper import Client
from barter.tools.sim.zookeeper_wire import Commit, Found, Read, Result

LEADER, CANDIDATES = "masters/leader", "masters/candidates"
HOLD_US, FIRST_CALL_US = 10_000_000, 10_000_000
LOAD_AGAIN_US = 100_000
UNDER_WAY = 0.5
"""How often a renewal is on its way as the process is stopped."""
HANDOVER_US, LOOK_US = 500_000, 20_000


def prepare(tree: Tree) -> None:
    """What must be there before the first of them starts."""
    nodes = (Create("masters"), Create(LEADER, leader_bytes(0, "", {})), Create(CANDIDATES))
    tree.apply(nodes, 0)


class Held:
    """A stream that nobody has answered yet, with what came on it."""

    def __init__(self, end: End) -> None:
        self.end = end
        self.came: list[Message] = []
        self.unreachable = ""


class SimCandidate(Process[candidacy.Event, candidacy.Action]):
    """`leader` is the address of whom it follows. What ends the master within it ends it, too."""

    def __init__(
        self, world: World, network: Network, ensemble: Ensemble, master: LeadingMaster, timeout_ms: int
    ) -> None:
        super().__init__(world, master.name, master.name)
        self.master = master
        self.leader = ""
        self._addresses = {"grpc": master.name}
        self.election: Election
        self.client: Client
        master.disk = self.disk
        master.clock_of = lambda: self.clock
        master.may_act = self.may_act
        master.end = self.crash
        master.ended = lambda _: self.crash("its master ended")
        self._network, self._ensemble, self._timeout_ms = network, ensemble, timeout_ms
        self._held: dict[Held, None] = {}
        self._leaving = False

    def may_act(self) -> bool:
        return self.up and not self._leaving and self.election.may_act(self.clock.now())

    def make(self) -> Machine[candidacy.Event, candidacy.Action]:
        self.leader, self._leaving = "", False
        self.election = Election(f"{self.name}.{self.life}")
        self.client = Client(self, self._network, self._ensemble, self._timeout_ms, self._hear_of_session)
        self.world.after(0, self.within_life(self.client.start))
        self._network.listen(self.name, self.host, self._accept, lambda: self.paused_until_us)
        return self.election

    def stepped(self, events: Sequence[candidacy.Event], actions: Sequence[candidacy.Action]) -> None:
        for see in self.world.seen.candidate_stepped:
            see(self, events, actions)

    def perform(self, actions: list[candidacy.Action]) -> None:
        for action in actions:
            match action:
                case candidacy.Enlist():
                    self._enlist(action)
                case candidacy.Look():
                    self._look(action)
                case candidacy.Take():
                    self._take(action)
                case candidacy.Lead():
                    self.leader = self.name
                    self._load(action)
                case candidacy.Follow(addresses):
                    self.leader = addresses.get("grpc", "")
                    self._answer_held()
                case candidacy.Leave():
                    self._leave(action)

    def lost(self) -> None:
        self._network.deafen(self.name)
        self.client.drop()
        for held in self._held:
            self._network.drop(held.end)
        self._held.clear()
        self.master.crash("its process ended")

    def pause(self, us: int) -> None:
        if self.up and self._rng.random() < UNDER_WAY:
            self.client.ask_now()
        super().pause(us)
        self.master.pause(us)

    def resume(self) -> None:
        super().resume()
        self.master.resume()

    # Its part in the election.

    def _hear_of_session(self, event: candidacy.Event) -> None:
        """A renewal wants nothing done."""
        if isinstance(event, candidacy.Renewed):
            self.election.step(event, self.clock.now())
        else:
            self.post(event)

    def _enlist(self, enlist: candidacy.Enlist) -> None:
        data = candidate_bytes(enlist.token, self._addresses)
        node = Create(f"{CANDIDATES}/{candidate_name(enlist.token)}", data, ephemeral=True, sequence=True)
        self._commit((node,), candidacy.Enlisted(enlist.number))

    def _take(self, take: candidacy.Take) -> None:
        data = leader_bytes(take.epoch, take.candidate.token, self._addresses)
        check = Check(f"{CANDIDATES}/{take.candidate.node}")
        taken = candidacy.Taken(take.epoch, take.version + 1, take.number)
        self._commit((check, SetData(LEADER, data, take.version)), taken)

    def _commit(self, operations: tuple[Operation, ...], event: candidacy.Enlisted | candidacy.Taken) -> None:
        def answered(result: Result | Unknown) -> None:
            self.post(event if isinstance(result, Done) else candidacy.Failed(str(result), event.number))

        self.client.ask(Commit(operations), answered)

    def _look(self, look: candidacy.Look) -> None:
        def answered(result: Result | Unknown) -> None:
            if isinstance(result, dict):
                self.post(looked(result, look.number))
            else:
                self.post(candidacy.Failed(str(result), look.number))

        self.client.ask(Read((LEADER,), (CANDIDATES,), watch=True), answered)

    # While it leads.

    def _load(self, lead: candidacy.Lead) -> None:
        def loaded(result: Result | Unknown) -> None:
            if isinstance(result, dict):
                self.master.lead(lead.epoch, Check(LEADER, lead.version), self.client, result, self._serve_held)
            else:
                self.world.after(LOAD_AGAIN_US, self.within_life(partial(self._load, lead)))

        self.client.ask(Read(trees=(ROOT,)), loaded)

    def _leave(self, leave: candidacy.Leave) -> None:
        if leave.code:
            self.crash(leave.reason)
            return
        self._leaving = True
        self.client.close()
        self._hand_over(self.world.now_us + HANDOVER_US, leave.reason)

    def _hand_over(self, until_us: int, reason: str) -> None:
        """Its streams end as soon as another leads, whom it names."""
        node = self._ensemble.tree.get(LEADER)
        assert node is not None
        leader = leader_in(node).addresses["grpc"]
        if leader != self.name or self.world.now_us >= until_us:
            self.master.name_leader(leader if leader != self.name else "")
            self.crash(reason)
            return
        self.world.after(LOOK_US, self.within_life(partial(self._hand_over, until_us, reason)))

    # Those who call.

    def _accept(self, end: End) -> None:
        if self.master.up:
            self.master.accept(end)
            return
        held = Held(end)
        self._held[held] = None
        end.hear = self.within_life(partial(self._knock, held))
        end.ended = lambda _: self._held.pop(held, None)
        self.world.after(FIRST_CALL_US, self.within_life(partial(self._give_up, held)))

    def _knock(self, held: Held, message: Message) -> None:
        if held not in self._held:
            # Heard late, by one that was stopped: served meanwhile, or refused.
            if held.end.open:
                held.end.hear(message)
            return
        if not held.came and isinstance(message, wire.FirstCall):
            held.unreachable = message.unreachable
        held.came.append(message)
        if self.leader and self.leader not in (self.name, held.unreachable):
            self._refuse(held, self.leader, f"{self.leader} leads")

    def _answer_held(self) -> None:
        for held in [each for each in self._held if each.came]:
            if self.leader and self.leader != held.unreachable:
                self._refuse(held, self.leader, f"{self.leader} leads")

    def _serve_held(self) -> None:
        """What came before it led is said to it now."""
        waiting, self._held = self._held, {}
        for held in waiting:
            if held.end.open:
                self.master.accept(held.end)
                for message in held.came:
                    held.end.hear(message)

    def _give_up(self, held: Held) -> None:
        if held in self._held:
            self._refuse(held, "", "no master leads")

    def _refuse(self, held: Held, leader: str, reason: str) -> None:
        del self._held[held]
        held.end.send(wire.NotLeader(leader, reason))
        self._network.drop(held.end)


_candidate = lru_cache(64)(candidate_of)
_leader = lru_cache(64)(leader_of)


def looked(found: Found, number: int) -> candidacy.Looked:
    """What the nodes of an election say."""
    queue = [_candidate(path, node.data) for path, node in found.items() if path.startswith(f"{CANDIDATES}/")]
    return candidacy.Looked(tuple(queue), leader_in(found[LEADER]), number)


def leader_in(node: Znode) -> candidacy.Leader:
    return _leader(LEADER, node.data, node.version)
