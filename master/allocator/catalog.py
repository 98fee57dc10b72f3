"""Which agents a demand may go to, asked once per class of agents and constraint rather than once per agent."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from barter.core.cluster import Demand
from barter.core.constraints import HOSTNAME, Constraint, Operator, canonical, field_value, refusal
from barter.core.ids import AgentId, ReservationId, VolumeId
from barter.core.roles import lineage
from barter.master.allocator.model import AgentSlot
from barter.master.allocator.records import AgentRecord
from barter.master.allocator.shelf import AgentClass, Shelf

_COUNTING = frozenset({Operator.UNIQUE, Operator.MAX_PER, Operator.GROUP_BY})
_NOBODY: Counter[str] = Counter()
_REMEMBERED = 10_000

ClassKey = tuple[object, ...]
Question = tuple[bool, str, tuple[Constraint, ...]]


def counts_instances(constraint: Constraint) -> bool:
    """Whether its answer depends on where instances are."""
    return constraint.operator in _COUNTING or (constraint.operator is Operator.CLUSTER and not constraint.value)


def of_hostname(constraint: Constraint) -> bool:
    return canonical(constraint.field) == HOSTNAME


class Catalog:
    """Agents by class, by hostname, by the roles that have reservations and by the volumes on them."""

    def __init__(self, agents: Mapping[AgentId, AgentRecord]) -> None:
        self._agents = agents
        self._classes: dict[ClassKey, AgentClass] = {}
        self._made = 0
        self.everything = Shelf()
        self._hosts: defaultdict[str, dict[AgentId, None]] = defaultdict(dict)
        self._moved: dict[AgentId, AgentRecord] = {}
        self._reserved: defaultdict[str, dict[AgentId, None]] = defaultdict(dict)
        self._slack: dict[AgentId, None] = {}
        self._volumes: dict[VolumeId, tuple[AgentId, ReservationId]] = {}
        self._answers: dict[Question, tuple[AgentClass, ...]] = {}
        self._on_hosts: dict[Constraint, frozenset[AgentId]] = {}
        self._values: dict[tuple[str, bool, str], frozenset[str]] = {}

    def add(self, record: AgentRecord) -> None:
        slot, agent_id = record.slot, record.agent_id
        attributes = {name: value for name, value in record.attributes.items() if name != HOSTNAME}
        leaving = bool(slot.unavailable_from_ms)
        key = (frozenset(attributes.items()), slot.info.public, slot.info.runtimes, leaving)
        kind = self._classes.get(key)
        if kind is None:
            self._made += 1
            runtimes = slot.info.runtimes
            kind = self._classes[key] = AgentClass(self._made, attributes, slot.info.public, runtimes, leaving)
            self._answers.clear()
        kind.members += 1
        record.kind = kind
        self._hosts[slot.info.hostname][agent_id] = None
        self._on_hosts.clear()
        self._values.clear()
        self._moved[agent_id] = record
        self._add_parts(slot)

    def remove(self, record: AgentRecord) -> None:
        kind, agent_id, host = record.kind, record.agent_id, record.slot.info.hostname
        assert kind is not None
        self._remove_parts(record.slot)
        self._moved.pop(agent_id, None)
        kind.shelf.take(agent_id)
        self.everything.take(agent_id)
        kind.members -= 1
        if not kind.members:
            self._classes = {key: each for key, each in self._classes.items() if each is not kind}
            self._answers.clear()
        del self._hosts[host][agent_id]
        if not self._hosts[host]:
            del self._hosts[host]
        self._on_hosts.clear()
        self._values.clear()

    def change(self, record: AgentRecord, old: AgentSlot) -> None:
        """The same agent with other things free, or active where it was not."""
        slot = record.slot
        self._moved[slot.info.agent_id] = record
        if slot.active != old.active:
            self._values.clear()
        if slot.reserved or old.reserved or slot.revocable or old.revocable:
            self._remove_parts(old)
            self._add_parts(slot)

    def _stock(self, record: AgentRecord) -> None:
        assert record.kind is not None
        for shelf in (record.kind.shelf, self.everything):
            if record.slot.active:
                shelf.put(record.agent_id, record.slot.free)
            else:
                shelf.take(record.agent_id)

    def shelve(self) -> None:
        """Bring the shelves up to date; who has no demands to serve never pays for it."""
        for record in self._moved.values():
            self._stock(record)
        self._moved.clear()

    def _add_parts(self, slot: AgentSlot) -> None:
        agent_id = slot.info.agent_id
        for each in slot.reserved:
            self._reserved[each.role][agent_id] = None
            self._volumes.update((volume, (agent_id, each.reservation_id)) for volume in each.volumes)
        if slot.revocable:
            self._slack[agent_id] = None

    def _remove_parts(self, slot: AgentSlot) -> None:
        agent_id = slot.info.agent_id
        for each in slot.reserved:
            self._reserved[each.role].pop(agent_id, None)
            for volume in each.volumes:
                self._volumes.pop(volume, None)
        self._slack.pop(agent_id, None)

    def classes(self, demand: Demand) -> tuple[AgentClass, ...]:
        """Those of its side with its runtime that satisfy its steady constraints on anything but the hostname."""
        steady = tuple(each for each in demand.constraints if not counts_instances(each) and not of_hostname(each))
        question = demand.on_public, demand.runtime, steady
        answer = self._answers.get(question)
        if answer is None:
            if len(self._answers) > _REMEMBERED:
                self._answers.clear()
            answer = self._answers[question] = tuple(self._satisfying(question))
        return answer

    def _satisfying(self, question: Question) -> Iterable[AgentClass]:
        public, runtime, steady = question
        found: Iterable[AgentClass] = self._classes.values()
        if len(steady) > 1:
            alone = [self._answer_one((public, runtime, (each,))) for each in steady]
            rest = set.intersection(*(set(each) for each in alone))
            return [each for each in min(alone, key=len) if each in rest]
        return [
            kind
            for kind in found
            if kind.public == public
            and runtime in kind.runtimes
            and not any(refusal(each, kind.attributes, _NOBODY, frozenset()) for each in steady)
        ]

    def _answer_one(self, question: Question) -> tuple[AgentClass, ...]:
        if question not in self._answers:
            self._answers[question] = tuple(self._satisfying(question))
        return self._answers[question]

    def on_hosts(self, constraint: Constraint) -> frozenset[AgentId]:
        """The agents that satisfy a steady constraint on the hostname."""
        found = self._on_hosts.get(constraint)
        if found is None:
            if len(self._on_hosts) > _REMEMBERED:
                self._on_hosts.clear()
            names = constraint.operator in (Operator.IS, Operator.CLUSTER) and constraint.field == HOSTNAME
            asked: Iterable[AgentId] = self._hosts.get(constraint.value, ()) if names else self._agents
            found = self._on_hosts[constraint] = frozenset(
                agent_id
                for agent_id in asked
                if not refusal(constraint, self._agents[agent_id].attributes, _NOBODY, frozenset())
            )
        return found

    def same_host(self, hostname: str) -> Iterable[AgentId]:
        return tuple(self._hosts.get(hostname, ()))

    def with_reservations(self, role: str) -> Iterable[AgentId]:
        """The agents with something reserved for the role or one above it."""
        return dict.fromkeys(each for above in lineage(role) for each in self._reserved.get(above, ()))

    def with_slack(self) -> Iterable[AgentId]:
        return tuple(self._slack)

    def holder(self, volume: VolumeId) -> AgentId | None:
        """The agent on which the volume is and no task uses it."""
        found = self._volumes.get(volume)
        return None if found is None else found[0]

    def values(self, field: str, demand: Demand) -> frozenset[str]:
        """Every value of the field among the agents that could run it: active, its side, its runtime."""
        self.shelve()
        key = field, demand.on_public, demand.runtime
        if key not in self._values:
            found = {
                field_value(attributes, field)
                for kind in self._classes.values()
                if kind.public == demand.on_public and demand.runtime in kind.runtimes
                for attributes in self._attributes(kind, field)
            }
            self._values[key] = frozenset(value for value in found if value is not None)
        return self._values[key]

    def _attributes(self, kind: AgentClass, field: str) -> Iterable[Mapping[str, str]]:
        if canonical(field) == HOSTNAME:
            return (self._agents[agent_id].attributes for agent_id in kind.shelf.free)
        return (kind.attributes,) if kind.shelf.free else ()
