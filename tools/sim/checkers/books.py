"""What the master's books list for each agent, followed change by change; for the checkers that add it up."""

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import TypeVar

from barter.core.cluster import Offer
from barter.core.ids import AgentId, OfferId, ReservationId
from barter.core.reservations import Reservation
from barter.core.resources import Resources
from barter.core.tasks import TaskInfo
from barter.master import events as ev
from barter.master.cluster import Cluster
from barter.master.state import Agent, TaskKey
from barter.tools.sim.checkers.consumption import Consumption
from barter.tools.sim.checkers.holding import Holding
from barter.tools.sim.master import SimMaster

KeyT = TypeVar("KeyT")
AT_AGENTS = ev.AgentUpdates | ev.Operate | ev.AgentVolumes


class Listed:
    """Of one agent: its tasks, open offers and reservations with what each holds, and their sums, where what is
    revocable counts for nothing. `taken` is what of the reservations its tasks and offers hold.

    `offered_now` and `reserved_now` were entered last, but for what a master begins with. `twice` says what was listed
    in two of them when it was entered.
    """

    def __init__(self, agent: Agent, consumption: Consumption | None = None) -> None:
        self.agent = agent
        self.tasks: dict[TaskKey, TaskInfo] = {}
        self.offers: dict[OfferId, Offer] = {}
        self.reservations: dict[ReservationId, Reservation] = {}
        self.used, self.offered = Holding(), Holding()
        self.taken: dict[ReservationId, Holding] = {}
        self.offered_now: list[Offer] = []
        self.reserved_now: list[Reservation] = []
        self.twice: list[str] = []
        self._consumption = consumption or Consumption()
        self._followed = False

    def follow(self) -> bool:
        """Catch up with the books; whether anything changed."""
        agent = self.agent
        if (
            agent.tasks.keys() == self.tasks.keys()
            and agent.offers.keys() == self.offers.keys()
            and agent.reservations == self.reservations
        ):
            return False
        self.twice.clear()
        self.offered_now, self.reserved_now = [], []
        for key in _gone(self.tasks, agent.tasks):
            self._take(self.used, self.tasks.pop(key))
        for offer_id in _gone(self.offers, agent.offers):
            self._take(self.offered, self.offers.pop(offer_id))
        for key, task in agent.tasks.items():
            if key not in self.tasks:
                self._enter(self.used, f"task {key[1]}", task.info)
                self.tasks[key] = task.info
        for offer_id, opened in agent.offers.items():
            if offer_id not in self.offers:
                self._enter(self.offered, f"offer {offer_id}", opened.offer)
                self.offers[offer_id] = opened.offer
                self.offered_now.append(opened.offer)
        if agent.reservations != self.reservations:
            self._follow_reservations()
        self._followed = True
        return True

    def held(self) -> Iterator[TaskInfo | Offer]:
        yield from self.tasks.values()
        yield from self.offers.values()

    def forget(self) -> None:
        """Its agent is no more, and consumes nothing."""
        for held in self.held():
            self._consumption.change(held.role, plain(held).scalars, -1)
        for reservation in self.reservations.values():
            self._consumption.change(reservation.role, reservation.resources.scalars, -1)

    def _follow_reservations(self) -> None:
        for reservation in self.reservations.values():
            self._consumption.change(reservation.role, reservation.resources.scalars, -1)
        known, self.reservations = self.reservations, dict(self.agent.reservations)
        for reservation in self.reservations.values():
            self._consumption.change(reservation.role, reservation.resources.scalars, 1)
        if self._followed:
            self.reserved_now = [each for each in self.reservations.values() if each != known.get(each.reservation_id)]

    def _enter(self, sum_: Holding, what: str, held: TaskInfo | Offer) -> None:
        own = owned(held)
        for holding, where in ((self.used, self.tasks), (self.offered, self.offers)):
            if shared := holding.shared(own):
                other = next(key for key, each in where.items() if _of(owned(each)).shared(own))
                self.twice.append(f"{what} holds {shared}, which is also in {_named(other)}")
        sum_.add(own)
        self._consumption.change(held.role, plain(held).scalars, 1)
        for reservation_id, part in held.reserved.items():
            self.taken.setdefault(reservation_id, Holding()).add(part)

    def _take(self, sum_: Holding, held: TaskInfo | Offer) -> None:
        sum_.take(owned(held))
        self._consumption.change(held.role, plain(held).scalars, -1)
        for reservation_id, part in held.reserved.items():
            self.taken[reservation_id].take(part)


def owned(held: TaskInfo | Offer) -> Resources:
    """Without what is only lent."""
    return held.resources.without(held.revocable) if held.revocable else held.resources


def plain(held: TaskInfo | Offer) -> Resources:
    """Neither lent nor reserved."""
    rest = owned(held)
    for part in held.reserved.values():
        rest = rest.without(part)
    return rest


class Books:
    """The books of whichever master lives; each of several may ask what a step of it has changed."""

    def __init__(self) -> None:
        self.listed: dict[AgentId, Listed] = {}
        self.consumption = Consumption()
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
        agents: dict[AgentId, None] = {}
        if cluster is not self._cluster:
            self._cluster, self._sequence = cluster, 0
            self.listed, self._offers = {}, {}
            self.consumption.clear()
            agents |= dict.fromkeys(cluster.agents)
        elif cluster.history.sequence == self._sequence:
            return []
        agents |= self._concerned(cluster, events)
        found = [self._follow(cluster, agent_id) for agent_id in agents]
        return [listed for listed in found if listed is not None]

    def _concerned(self, cluster: Cluster, events: Sequence[ev.Event]) -> dict[AgentId, None]:
        """Agents whose tasks, offers or reservations may have changed, by what happened."""
        agents: dict[AgentId, None] = {}
        for event in events:
            if isinstance(event, AT_AGENTS):
                agents[event.agent_id] = None
            elif isinstance(event, ev.AgentRegister):
                agents[event.info.agent_id] = None
            elif isinstance(event, ev.Accept):
                agents |= {self._offers[each]: None for each in event.offer_ids if each in self._offers}
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
        listed = self.listed.get(agent_id)
        if listed is not None and listed.agent is not agent:
            listed.forget()
            del self.listed[agent_id]
            listed = None
        if agent is None:
            return None
        if listed is None:
            listed = self.listed[agent_id] = Listed(agent, self.consumption)
        return listed if listed.follow() else None


def _gone(known: Iterable[KeyT], there: Container[KeyT]) -> list[KeyT]:
    return [key for key in known if key not in there]


def _of(resources: Resources) -> Holding:
    holding = Holding()
    holding.add(resources)
    return holding


def _named(key: TaskKey | OfferId) -> str:
    return f"task {key[1]}" if isinstance(key, tuple) else f"offer {key}"
