"""Those who operate a simulated cluster: each call is a stream of its own; its answer may be lost with the master."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from barter.core.ids import AgentId
from barter.core.turns import Turns
from barter.master.events import OperatorCall
from barter.tools.sim import wire
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.network import End, Message

HOST = "operators"
AGAIN_US = 5_000_000
MOST_TRIES = 4
"""For each master but the first: a single one is asked once."""


class Operators:
    """Numbers what it asks. Who gets no answer does not know whether it is done."""

    def __init__(self, cluster: SimCluster) -> None:
        self.cluster = cluster
        self._asked = 0

    def agent_id(self, name: str) -> AgentId:
        """Of the agent that is on this machine now."""
        return self.cluster.agents[name].info.agent_id

    def ask(self, wanted: OperatorCall, lost: Callable[[], None] = lambda: None) -> None:
        """`lost` where no answer comes: nobody is there, or the stream ends without one."""
        self._asked += 1
        _Asking(self.cluster, replace(wanted, call=self._asked), lost).begin()

    def insist(self, wanted: OperatorCall) -> None:
        """Ask until there is an answer."""
        self.ask(wanted, lost=lambda: self.cluster.world.after(AGAIN_US, lambda: self.insist(wanted)))


class _Asking:
    """One call, which follows the masters to whom leads; what was refused for that was not done."""

    def __init__(self, cluster: SimCluster, call: OperatorCall, lost: Callable[[], None]) -> None:
        self._cluster, self._call, self._lost = cluster, call, lost
        self._turns = Turns(cluster.addresses)
        self._tries = 0
        self._over = False

    def begin(self) -> None:
        self._tries += 1
        self._cluster.network.dial(HOST, self._turns.next(), self._opened, self._failed)

    def _opened(self, end: End) -> None:
        end.hear = partial(self._hear, end)
        end.ended = self._ended
        for see in self._cluster.world.seen.operator_asked:
            see(self._call)
        end.send(wire.OperatorCall(self._call, self._turns.unreachable))

    def _hear(self, end: End, message: Message) -> None:
        if isinstance(message, wire.OperatorAnswer):
            self._over = True
            for see in self._cluster.world.seen.operator_answered:
                see(self._call, message.refusal)
        elif isinstance(message, wire.NotLeader):
            self._cluster.network.drop(end)
            self._again(message.leader)

    def _ended(self, _: str) -> None:
        if not self._over:
            self._lost()

    def _failed(self, _: str) -> None:
        """It did not come so far as to ask."""
        self._again("")

    def _again(self, leader: str) -> None:
        if self._tries < MOST_TRIES * (len(self._cluster.masters) - 1):
            self._cluster.world.after(self._turns.lost(leader, 0) * 1_000, self.begin)
        else:
            self._lost()
