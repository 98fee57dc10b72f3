"""What frameworks have refused, and until when, worked out without the allocator."""

from collections.abc import Sequence

from barter.core.cluster import Offer
from barter.core.ids import AgentId, FrameworkId, OfferId
from barter.core.resources import NOTHING, Resources
from barter.master import actions as act
from barter.master import events as ev
from barter.master.messages import Offers, Rescind, Subscribed
from barter.tools.sim.master import SimMaster

ANSWERS = ev.Accept | ev.Decline | ev.Revive
LEAST_MS, EXPIRED_MS = 1_000, 5_000
Refused = tuple[Resources, str, int]
"""What, for which role, until when."""


class Declined:
    """By what frameworks answered to offers, and did not answer: a refusal ends at its time, with a revive, and with a
    subscription. To decline lasts for a second at least, and an offer that expired counts as declined for 5 s.
    """

    def __init__(self) -> None:
        self._open: dict[OfferId, Offer] = {}
        self._refused: dict[FrameworkId, dict[AgentId, list[Refused]]] = {}
        self._noted: Sequence[ev.Event] | None = None
        self._sequence = 0

    def clear(self) -> None:
        """A master has started: refusals are not durable."""
        self._open.clear()
        self._refused.clear()
        self._sequence = 0

    def holds(self, framework_id: FrameworkId, agent_id: AgentId, now: int) -> bool:
        """Whether it covers an offer is not judged: while any holds for an agent, the agent counts as refused."""
        return any(until_ms >= now for _, _, until_ms in self._of(framework_id, agent_id))

    def covers(self, offer: Offer, now: int) -> int | None:
        """Until when the offer is of no more than its framework refused of that agent for that role."""
        found = [
            until_ms
            for refused, role, until_ms in self._of(offer.framework_id, offer.agent_id)
            if until_ms > now and role == offer.role and offer.resources in refused
        ]
        return max(found, default=None)

    def note(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        """A step; each of several checkers may tell it first."""
        if events is self._noted:
            return
        self._noted = events
        rescinded, sent = set[OfferId](), list[Offer]()
        for action in actions:
            match action:
                case act.SendToFramework(framework_id=framework_id, message=Subscribed()):
                    self._leave(framework_id)
                case act.SendToFramework(message=Rescind(offer_ids)):
                    rescinded.update(offer_ids)
                case act.SendToFramework(message=Offers(offers)):
                    sent += offers
                case _:
                    pass
        for event in events:
            if isinstance(event, ANSWERS):
                self._hear(master, event, rescinded, master.clock.now())
        if rescinded:
            self._expired(master, rescinded)
        for offer_id in rescinded:
            self._open.pop(offer_id, None)
        for offer in sent:
            if offer.offer_id not in rescinded:
                self._open[offer.offer_id] = offer

    def _of(self, framework_id: FrameworkId, agent_id: AgentId) -> Sequence[Refused]:
        return self._refused.get(framework_id, {}).get(agent_id, ())

    def _hear(self, master: SimMaster, event: ev.Event, rescinded: set[OfferId], now: int) -> None:
        match event:
            case ev.Accept():
                self._accepted(self._answered(master, event, rescinded), event, now)
            case ev.Decline():
                for offer in self._answered(master, event, rescinded):
                    self._refuse(offer, offer.resources, now + max(event.filters.refuse_ms, LEAST_MS))
            case ev.Revive(session):
                framework_id = master.machine.cluster.sessions.get(session)
                if framework_id is not None:
                    self._refused.pop(framework_id, None)
            case _:
                pass

    def _answered(self, master: SimMaster, event: ev.Accept | ev.Decline, rescinded: set[OfferId]) -> list[Offer]:
        """Those of the named ones that were open, and are no more."""
        framework_id, found = master.machine.cluster.sessions.get(event.session), list[Offer]()
        for offer_id in event.offer_ids:
            offer = self._open.get(offer_id)
            if offer is not None and offer.framework_id == framework_id and offer_id not in rescinded:
                found.append(self._open.pop(offer_id))
        return found

    def _accepted(self, offers: list[Offer], event: ev.Accept, now: int) -> None:
        """What is left over is refused; of several offers together, and after operations, it is not known what."""
        if len(offers) < len(event.offer_ids) or not event.filters.refuse_ms:
            return
        for offer in offers:
            rest = offer.resources if len(offers) == 1 and not event.operations else NOTHING
            for task in event.tasks:
                rest = rest.without(task.resources)
            self._refuse(offer, rest, now + event.filters.refuse_ms)

    def _refuse(self, offer: Offer, resources: Resources, until_ms: int) -> None:
        refused = self._refused.setdefault(offer.framework_id, {}).setdefault(offer.agent_id, [])
        refused[:] = [each for each in refused if each[2] > until_ms or each[0] not in resources]
        refused.append((resources, offer.role, until_ms))

    def _leave(self, framework_id: FrameworkId) -> None:
        """A new session: what stood open of the one before is void, and nothing is refused."""
        self._refused.pop(framework_id, None)
        for offer_id in [each for each, offer in self._open.items() if offer.framework_id == framework_id]:
            del self._open[offer_id]

    def _expired(self, master: SimMaster, rescinded: set[OfferId]) -> None:
        history, now = master.machine.cluster.history, master.clock.now()
        for entry in history.since(self._sequence):
            if entry.kind == "offer_expired" and entry.subject in rescinded:
                offer = self._open.pop(OfferId(entry.subject), None)
                if offer is not None:
                    self._refuse(offer, offer.resources, now + EXPIRED_MS)
        self._sequence = history.sequence
