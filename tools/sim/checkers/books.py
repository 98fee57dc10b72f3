"""What the master's books list for each agent, followed change by change; for the checkers that add it up."""

from collections.abc import Iterable, Sequence

from barter.core.ids import AgentId, OfferId
from barter.core.resources import Resources
from barter.master import events as ev
from barter.master.cluster import Cluster
from barter.master.state import Agent, TaskKey
from barter.tools.sim.checkers.holding import Holding
from barter.tools.sim.master import SimMaster


class Listed:
    """Of one agent: its tasks and open offers with what each holds, and their sums.

    `twice` says what was listed in two of them when it was entered.
    """

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.tasks: dict[TaskKey, Resources] = {}
        self.offers: dict[OfferId, Resources] = {}
        self.used, self.offered = Holding(), Holding()
        self.twice: list[str] = []

    def follow(self) -> bool:
        """Catch up with the books; whether anything changed."""
        tasks, offers = self.agent.tasks, self.agent.offers
        if tasks.keys() == self.tasks.keys() and offers.keys() == self.offers.keys():
            return False
        self.twice.clear()
        for key in [key for key in self.tasks if key not in tasks]:
            self.used.take(self.tasks.pop(key))
        for offer_id in [offer_id for offer_id in self.offers if offer_id not in offers]:
            self.offered.take(self.offers.pop(offer_id))
        for key, task in tasks.items():
            if key not in self.tasks:
                self._find_twice(f"task {key[1]}", task.info.resources)
                self.tasks[key] = task.info.resources
                self.used.add(task.info.resources)
        for offer_id, opened in offers.items():
            if offer_id not in self.offers:
                self._find_twice(f"offer {offer_id}", opened.offer.resources)
                self.offers[offer_id] = opened.offer.resources
                self.offered.add(opened.offer.resources)
        return True

    def _find_twice(self, what: str, resources: Resources) -> None:
        for held, where in ((self.used, self.tasks), (self.offered, self.offers)):
            if shared := held.shared(resources):
                other = next(key for key, each in where.items() if _of(each).shared(resources))
                self.twice.append(f"{what} holds {shared}, which is also in {_named(other)}")


class Books:
    """The books of whichever master lives; each of several may ask what a step of it has changed."""

    def __init__(self) -> None:
        self.listed: dict[AgentId, Listed] = {}
        self._cluster: Cluster | None = None
        self._offers: dict[OfferId, AgentId] = {}
        self._sequence = 0
        self._asked: Sequence[ev.Event] | None = None
        self._found: list[Listed] = []

    def changed(self, master: SimMaster, events: Sequence[ev.Event]) -> list[Listed]:
        if events is not self._asked:
            self._asked, self._found = events, self._follow_all(master.machine.cluster, events)
        return self._found

    def _follow_all(self, cluster: Cluster, events: Sequence[ev.Event]) -> list[Listed]:
        if cluster is not self._cluster:
            self._cluster, self._sequence = cluster, 0
            self.listed, self._offers = {}, {}
        if cluster.history.sequence == self._sequence:
            return []
        found = [self._follow(cluster, agent_id) for agent_id in self._concerned(cluster, events)]
        return [listed for listed in found if listed is not None]

    def _concerned(self, cluster: Cluster, events: Sequence[ev.Event]) -> Iterable[AgentId]:
        """Agents whose tasks or offers may have changed, by what happened."""
        agents = {event.agent_id: None for event in events if isinstance(event, ev.AgentUpdates)}
        for entry in cluster.history.since(self._sequence):
            if entry.kind == "offer_made":
                opened = cluster.offers.get(OfferId(entry.subject))
                if opened is not None:
                    self._offers[opened.offer.offer_id] = opened.offer.agent_id
                    agents[opened.offer.agent_id] = None
            elif entry.kind.startswith("offer_"):
                agent_id = self._offers.pop(OfferId(entry.subject), None)
                if agent_id is not None:
                    agents[agent_id] = None
            elif entry.kind.startswith("agent_"):
                agents[AgentId(entry.subject)] = None
            elif entry.kind == "framework_removed":
                agents |= dict.fromkeys(cluster.agents)
        self._sequence = cluster.history.sequence
        return agents

    def _follow(self, cluster: Cluster, agent_id: AgentId) -> Listed | None:
        agent = cluster.agents.get(agent_id)
        if agent is None:
            self.listed.pop(agent_id, None)
            return None
        listed = self.listed.get(agent_id)
        if listed is None or listed.agent is not agent:
            listed = self.listed[agent_id] = Listed(agent)
        return listed if listed.follow() else None


def _of(resources: Resources) -> Holding:
    holding = Holding()
    holding.add(resources)
    return holding


def _named(key: TaskKey | OfferId) -> str:
    return f"task {key[1]}" if isinstance(key, tuple) else f"offer {key}"
