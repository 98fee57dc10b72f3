"""Nothing is offered of agents that are away, or to frameworks that are."""

from collections.abc import Sequence
from typing import Any

from barter.core.ids import AgentId
from barter.master import actions as act
from barter.master import events as ev
from barter.master.messages import Offers
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process


class OffersInReach(Checker):
    """After each step, an agent whose stream has ended, or that was said to be lost, has no open offers; what was
    offered is of active agents that have registered with this master, and to a framework that is connected.
    """

    name = "offers_in_reach"

    def __init__(self) -> None:
        super().__init__()
        self._registered: set[AgentId] = set()

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimMaster):
            self._registered.clear()

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        concerned: dict[AgentId, None] = {}
        for event in events:
            if isinstance(event, ev.AgentDisconnected):
                concerned[event.agent_id] = None
            elif isinstance(event, ev.AgentRegister):
                self._registered.add(event.info.agent_id)
        for action in actions:
            if isinstance(action, act.SendToFramework) and isinstance(action.message, Offers):
                framework = master.machine.cluster.frameworks.get(action.framework_id)
                if framework is None or not framework.connected:
                    self.fail(f"{action.framework_id} is offered something, and is not there")
                concerned |= dict.fromkeys(offer.agent_id for offer in action.message.offers)
                for offer in action.message.offers:
                    if offer.agent_id not in self._registered:
                        self.fail(f"{offer.agent_id} is offered, and has not registered with this master")
        for agent_id in concerned:
            agent = master.machine.cluster.agents.get(agent_id)
            if agent is not None and agent.offers and not agent.active:
                offers = ", ".join(agent.offers)
                self.fail(f"agent {agent_id} is away, and {offers} of it stand open")
