"""Nothing is on offer twice."""

from collections.abc import Sequence

from barter.master import actions as act
from barter.master import events as ev
from barter.tools.sim.checkers.books import Books
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.master import SimMaster


class OffersDisjoint(Checker):
    """No port and no id is in two open offers, in an open offer and a listed task, or in two listed tasks of an agent,
    and the amounts in them together are never more than the agent has.
    """

    name = "offers_disjoint"

    def __init__(self, books: Books) -> None:
        super().__init__()
        self._books = books

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        for listed in self._books.changed(master, events):
            where = f"agent {listed.agent.info.agent_id}, epoch {master.epoch}"
            if listed.twice:
                self.fail(f"{where}: {'; '.join(listed.twice)}")
            if listed.offers:
                for name, amount in listed.offered.scalars.items():
                    total = listed.agent.info.resources.scalars.get(name, 0)
                    if amount + listed.used.scalars.get(name, 0) > total:
                        held = ", ".join(listed.offers)
                        self.fail(f"{where}: offers {held} and its tasks hold more {name} than the {total} it has")
