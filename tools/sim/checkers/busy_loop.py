"""No framework asks at once for what it has just declined, again and again."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from barter.core.ids import AgentId, FrameworkId
from barter.master import actions as act
from barter.master import events as ev
from barter.master.messages import Offers
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process
from barter.tools.sim.world import SECOND_US

MOST = 200


class BusyLoop(Checker):
    """Within a second in which a framework launches nothing, no agent is offered to it more than `MOST` times."""

    name = "busy_loop"

    def __init__(self) -> None:
        super().__init__()
        self._began_us: dict[FrameworkId, int] = {}
        self._offered: dict[FrameworkId, Counter[AgentId]] = {}

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimMaster):
            self._began_us.clear()
            self._offered.clear()

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        for event in events:
            if isinstance(event, ev.Accept) and event.tasks:
                framework_id = master.machine.cluster.sessions.get(event.session)
                if framework_id is not None:
                    self._began_us.pop(framework_id, None)
        for action in actions:
            if isinstance(action, act.SendToFramework) and isinstance(action.message, Offers):
                self._count(master, action.framework_id, action.message)

    def _count(self, master: SimMaster, framework_id: FrameworkId, offers: Offers) -> None:
        now_us = master.world.now_us
        if now_us - self._began_us.get(framework_id, -SECOND_US) >= SECOND_US:
            self._began_us[framework_id], self._offered[framework_id] = now_us, Counter()
        offered = self._offered[framework_id]
        for offer in offers.offers:
            offered[offer.agent_id] += 1
            if offered[offer.agent_id] > MOST:
                framework = master.machine.cluster.frameworks[framework_id]
                who = f"{framework.info.name} ({framework_id})"
                self.fail(
                    f"{who} was offered {offer.agent_id} more than {MOST} times within a second and launched nothing; "
                    f"revive clears your own filters: revive when you want more, not after each decline"
                )
