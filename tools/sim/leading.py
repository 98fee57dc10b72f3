"""A master among several, while it leads: each of its writes is a transaction that only the leader can do."""

from collections.abc import Callable, Sequence
from functools import partial

from barter.core.znodes import Check
from barter.master import actions as act
from barter.master.facts import Recovered
from barter.tools.sim import wire
from barter.tools.sim.clock import DriftingClock
from barter.tools.sim.fenced import Bodies, FencedRegistry
from barter.tools.sim.master import CLUSTER_ID, SimMaster, facts_of
from barter.tools.sim.zookeeper import Client
from barter.tools.sim.zookeeper_wire import Found


class LeadingMaster(SimMaster):
    """Up while it leads, in the process of a candidate, which says what time it is and whether it may act.

    What it may not do any more ends it, and its process. While a write is under way it takes no turn and sends
    nothing but heartbeats.
    """

    clock_of: Callable[[], DriftingClock]
    may_act: Callable[[], bool]
    end: Callable[[str], None]
    bodies: Bodies
    _recovered: Recovered

    def lead(self, epoch: int, fence: Check, client: Client, found: Found, then: Callable[[], None]) -> None:
        """From now on; `found` is what there is of the registry, `then` is called once it serves."""

        def begin(recovered: Recovered) -> None:
            self._recovered, self._writing = recovered, False
            self.start()
            then()

        self._fenced = FencedRegistry(client, self.bodies.registry(fence), self._acts, self.end)
        self._fenced.load(found, epoch, CLUSTER_ID, begin)

    def make_clock(self) -> DriftingClock:
        return self.clock_of()

    def recover(self) -> Recovered:
        return self._recovered

    def name_leader(self, leader: str) -> None:
        """To all who have a stream: they go there."""
        for peer in self._peers.values():
            peer.end.send(wire.NotLeader(leader, "it hands over"))

    def lost(self) -> None:
        self.part()

    def perform(self, actions: list[act.Action]) -> None:
        if facts := facts_of(actions):
            self._writing = True
            happens = partial(self.committed, facts)
            self.disk.write(lambda: self._fenced.commit(facts, happens, partial(self._written, actions)))
        else:
            self._go_on(actions)

    def _turn(self) -> None:
        if not self._writing and self._acts():
            super()._turn()

    def _beat_all(self) -> None:
        if self._acts():
            super()._beat_all()

    def _acts(self) -> bool:
        if self.may_act():
            return True
        self.end("it may not act any more: another may lead")
        return False

    def _written(self, actions: Sequence[act.Action]) -> None:
        self._writing = False
        self._go_on(actions)
        if self.up:
            self.plan()

    def _go_on(self, actions: Sequence[act.Action]) -> None:
        if self._acts():
            self.carry_out(actions)
