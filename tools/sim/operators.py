"""Those who operate a simulated cluster: each call is a stream of its own; its answer may be lost with the master."""

from collections.abc import Callable
from dataclasses import replace

from barter.core.ids import AgentId
from barter.master.events import OperatorCall
from barter.tools.sim import wire
from barter.tools.sim.cluster import MASTER, SimCluster
from barter.tools.sim.network import End, Message

HOST = "operators"
AGAIN_US = 5_000_000


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
        call = replace(wanted, call=self._asked)
        seen = self.cluster.world.seen

        def opened(end: End) -> None:
            end.hear = hear
            end.ended = unanswered
            for see in seen.operator_asked:
                see(call)
            end.send(wire.OperatorCall(call))

        answered = False

        def hear(message: Message) -> None:
            nonlocal answered
            if isinstance(message, wire.OperatorAnswer):
                answered = True
                for see in seen.operator_answered:
                    see(call, message.refusal)

        def unanswered(_: str) -> None:
            if not answered:
                lost()

        self.cluster.network.dial(HOST, MASTER, opened, unanswered)

    def insist(self, wanted: OperatorCall) -> None:
        """Ask until there is an answer."""
        self.ask(wanted, lost=lambda: self.cluster.world.after(AGAIN_US, lambda: self.insist(wanted)))
