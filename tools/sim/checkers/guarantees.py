"""What guarantees still need is given to nobody else."""

from collections import Counter
from collections.abc import Sequence

from barter.core.cluster import Offer
from barter.core.resources import format_scalar
from barter.core.roles import lineage
from barter.master import actions as act
from barter.master import events as ev
from barter.master.state import Agent
from barter.tools.sim.checkers.books import Books, Listed, plain
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.set_roles import SetRoles
from barter.tools.sim.master import SimMaster


class Guarantees(Checker):
    """After a step in which something was offered to a role that is not under a guarantee, its own or one above it,
    what is free and plain on the active private agents is enough for all that guarantees lack, of each kind offered.

    Of roles with a guarantee below each other only the top one counts: what those below it lack is within.
    """

    name = "guarantees"

    def __init__(self, books: Books, roles: SetRoles) -> None:
        super().__init__()
        self._books = books
        self._set = roles

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        self._set.note(events, actions)
        found = self._books.changed(master, events)
        offers = [offer for listed in found for offer in listed.offered_now] if self._set.guarantees else []
        lacking = self._lacking() if offers else None
        if lacking:
            free = self._free()
            for offer in [each for each in offers if not each.public]:
                self._judge(offer, lacking, free)

    def _judge(self, offer: Offer, lacking: Counter[str], free: Counter[str]) -> None:
        for kind, amount in plain(offer).scalars.items():
            if free[kind] < lacking[kind] and not self._is_owed(offer.role, kind, amount):
                left = f"{format_scalar(kind, free[kind])} {kind} free"
                need = f"guarantees that are not met need {format_scalar(kind, lacking[kind])}"
                what = f"offer {offer.offer_id} of {offer.agent_id} to {offer.framework_id} for {offer.role}"
                self.fail(f"{what} leaves {left}, and {need}")

    def _is_owed(self, role: str, kind: str, amount: int) -> bool:
        """Whether it was under a guarantee before it got this."""
        guarantees = self._set.guarantees
        return any(
            self._books.consumption.of(above, kind) - amount < guarantees[above].get(kind, 0)
            for above in lineage(role)
            if above in guarantees
        )

    def _lacking(self) -> Counter[str]:
        lacking: Counter[str] = Counter()
        guarantees = self._set.guarantees
        for role, guarantee in guarantees.items():
            for kind, least in guarantee.items():
                if any(kind in guarantees.get(above, ()) for above in lineage(role) if above != role):
                    continue
                lacking[kind] += max(least - self._books.consumption.of(role, kind), 0)
        return +lacking

    def _free(self) -> Counter[str]:
        free: Counter[str] = Counter()
        for listed in self._books.listed.values():
            if listed.agent.active and not listed.agent.info.public:
                free.update(_plain_and_free(listed.agent, listed))
        return free


def _plain_and_free(agent: Agent, listed: Listed) -> dict[str, int]:
    """Never below 0 for an agent that told of more tasks than its reservations leave."""
    free = dict(agent.info.resources.scalars)
    for held in listed.held():
        for kind, amount in plain(held).scalars.items():
            free[kind] = free.get(kind, 0) - amount
    for reservation in listed.reservations.values():
        for kind, amount in reservation.resources.scalars.items():
            free[kind] = free.get(kind, 0) - amount
    return {kind: max(amount, 0) for kind, amount in free.items()}
