"""A demand of a role under its guarantee takes from roles that are over theirs, once nothing else has helped."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from heapq import heappop, heappush

from barter.core.cluster import Demand
from barter.core.ids import AgentId
from barter.core.resources import PORTS, Resources
from barter.core.roles import lineage
from barter.master.allocator.model import Unmet
from barter.master.cluster import Cluster
from barter.master.holdings import plain_of
from barter.master.keeping import keep
from barter.master.owed import lacking
from barter.master.placement import slot, tell
from barter.master.revocable import preempt
from barter.master.state import Agent, Task, TaskKey
from barter.master.timers import PreemptionDue
from barter.master.victims import Choice, Cost, Surplus, amounts_of, choose, need_of
from barter.master.waiting import preempting

PAUSE_MS, AGENTS_AT_ONCE = 1_000, 500


def look(cluster: Cluster, now: int) -> None:
    """At the end of a batch: have tasks end for what waits, at most once in PAUSE_MS.

    While agents are awaited after the master's start, nobody knows what roles have.
    """
    if now < cluster.preempts_ms or cluster.expected_agents or not cluster.allocator.headroom():
        return
    waiting = [unmet for unmet in cluster.allocator.waiting() if lacking(cluster, unmet.demand) is not None]
    if not waiting:
        return
    cluster.preempts_ms = now + PAUSE_MS
    cluster.timers.at(cluster.preempts_ms, PreemptionDue())
    books = _Books(cluster, now)
    for unmet in waiting:
        books.make_room(unmet)
    tell(cluster)


def _within(demand: Demand, short: Mapping[str, int]) -> int:
    """How many tasks of the demand the guarantee still holds for."""
    scalars = demand.resources.scalars
    return min((left // scalars[kind] for kind, left in short.items() if scalars.get(kind)), default=0)


class _Books:
    """Tasks that are being killed count as gone; what they leave is not promised to more than one task of a demand,
    and a guarantee to no more tasks than it holds for."""

    def __init__(self, cluster: Cluster, now: int) -> None:
        self._cluster, self._now = cluster, now
        self._going: defaultdict[AgentId, dict[TaskKey, Task]] = defaultdict(dict)
        self._promised: defaultdict[str, Counter[str]] = defaultdict(Counter)
        consumed = {role: cluster.allocator.consumption(role) for role, each in cluster.roles.items() if each.guarantee}
        self._surplus = Surplus.of(cluster.roles, consumed)
        for agent in cluster.agents.values():
            for task in agent.tasks.values():
                if task.ending:
                    self._goes(task)

    def make_room(self, unmet: Unmet) -> None:
        """For as many tasks as wait and the guarantee holds for, where tasks that may go leave enough."""
        found = lacking(self._cluster, unmet.demand, self._promised)
        if found is None:
            return
        under, short = found
        rooms = {agent_id: room for agent_id in self._going if (room := self._room(unmet, agent_id))}
        most, before = min(unmet.tasks, _within(unmet.demand, short)), dict(rooms)
        victims = self._needed(unmet, most, rooms, self._chosen(unmet, under, most, rooms))
        by_agent: defaultdict[AgentId, list[Task]] = defaultdict(list)
        for task in victims:
            by_agent[task.agent_id].append(task)
            self._stays(task)
        wanted = most - sum(before.values())
        for agent_id, tasks in by_agent.items():
            self._preempt(unmet, under, short, tasks)
            gained = min(rooms[agent_id] - before.get(agent_id, 0), wanted)
            keep(self._cluster, unmet.framework_id, unmet.demand, gained, tuple(tasks), self._now)
            wanted -= gained
        self._promise(unmet.demand, min(most, sum(rooms.values())))

    def _chosen(self, unmet: Unmet, under: str, most: int, rooms: dict[AgentId, int]) -> list[Choice]:
        """Where it costs least, one task more at a time, as if those chosen had ended; `rooms` grow by it."""
        chosen: list[Choice] = []
        wanted = most - sum(rooms.values())
        heap: list[tuple[Cost, AgentId]] = []
        for agent_id in self._next_agents(unmet) if wanted > 0 else ():
            self._consider(heap, unmet, under, rooms, agent_id)
        while wanted > 0 and heap:
            cost, agent_id = heappop(heap)
            before = rooms.get(agent_id, 0)
            choice = self._choice(unmet, under, before + 1, self._cluster.agents[agent_id])
            if choice is not None and choice.cost > cost:
                # What was given up meanwhile leaves less to others.
                heappush(heap, (choice.cost, agent_id))
            elif choice is not None and (room := self._room(unmet, agent_id, choice.tasks)) > before:
                chosen.append(choice)
                for task in choice.tasks:
                    self._goes(task)
                rooms[agent_id] = room
                wanted -= room - before
                self._consider(heap, unmet, under, rooms, agent_id)
        return chosen

    def _needed(self, unmet: Unmet, most: int, rooms: dict[AgentId, int], chosen: list[Choice]) -> list[Task]:
        """Without those for whose part a later choice leaves room as well; `rooms` become what they are then."""
        total = sum(rooms.values())
        enough = min(most, total)
        needed = [task for choice in chosen for task in choice.tasks]
        for task in [task for choice in reversed(chosen[:-1]) for task in reversed(choice.tasks)]:
            self._stays(task)
            room = self._room(unmet, task.agent_id)
            if total - rooms[task.agent_id] + room >= enough:
                total, rooms[task.agent_id] = total - rooms[task.agent_id] + room, room
                needed = [each for each in needed if each is not task]
            else:
                self._goes(task)
        return needed

    def _promise(self, demand: Demand, tasks: int) -> None:
        for role in lineage(demand.role):
            self._promised[role].update({kind: each * tasks for kind, each in demand.resources.scalars.items()})

    def _next_agents(self, unmet: Unmet) -> list[AgentId]:
        """A part of many, so that one look holds nobody up: the next part at the next look, all in turn."""
        agents = list(self._cluster.allocator.may_fit(unmet, self._cluster.agents))
        if len(agents) <= AGENTS_AT_ONCE:
            return agents
        start = self._now // PAUSE_MS * AGENTS_AT_ONCE % len(agents)
        return [*agents[start:], *agents[:start]][:AGENTS_AT_ONCE]

    def _consider(
        self,
        heap: list[tuple[Cost, AgentId]],
        unmet: Unmet,
        under: str,
        rooms: Mapping[AgentId, int],
        agent_id: AgentId,
    ) -> None:
        choice = self._choice(unmet, under, rooms.get(agent_id, 0) + 1, self._cluster.agents[agent_id])
        if choice is not None:
            heappush(heap, (choice.cost, agent_id))

    def _choice(self, unmet: Unmet, under: str, tasks: int, agent: Agent) -> Choice | None:
        """Whose end would leave enough plain resources for so many tasks; constraints are not asked yet."""
        demand, info = unmet.demand, agent.info
        if not agent.active:
            return None
        free = Counter(amounts_of(agent.free))
        going = self._going.get(info.agent_id, {})
        for task in going.values():
            free.update(amounts_of(plain_of(task.info)))
        short = {kind: each * tasks - free[kind] for kind, each in need_of(demand).items() if each * tasks > free[kind]}
        total = amounts_of(info.resources)
        tasks_there = [task for key, task in agent.tasks.items() if key not in going]
        return choose(tasks_there, short, total, self._surplus, demand.role, under)

    def _room(self, unmet: Unmet, agent_id: AgentId, more: tuple[Task, ...] = ()) -> int:
        gone = (*self._going.get(agent_id, {}).values(), *more)
        freed = [(task.framework_id, task.info.role, plain_of(task.info).scalars) for task in gone]
        as_if = slot(self._cluster.agents[agent_id], (), gone)
        return self._cluster.allocator.room_for(unmet, as_if, self._now, freed)

    def _preempt(self, unmet: Unmet, under: str, short: Mapping[str, int], victims: list[Task]) -> None:
        demand = unmet.demand
        whom = f"demand {demand.demand_id} of {unmet.name} in role {demand.role}"
        need = Resources({kind: left for kind, left in short.items() if left and kind != PORTS})
        for task in victims:
            why = f"{whom}: role {under} is under its guarantee by {need}; {self._standing(task, demand.role)}"
            preempt(self._cluster, task, f"preempted for {why}", self._now)
            self._goes(task)
        hostname = self._cluster.agents[victims[0].agent_id].info.hostname
        told = f"{len(victims)} tasks on {hostname} are preempted for {whom}"
        self._cluster.history.record(self._now, "preemption", unmet.framework_id, told)
        preempting(self._cluster, unmet.framework_id, demand.demand_id, told, self._now)

    def _standing(self, task: Task, against: str) -> str:
        if task.info.revocable:
            return f"{task.info.revocable} of it is revocable"
        beyond = self._surplus.beyond(task.info.role, against)
        if beyond is None:
            return f"role {task.info.role} has no guarantee"
        role, over = beyond
        return f"role {role} is over its by {Resources(over)}"

    def _goes(self, task: Task) -> None:
        self._going[task.agent_id][task.key] = task
        self._surplus.give_up(task.info.role, amounts_of(plain_of(task.info)))

    def _stays(self, task: Task) -> None:
        del self._going[task.agent_id][task.key]
        self._surplus.regain(task.info.role, amounts_of(plain_of(task.info)))
