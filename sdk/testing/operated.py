"""What an author has operators do with a cluster's machines."""

from collections.abc import Callable
from functools import partial

from barter.core.ids import AgentId
from barter.master import events as ev
from barter.sdk.testing.trouble import Troubled, named_or_refused
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.operators import Operators
from barter.tools.sim.world import SECOND_US

MINUTE_MS = 60_000


class Operated(Troubled):
    """The master is asked as soon as it knows the machine, and again until it answers."""

    def __init__(self, sim: SimCluster) -> None:
        super().__init__(sim)
        self._operators = Operators(sim)

    def drain(self, *names: str, zone: str = "", grace_minutes: float = 10, in_minutes: float = 0) -> None:
        """Give machines up, at once or announced: frameworks get inverse offers, and after the grace what is left ends.

        Raises ValueError where nothing is named, or the times are negative.
        """
        if grace_minutes < 0 or in_minutes < 0:
            raise ValueError(f"drain() in {in_minutes:g} minutes, within {grace_minutes:g}: neither can be negative")
        named_or_refused("drain", "agent-0", names, zone)
        start_ms = self._sim.world.now_ms + int(in_minutes * MINUTE_MS) if in_minutes else 0
        grace_ms = int(grace_minutes * MINUTE_MS)
        for name in self._machines(names, zone):
            self._ask(name, lambda agent_id: ev.Drain(0, agent_id, start_ms, grace_ms, "for a test"))

    def activate(self, *names: str, zone: str = "") -> None:
        """End what `drain` began. Raises ValueError where nothing is named."""
        named_or_refused("activate", "agent-0", names, zone)
        for name in self._machines(names, zone):
            self._ask(name, lambda agent_id: ev.Activate(0, agent_id, "for a test"))

    def _ask(self, name: str, call: Callable[[AgentId], ev.OperatorCall]) -> None:
        self._sim.world.after(0, partial(self._ask_once_known, name, call))

    def _ask_once_known(self, name: str, call: Callable[[AgentId], ev.OperatorCall]) -> None:
        agent_id = self._sim.agents[name].ledger.agent_id
        if agent_id in self._sim.master.machine.cluster.agents:
            wanted = call(agent_id)
            self._note(f"operators want {type(wanted).__name__.lower()} {agent_id}")
            self._operators.insist(wanted)
        else:
            self._sim.world.after(SECOND_US, partial(self._ask_once_known, name, call))
