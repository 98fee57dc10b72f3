"""Who is preempted is so for a role under its guarantee, gives what it is owed, and is no more than that takes."""

from collections.abc import Iterable, Mapping, Sequence

from barter.agent.facts import TaskKey
from barter.core.cluster import Demand
from barter.core.ids import AgentId
from barter.core.ranges import size
from barter.core.resources import PORTS
from barter.core.roles import lineage
from barter.core.tasks import Reason, TaskInfo
from barter.master import actions as act
from barter.master import events as ev
from barter.master.cluster import Cluster
from barter.master.messages import Kill
from barter.master.state import Agent
from barter.tools.sim.checkers.books import Books, plain
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.feasible import open_tasks
from barter.tools.sim.checkers.set_roles import SetRoles
from barter.tools.sim.master import SimMaster


class Preemption(Checker):
    """When a master first has tasks of an agent killed as preempted, and not because the agent lends less: some demand
    of a role under its guarantee waits, for which more tasks would fit there once all of them and those that are being
    killed have ended than if any single one of them stayed. No role is brought under its guarantee by it, unless what
    ends was revocable. Where those of one step end for several demands it is not judged whether fewer would do.
    """

    name = "preemption"

    def __init__(self, books: Books, roles: SetRoles) -> None:
        super().__init__()
        self._books, self._set = books, roles
        self._known: set[TaskKey] = set()

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        self._set.note(events, actions)
        self._books.changed(master, events)
        victims: dict[AgentId, list[TaskInfo]] = {}
        demands: dict[AgentId, dict[str, None]] = {}
        for action in actions:
            match action:
                case act.SendToAgent(agent_id=agent_id, message=Kill(cause=Reason.PREEMPTED) as kill):
                    key = (kill.framework_id, kill.task_id)
                    agent = master.machine.cluster.agents.get(agent_id)
                    if key not in self._known and agent is not None and key in agent.tasks:
                        self._known.add(key)
                        victims.setdefault(agent_id, []).append(agent.tasks[key].info)
                        demands.setdefault(agent_id, {})[kill.reason.partition(" in role ")[0]] = None
                case _:
                    pass
        lending = _that_lend_anew(events) if victims else ()
        for agent_id, of_agent in victims.items():
            if agent_id in lending and any(victim.revocable for victim in of_agent):
                continue
            for victim in of_agent:
                if not victim.revocable:
                    self._judge_role(victim)
            if len(demands[agent_id]) == 1:
                self._judge_number(master.machine.cluster, master.machine.cluster.agents[agent_id], of_agent)

    def _judge_number(self, books: Cluster, agent: Agent, victims: Sequence[TaskInfo]) -> None:
        waiting = [each for each in _waiting(books) if self._is_owed(each[0].role)]
        if not any(self._all_needed(agent, victims, demand, wanted) for demand, wanted in waiting):
            names = ", ".join(victim.task_id for victim in victims)
            owed = ", ".join(f"{wanted} of {demand.demand_id} for {demand.role}" for demand, wanted in waiting)
            what = f"{names} on {agent.info.agent_id} are preempted, more than it takes"
            self.fail(f"{what}: under their guarantees wait {owed or 'none'}")

    def _judge_role(self, victim: TaskInfo) -> None:
        freed = plain(victim).scalars
        for above in lineage(victim.role):
            for kind, least in self._set.guarantees.get(above, {}).items():
                consumed = self._books.consumption.of(above, kind)
                if freed.get(kind, 0) and consumed <= least and not self._within_one_that_lacks(above):
                    self.fail(f"{victim.task_id} is preempted, and {above} is not over its guarantee in {kind}")

    def _within_one_that_lacks(self, role: str) -> bool:
        """It may be for a role below it, which its own guarantee is for as well."""
        return any(below.startswith(f"{role}/") and self._lacks(below) for below in self._set.guarantees)

    def _is_owed(self, role: str) -> bool:
        return any(self._lacks(above) for above in lineage(role))

    def _lacks(self, role: str) -> bool:
        guarantee = self._set.guarantees.get(role, {})
        return any(self._books.consumption.of(role, kind) < least for kind, least in guarantee.items())

    @staticmethod
    def _all_needed(agent: Agent, victims: Sequence[TaskInfo], demand: Demand, wanted: int) -> bool:
        going = [task.info for task in agent.tasks.values() if task.kill is not None and task.info not in victims]
        everything = min(room(agent, [*going, *victims], demand), wanted)
        return all(
            min(room(agent, [*going, *(each for each in victims if each is not victim)], demand), wanted) < everything
            for victim in victims
        )


def _that_lend_anew(events: Sequence[ev.Event]) -> set[AgentId]:
    told = {event.agent_id for event in events if isinstance(event, ev.AgentSlack)}
    return told | {event.info.agent_id for event in events if isinstance(event, ev.AgentRegister)}


def _waiting(books: Cluster) -> Iterable[tuple[Demand, int]]:
    for framework in books.frameworks.values():
        for demand in framework.demands.values() if framework.connected else ():
            if (wanted := demand.count - open_tasks(framework, demand)) > 0 and not demand.revocable:
                yield demand, wanted


def room(agent: Agent, gone: Iterable[TaskInfo], demand: Demand) -> int:
    """Once these have ended, how many tasks of it the plain resources would hold, constraints aside."""
    free = _amounts(agent.free.scalars, size(agent.free.ports))
    for each in gone:
        rest = plain(each)
        for kind, amount in _amounts(rest.scalars, size(rest.ports)).items():
            free[kind] = free.get(kind, 0) + amount
    need = _amounts(demand.resources.scalars, size(demand.resources.ports) + demand.port_count)
    return min((free.get(kind, 0) // amount for kind, amount in need.items() if amount), default=0)


def _amounts(scalars: Mapping[str, int], ports: int) -> dict[str, int]:
    return {**scalars, PORTS: ports}
