"""Constraints that count instances hold: in what the master grants, and of what really runs."""

from collections import Counter
from collections.abc import Iterable, Sequence

from barter.agent.facts import TaskKey
from barter.core.cluster import Demand, Offer
from barter.core.constraints import Constraint, Operator, field_value
from barter.core.ids import AgentId, DemandId, TaskId
from barter.core.tasks import TaskInfo
from barter.frameworks.service.actions import Action, Launch
from barter.master import actions as act
from barter.master import events as ev
from barter.master.messages import Offers, Update
from barter.master.state import Framework
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.watched import AWAY, find
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.host import Host
from barter.tools.sim.master import SimMaster
from barter.tools.sim.workloads.service import APP_LABEL, ServiceWorkload

_LIMITED = (Operator.UNIQUE, Operator.MAX_PER)


class Unique(Checker):
    """Instances of all versions count together. One the framework was told to be out of reach may be doubled."""

    name = "unique"

    def __init__(self) -> None:
        super().__init__()
        self._workload = ServiceWorkload()
        self._constraints: dict[str, tuple[Constraint, ...]] = {}
        self._running: dict[str, dict[str, Host]] = {}
        self._away: set[str] = set()

    def begin(self, cluster: SimCluster) -> None:
        super().begin(cluster)
        if (found := find(cluster, ServiceWorkload)) is not None:
            _, self._workload = found
            self._workload.watching.append(self._decided)

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        for action in actions:
            if not isinstance(action, act.SendToFramework):
                continue
            if isinstance(action.message, Update):
                away = (one.task_id for one in action.message.statuses if one.state in AWAY)
                self._away.update(task_id for task_id in away if task_id in self._constraints)
            elif isinstance(action.message, Offers):
                framework = master.machine.cluster.frameworks.get(action.framework_id)
                if framework is not None:
                    self._check_grants(master, framework, action.message.offers)

    def task_started(self, host: Host, key: TaskKey, task: TaskInfo) -> None:
        constraints = self._constraints.get(key[1], ())
        if not constraints:
            return
        running = self._running.setdefault(task.labels[APP_LABEL], {})
        running[key[1]] = host
        for constraint in constraints:
            value = self._value(host.name, constraint)
            beside = [one for one, there in running.items() if self._value(there.name, constraint) == value]
            known = [one for one in beside if one == key[1] or not self._is_away(key, one)]
            if len(known) > (most := _most(constraint)):
                message = f"{task.labels[APP_LABEL]}: {', '.join(known)} run on {value}, {constraint} allows {most}"
                self.fail(message)

    def task_ended(self, host: Host, key: TaskKey, exit_code: int) -> None:
        if self._constraints.pop(key[1], None):
            for running in self._running.values():
                running.pop(key[1], None)

    def _decided(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if isinstance(action, Launch):
                app = self._workload.apps[action.tasks[0].labels[APP_LABEL]].app
                limited = tuple(one for one in app.constraints if one.operator in _LIMITED)
                if limited:
                    self._constraints.update((task.task_id, limited) for task in action.tasks)

    def _value(self, name: str, constraint: Constraint) -> str | None:
        return field_value(self.cluster.agents[name].info.placement_attributes, constraint.field)

    def _is_away(self, key: TaskKey, task_id: str) -> bool:
        """Told so, or about to be: the master's own word may wait for a framework that is not connected."""
        framework = self.cluster.master.machine.cluster.frameworks.get(key[0])
        task = framework.tasks.get(TaskId(task_id)) if framework else None
        return task_id in self._away or (task is not None and task.status.state in AWAY)

    def _check_grants(self, master: SimMaster, framework: Framework, offers: Iterable[Offer]) -> None:
        granted: dict[DemandId, set[AgentId]] = {}
        for offer in offers:
            granted.setdefault(offer.demand_id, set()).add(offer.agent_id)
        for demand_id, fresh in granted.items():
            demand = framework.demands.get(demand_id)
            limits = demand.constraints if demand is not None else ()
            counting = [one for one in limits if one.operator in (*_LIMITED, Operator.GROUP_BY)]
            if demand is not None and counting:
                self._check_demand(master, framework, demand, counting, fresh)

    def _check_demand(
        self,
        master: SimMaster,
        framework: Framework,
        demand: Demand,
        counting: Sequence[Constraint],
        fresh: set[AgentId],
    ) -> None:
        """Placed tasks and open offers together, once all of a step are granted; judged where some are `fresh`: those
        that were granted before may be too many since others beside them have expired."""
        offers = [one for one in framework.offers.values() if one.offer.demand_id == demand.demand_id]
        held: Counter[AgentId] = Counter()
        for one in offers:
            held[one.offer.agent_id] += one.tasks
        for task in framework.tasks.values():
            if task.info.demand_id == demand.demand_id:
                held[task.agent_id] += 1
        for constraint in counting:
            self._check_spread(master, demand, constraint, held, fresh)

    def _check_spread(
        self, master: SimMaster, demand: Demand, constraint: Constraint, held: Counter[AgentId], granted: set[AgentId]
    ) -> None:
        agents = master.machine.cluster.agents
        by_value: Counter[str] = Counter()
        for agent_id, count in held.items():
            if agent_id in agents and (value := self._of(master, agent_id, constraint)) is not None:
                by_value[value] += count
        most = _most(constraint) if constraint.operator in _LIMITED else _level(master, demand, constraint, by_value)
        for value in sorted({self._of(master, agent_id, constraint) or "" for agent_id in granted}):
            if by_value[value] > most:
                message = f"{demand.demand_id}: {by_value[value]} are or may be on {value}, {constraint} allows {most}"
                self.fail(message)

    @staticmethod
    def _of(master: SimMaster, agent_id: AgentId, constraint: Constraint) -> str | None:
        return field_value(master.machine.cluster.agents[agent_id].info.placement_attributes, constraint.field)


def _most(constraint: Constraint) -> int:
    return 1 if constraint.operator is Operator.UNIQUE else int(constraint.value)


def _level(master: SimMaster, demand: Demand, constraint: Constraint, by_value: Counter[str]) -> int:
    """One more than where there are fewest, of all groups that could have one."""
    able = (
        field_value(agent.info.placement_attributes, constraint.field)
        for agent in master.machine.cluster.agents.values()
        if agent.active and agent.info.public == demand.on_public and demand.runtime in agent.info.runtimes
    )
    values = {value for value in able if value is not None} | {value for value, count in by_value.items() if count}
    if len(values) < int(constraint.value or 0):
        return 1
    return 1 + min((by_value[value] for value in values), default=0)
