"""No role is given more than its limit."""

from collections.abc import Mapping, Sequence
from typing import Any

from barter.core.resources import format_scalar
from barter.core.roles import lineage
from barter.master import actions as act
from barter.master import events as ev
from barter.master.facts import Fact
from barter.tools.sim.checkers.books import Books, plain
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.set_roles import SetRoles
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process

NO_LIMIT: Mapping[str, int] = {}


class Quota(Checker):
    """After each step, what is newly offered or reserved for a role leaves it and every role above it within their
    limits, by `consumption`; also where a limit was set below what was there, which may stay and not grow. What agents
    that come back tell may be over a limit. While a master waits for agents, roles with a limit are given nothing.
    """

    name = "quota"

    def __init__(self, books: Books, roles: SetRoles) -> None:
        super().__init__()
        self._books = books
        self._set = roles

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimMaster):
            self._set.started()

    def master_committed(self, master: SimMaster, facts: Sequence[Fact]) -> None:
        self._set.committed(facts)

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        self._set.note(events, actions)
        found = self._books.changed(master, events)
        if not self._set.limits:
            return
        waits = len(master.machine.cluster.expected_agents)
        for listed in found:
            for offer in listed.offered_now:
                what = f"offer {offer.offer_id} of {offer.agent_id} to {offer.framework_id}"
                self._judge(what, offer.role, plain(offer).scalars, waits)
            for reservation in () if self._set.changed else listed.reserved_now:
                if not reservation.static:
                    what = f"reservation {reservation.reservation_id} of {reservation.agent_id}"
                    self._judge(what, reservation.role, reservation.resources.scalars, 0)

    def _judge(self, what: str, role: str, scalars: Mapping[str, int], waits: int) -> None:
        for above in lineage(role):
            for kind, most in self._set.limits.get(above, NO_LIMIT).items():
                consumed = self._books.consumption.of(above, kind)
                if scalars.get(kind, 0) and consumed > most:
                    limit = f"{format_scalar(kind, consumed)} {kind} of at most {format_scalar(kind, most)}"
                    self.fail(f"{what} is for {role}, and leaves {above} with {limit}")
                if scalars.get(kind, 0) and waits:
                    self.fail(f"{what} is for {role}: {above} has a limit, and {waits} agents may tell of more tasks")
