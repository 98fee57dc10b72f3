"""No offer keeps from others what its framework does not answer."""

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any

from barter.core.ids import OfferId
from barter.master import actions as act
from barter.master import events as ev
from barter.master.messages import Offers
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process


class OffersExpire(Checker):
    """After each batch of a master no offer is open whose time is over by its clock."""

    name = "offers_expire"

    def __init__(self) -> None:
        super().__init__()
        self._due: list[tuple[int, OfferId]] = []

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimMaster):
            self._due.clear()

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        cluster, now = master.machine.cluster, master.clock.now()
        for action in actions:
            if isinstance(action, act.SendToFramework) and isinstance(action.message, Offers):
                for offer in action.message.offers:
                    heappush(self._due, (now + cluster.timing.offer_timeout_ms, offer.offer_id))
        while self._due and self._due[0][0] <= now:
            due, offer_id = heappop(self._due)
            if (opened := cluster.offers.get(offer_id)) is not None:
                self.fail(f"offer {offer_id} to {opened.offer.framework_id} is open {now - due} ms after its time")
