"""Of a demand no more is offered than it wants."""

from collections.abc import Sequence

from barter.master import actions as act
from barter.master import events as ev
from barter.master.messages import Offers
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.feasible import open_tasks
from barter.tools.sim.master import SimMaster


class OffersWanted(Checker):
    """Whenever something is offered for a demand, all open offers of that demand together hold no more tasks than it
    counts then. A framework that takes nothing but what it demands is offered nothing else.
    """

    name = "offers_wanted"

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        for action in actions:
            if not isinstance(action, act.SendToFramework) or not isinstance(action.message, Offers):
                continue
            framework = master.machine.cluster.frameworks.get(action.framework_id)
            if framework is None or framework.session != action.session:
                continue
            for demand_id in dict.fromkeys(offer.demand_id for offer in action.message.offers):
                demand = framework.demands.get(demand_id)
                who = f"{framework.info.name} ({framework.framework_id})"
                if demand is not None and (held := open_tasks(framework, demand)) > demand.count:
                    self.fail(f"{who} wants {demand.count} of {demand_id}, and has open offers for {held}")
                if not demand_id and framework.demands_only:
                    self.fail(f"{who} takes nothing but what it demands, and is offered something else")
