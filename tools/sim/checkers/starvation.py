"""What a framework wants, and could have, it is offered before long."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from barter.core.cluster import Demand
from barter.core.ids import AgentId, DemandId, FrameworkId
from barter.core.resources import Resources
from barter.core.roles import lineage
from barter.master import actions as act
from barter.master import events as ev
from barter.master.messages import Offers
from barter.master.state import Agent, Framework
from barter.tools.sim.checkers.books import Books
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.declined import Declined
from barter.tools.sim.checkers.feasible import fitting, is_worth_offering, open_tasks, taker_of
from barter.tools.sim.checkers.quota import NO_LIMIT
from barter.tools.sim.checkers.set_roles import SetRoles
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process

EVERY_US = 10_000_000
A_LITTLE_US = 5_000_000
Waiting = tuple[FrameworkId, DemandId]


class Starvation(Checker):
    """A demand of a connected, unsuppressed framework that fits on some active agent, by `feasible`, as it is or as it
    would be with its classic offers taken back, which has its volume for no task, which the framework has not refused,
    by `declined`, and which leaves its roles within their limits, gets an offer within the time an offer stands and a
    little more. Looked at every 10 s; where it fits at each look and nothing was offered for it in between, it starves.
    What is free on an active agent and worth an offer is likewise offered to a framework that takes classic offers
    there and has refused none, and is so at once after a revive.

    Not judged: while a master waits for agents, and while some guarantee is not met, which may keep things free; for
    classic offers also while any role has a limit.
    """

    name = "starvation"

    def __init__(self, books: Books, declined: Declined, roles: SetRoles) -> None:
        super().__init__()
        self._books, self._declined = books, declined
        self._set = roles
        self._since_us: dict[Waiting, int] = {}
        self._unoffered_us: dict[AgentId, int] = {}
        self._look_us = 0

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimMaster):
            self._since_us.clear()
            self._unoffered_us.clear()

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        self._set.note(events, actions)
        self._books.changed(master, events)
        self._declined.note(master, events, actions)
        if self._since_us or self._unoffered_us:
            for action in actions:
                if isinstance(action, act.SendToFramework) and isinstance(action.message, Offers):
                    for offer in action.message.offers:
                        self._since_us.pop((action.framework_id, offer.demand_id), None)
                        self._unoffered_us.pop(offer.agent_id, None)
        if any(isinstance(event, ev.Revive) for event in events):
            self._judge_revived(master)
        if master.world.now_us >= self._look_us:
            self._look_us = master.world.now_us + EVERY_US
            self._look(master)

    def _judge_revived(self, master: SimMaster) -> None:
        books = master.machine.cluster
        if not (books.expected_agents or self._set.limits or self._some_guarantee_lacks()):
            for agent in books.agents.values():
                if (taker := self._taker(master, agent)) is not None:
                    what = f"{agent.free} of {agent.info.agent_id} are offered to nobody after a revive"
                    self.fail(f"{what}: {taker.info.name} ({taker.framework_id}) takes offers and refused none")

    def _taker(self, master: SimMaster, agent: Agent) -> Framework | None:
        """Who takes what is free and worth an offer."""
        if not agent.active:
            return None
        taker = taker_of(master, agent, self._declined, lambda framework: framework.suppressed)
        return taker if taker is not None and is_worth_offering(agent.free) else None

    def _look(self, master: SimMaster) -> None:
        books, now_us, before = master.machine.cluster, master.world.now_us, self._since_us
        self._since_us, unoffered, self._unoffered_us = {}, self._unoffered_us, {}
        if books.expected_agents or self._some_guarantee_lacks():
            return
        bound_us = books.timing.offer_timeout_ms * 1000 + A_LITTLE_US
        for agent in () if self._set.limits else books.agents.values():
            self._look_at_free(master, agent, unoffered, bound_us)
        for framework in books.frameworks.values() if books.agents else ():
            for demand in self._wanted(framework):
                where = self._fits(master, framework, demand)
                if where is None:
                    continue
                key = (framework.framework_id, demand.demand_id)
                since_us = self._since_us[key] = before.get(key, now_us)
                if now_us - since_us > bound_us:
                    who = f"{framework.info.name} ({framework.framework_id})"
                    what = f"demand {demand.demand_id} of {who} has fitted on {where} or others"
                    self.fail(f"{what} since {since_us / 1e6:.3f} s, and nothing was offered for it")

    def _look_at_free(self, master: SimMaster, agent: Agent, before: Mapping[AgentId, int], bound_us: int) -> None:
        if (taker := self._taker(master, agent)) is None:
            return
        now_us, agent_id = master.world.now_us, agent.info.agent_id
        since_us = self._unoffered_us[agent_id] = before.get(agent_id, now_us)
        if now_us - since_us > bound_us:
            what = f"{agent.free} of {agent_id} were offered to nobody since {since_us / 1e6:.3f} s"
            self.fail(f"{what}, and {taker.info.name} ({taker.framework_id}) takes offers and refused none")

    def _wanted(self, framework: Framework) -> Iterable[Demand]:
        for demand in framework.demands.values() if framework.connected else ():
            own = demand.role in framework.info.roles and demand.role not in framework.suppressed
            if own and demand.count > open_tasks(framework, demand) and self._within_limits(demand):
                yield demand

    def _fits(self, master: SimMaster, framework: Framework, demand: Demand) -> AgentId | None:
        now = master.clock.now() - 1
        for agent in fitting(master.machine.cluster, framework, demand, with_classic):
            bound_elsewhere = demand.volume and demand.volume not in agent.volumes.keys() - agent.volumes_in_use
            if not (bound_elsewhere or self._declined.holds(framework.framework_id, agent.info.agent_id, now)):
                return agent.info.agent_id
        return None

    def _within_limits(self, demand: Demand) -> bool:
        for above in lineage(demand.role):
            for kind, most in self._set.limits.get(above, NO_LIMIT).items():
                if self._books.consumption.of(above, kind) + demand.resources.scalars.get(kind, 0) > most:
                    return False
        return True

    def _some_guarantee_lacks(self) -> bool:
        return any(
            self._books.consumption.of(role, kind) < least
            for role, guarantee in self._set.guarantees.items()
            for kind, least in guarantee.items()
        )


def with_classic(agent: Agent) -> Resources:
    """What is plain and free of it, with what its classic offers hold of that."""
    free = agent.free
    for opened in agent.offers.values():
        if not opened.offer.demand_id and not opened.offer.reserved and not opened.offer.revocable:
            free = free + opened.offer.resources
    return free
