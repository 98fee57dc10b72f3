"""What is reserved is used by its own, and is there as long as it is used."""

from collections.abc import Sequence

from barter.core.resources import Resources
from barter.core.roles import is_within
from barter.master import actions as act
from barter.master import events as ev
from barter.tools.sim.checkers.books import Books, Listed
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.master import SimMaster


class Reservations(Checker):
    """After each step, for each agent it touched: what tasks and offers hold of a reservation is no more than it has
    beside its volumes, and nothing is held of one that is not there. What is offered of one is for its role, or for
    one below it.
    """

    name = "reservations"

    def __init__(self, books: Books) -> None:
        super().__init__()
        self._books = books

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        for listed in self._books.changed(master, events):
            if listed.taken:
                self._judge(listed)

    def _judge(self, listed: Listed) -> None:
        agent = listed.agent
        for name, taken in listed.taken.items():
            held = taken.value()
            if not held:
                continue
            where = f"{held} of reservation {name} of {agent.info.agent_id} is with tasks or offers"
            reservation = listed.reservations.get(name)
            if reservation is None:
                self.fail(f"{where}, and there is no such reservation")
            volumes = sum(each.size for each in agent.volumes.values() if each.reservation_id == name)
            if beyond := taken.beyond(reservation.resources.without(Resources({"disk": volumes}))):
                self.fail(f"{where}, which is more than it has: {beyond}")
        for offer in listed.offered_now:
            for name in offer.reserved:
                role = listed.reservations[name].role if name in listed.reservations else ""
                if role and not is_within(offer.role, role):
                    self.fail(f"offer {offer.offer_id} for {offer.role} holds some of reservation {name} for {role}")
