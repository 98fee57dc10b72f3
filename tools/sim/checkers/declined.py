"""Until when frameworks have refused which agents, worked out without the allocator."""

from collections.abc import Sequence

from barter.core.ids import AgentId, FrameworkId, OfferId
from barter.master import actions as act
from barter.master import events as ev
from barter.master.messages import Offers, Subscribed
from barter.tools.sim.master import SimMaster


class Declined:
    """By what frameworks answered to offers: a refusal ends at its time, with a revive, and with a subscription.

    Whether it covers an offer is not judged: while any of a framework holds for an agent, the agent counts as refused.
    """

    def __init__(self) -> None:
        self._agents: dict[OfferId, AgentId] = {}
        self._until_ms: dict[FrameworkId, dict[AgentId, int]] = {}

    def clear(self) -> None:
        """A master has started: refusals are not durable."""
        self._agents.clear()
        self._until_ms.clear()

    def holds(self, framework_id: FrameworkId, agent_id: AgentId, now: int) -> bool:
        return self._until_ms.get(framework_id, {}).get(agent_id, 0) >= now

    def note(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        for event in events:
            match event:
                case ev.Accept(session, offer_ids, _, filters) | ev.Decline(session, offer_ids, filters):
                    framework_id = master.machine.cluster.sessions.get(session)
                    if framework_id is not None and filters.refuse_ms > 0:
                        self._refuse(framework_id, offer_ids, master.clock.now() + filters.refuse_ms)
                case ev.Revive(session):
                    framework_id = master.machine.cluster.sessions.get(session)
                    if framework_id is not None:
                        self._until_ms.pop(framework_id, None)
                case _:
                    pass
        for action in actions:
            if isinstance(action, act.SendToFramework):
                if isinstance(action.message, Offers):
                    self._agents.update((offer.offer_id, offer.agent_id) for offer in action.message.offers)
                elif isinstance(action.message, Subscribed):
                    self._until_ms.pop(action.framework_id, None)

    def _refuse(self, framework_id: FrameworkId, offer_ids: Sequence[OfferId], until_ms: int) -> None:
        refused = self._until_ms.setdefault(framework_id, {})
        for offer_id in offer_ids:
            agent_id = self._agents.get(offer_id)
            if agent_id is not None:
                refused[agent_id] = max(refused.get(agent_id, 0), until_ms)
