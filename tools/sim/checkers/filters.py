"""What a framework has refused is not offered to it again before the time."""

from collections.abc import Sequence
from typing import Any

from barter.master import actions as act
from barter.master import events as ev
from barter.master.messages import Offers
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.declined import Declined
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process


class Filters(Checker):
    """No offer holds only what its framework has, by `declined`, refused of that agent for that role. So who declines
    with 0, or does not answer, leaves time to ask others first.
    """

    name = "filters"

    def __init__(self, declined: Declined) -> None:
        super().__init__()
        self._declined = declined

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimMaster):
            self._declined.clear()

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        self._declined.note(master, events, actions)
        now = master.clock.now()
        for action in actions:
            if isinstance(action, act.SendToFramework) and isinstance(action.message, Offers):
                for offer in action.message.offers:
                    if (until_ms := self._declined.covers(offer, now)) is not None:
                        what = f"offer {offer.offer_id} of {offer.agent_id} to {offer.framework_id} for {offer.role}"
                        self.fail(f"{what} holds what was refused for {until_ms - now} ms more: {offer.resources}")
