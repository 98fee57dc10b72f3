"""What tasks were preempted for is not given to others, and no more are preempted for it meanwhile."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from barter.agent.facts import TaskKey
from barter.core.cluster import Demand, Offer
from barter.core.ids import AgentId, DemandId, FrameworkId
from barter.core.roles import lineage
from barter.core.tasks import Reason, TaskInfo
from barter.master import actions as act
from barter.master import events as ev
from barter.master.cluster import Cluster
from barter.master.messages import Kill, Rescind
from barter.master.state import Framework
from barter.tools.sim.checkers.books import Books, plain
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.feasible import open_tasks
from barter.tools.sim.checkers.preemption import room
from barter.tools.sim.checkers.set_roles import SetRoles
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process

A_LITTLE_MS = 5_000
_FOR_DEMAND = re.compile(r"preempted for demand (?P<demand>.+) of (?P<framework>.+) in role [^ ]+: ")


@dataclass(slots=True)
class _Promise:
    """Room for so many `tasks` on an agent, until `victims` have ended; `wanted` at the last look."""

    agent_id: AgentId
    framework_id: FrameworkId
    demand_id: DemandId
    tasks: int
    victims: frozenset[TaskKey]
    until_ms: int
    wanted: int


class PassedOver(Checker):
    """For whom tasks are preempted is read in the kills. From then on until the last of them has ended, or the longest
    grace and 5 s are over, what is free there together with what they will leave has room for what it was to have room
    for, unless a role under its guarantee is offered of it; and where no constraint is in play no more are preempted
    for the demand than it wants tasks.

    Each promise is of one task: for others that fit before the victims have ended nothing is kept, and another may have
    the ports they counted on. It is judged no more once an operator asks for something of roles or the agent, the agent
    registers again, or the framework wants something else, declines, or lets an offer expire.
    """

    name = "passed_over"

    def __init__(self, books: Books, roles: SetRoles) -> None:
        super().__init__()
        self._books, self._set = books, roles
        self._promises: list[_Promise] = []
        self._known: set[TaskKey] = set()

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimMaster):
            self._promises.clear()

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        self._set.note(events, actions)
        self._books.changed(master, events)
        books, now = master.machine.cluster, master.clock.now()
        if self._promises:
            expired = _whose_offers_expired(actions)
            untouched = (
                each
                for each in self._promises
                if each.framework_id not in expired and not any(_asks_anew(books, each, event) for event in events)
            )
            self._promises = [each for each in untouched if self._still_stands(books, each, now)]
        picked = list(_new(books, actions, self._known, now))
        for promise in picked:
            promise.tasks = min(promise.tasks, self._owed_tasks(books, promise), 1)
            self._judge_picked(books, promise)
            self._promises.append(promise)

    def _still_stands(self, books: Cluster, promise: _Promise, now: int) -> bool:
        agent, framework = books.agents.get(promise.agent_id), books.frameworks.get(promise.framework_id)
        demand = framework.demands.get(promise.demand_id) if framework is not None else None
        if agent is None or not agent.active or framework is None or demand is None or not framework.connected:
            return False
        wanted = demand.count - open_tasks(framework, demand)
        placed, promise.wanted = promise.wanted - wanted, wanted
        promise.tasks -= placed
        if placed < 0 or promise.tasks <= 0 or now >= promise.until_ms or not self._is_owed(demand.role):
            return False
        going = [task.info for task in agent.tasks.values() if task.ending]
        left = room(agent, going, demand)
        if left < promise.tasks:
            for offer in self._given(promise):
                who = f"{promise.demand_id} of {framework.info.name} ({framework.framework_id})"
                what = f"{offer.offer_id} for {offer.role} is of what tasks on {promise.agent_id} end for"
                self.fail(f"{what}, demand {who}: there is room for {left} left of {promise.tasks}")
            return False
        return any(key in agent.tasks for key in promise.victims)

    def _given(self, promise: _Promise) -> Iterator[Offer]:
        """What was just offered there to others beyond what they are guaranteed."""
        listed = self._books.listed.get(promise.agent_id)
        for offer in listed.offered_now if listed is not None else ():
            own = offer.framework_id == promise.framework_id and offer.demand_id == promise.demand_id
            if not own and plain(offer) and not self._is_owed(offer.role, offer):
                yield offer

    def _is_owed(self, role: str, offer: Offer | None = None) -> bool:
        """Whether it lacks of a guarantee, or did without the offer."""
        of_offer = plain(offer).scalars if offer is not None else {}
        return any(
            self._books.consumption.of(above, kind) - of_offer.get(kind, 0) < least
            for above in lineage(role)
            for kind, least in self._set.guarantees.get(above, {}).items()
        )

    def _owed_tasks(self, books: Cluster, promise: _Promise) -> int:
        """How many its nearest guarantee that is not met holds for; one under constraints."""
        demand = books.frameworks[promise.framework_id].demands[promise.demand_id]
        for above in lineage(demand.role):
            guarantee = self._set.guarantees.get(above, {})
            lacks = {kind: max(least - self._books.consumption.of(above, kind), 0) for kind, least in guarantee.items()}
            if any(lacks.values()) and not demand.constraints:
                need = demand.resources.scalars
                return max(min((left // need[kind] for kind, left in lacks.items() if need.get(kind)), default=1), 1)
        return 1

    def _judge_picked(self, books: Cluster, promise: _Promise) -> None:
        demand = books.frameworks[promise.framework_id].demands[promise.demand_id]
        key = promise.framework_id, promise.demand_id
        before = sum(each.tasks for each in self._promises if (each.framework_id, each.demand_id) == key)
        if not demand.constraints and before and before + promise.tasks > promise.wanted:
            names = ", ".join(sorted(task_id for _, task_id in promise.victims))
            what = f"{names} on {promise.agent_id} are preempted for demand {promise.demand_id}"
            self.fail(f"{what}, which wants {promise.wanted} tasks, while tasks end for {before} of it")


def _asks_anew(books: Cluster, promise: _Promise, event: ev.Event) -> bool:
    match event:
        case ev.SetRoles():
            return True
        case ev.AgentRegister():
            return event.info.agent_id == promise.agent_id
        case ev.Operate() | ev.Drain() | ev.Deactivate() | ev.MarkGone():
            return event.agent_id == promise.agent_id
        case ev.SetDemands() | ev.Decline() | ev.Suppress():
            return books.sessions.get(event.session) == promise.framework_id
        case _:
            return False


def _whose_offers_expired(actions: Sequence[act.Action]) -> set[FrameworkId]:
    """They have declined with that."""
    return {
        action.framework_id
        for action in actions
        if isinstance(action, act.SendToFramework)
        and isinstance(action.message, Rescind)
        and action.message.reason.startswith("not answered")
    }


def _new(books: Cluster, actions: Sequence[act.Action], known: set[TaskKey], now: int) -> Iterator[_Promise]:
    found: dict[tuple[AgentId, str, str], dict[TaskKey, int]] = {}
    for action in actions:
        match action:
            case act.SendToAgent(agent_id=agent_id, message=Kill(cause=Reason.PREEMPTED) as kill):
                said, key = _FOR_DEMAND.match(kill.reason), (kill.framework_id, kill.task_id)
                agent = books.agents.get(agent_id)
                if said is None or key in known or agent is None or key not in agent.tasks:
                    continue
                known.add(key)
                grace_ms = kill.grace_ms if kill.grace_ms >= 0 else agent.tasks[key].info.kill_grace_ms
                found.setdefault((agent_id, said["demand"], said["framework"]), {})[key] = grace_ms
            case _:
                pass
    for (agent_id, demand_id, name), graces in found.items():
        framework = _wants(books, name, DemandId(demand_id))
        if framework is not None:
            until_ms = now + max(graces.values()) + A_LITTLE_MS
            yield _promise(books, agent_id, framework, framework.demands[DemandId(demand_id)], set(graces), until_ms)


def _promise(
    books: Cluster, agent_id: AgentId, framework: Framework, demand: Demand, victims: set[TaskKey], until_ms: int
) -> _Promise:
    agent = books.agents[agent_id]
    wanted = demand.count - open_tasks(framework, demand)
    others: list[TaskInfo] = [task.info for key, task in agent.tasks.items() if task.ending and key not in victims]
    with_them = [*others, *(agent.tasks[key].info for key in victims)]
    tasks = min(room(agent, with_them, demand), wanted) - min(room(agent, others, demand), wanted)
    return _Promise(agent_id, framework.framework_id, demand.demand_id, tasks, frozenset(victims), until_ms, wanted)


def _wants(books: Cluster, name: str, demand_id: DemandId) -> Framework | None:
    """None where several of the name want such."""
    named = [each for each in books.frameworks.values() if each.info.name == name and demand_id in each.demands]
    return named[0] if len(named) == 1 else None
