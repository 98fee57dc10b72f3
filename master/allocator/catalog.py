"""Which agents a demand may go to, asked once per class of agents and constraint rather than once per agent."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from barter.core.cluster import Demand
from barter.core.constraints import HOSTNAME, Constraint, Operator, canonical, field_value, refusal
from barter.core.ids import AgentId, ReservationId, VolumeId
from barter.core.roles import lineage
from barter.master.allocator.model import AgentSlot
from barter.master.allocator.records import AgentRecord
from barter.master.allocator.shelf import AgentClass, Shelf

_COUNTING = frozenset({Operator.UNIQUE, Operator.MAX_PER, Operator.GROUP_BY})
_NOBODY: Counter[str] = Counter()
_NOTHING: frozenset[str] = frozenset()
_PLAIN_TEXT = re.compile(r"[A-Za-z0-9_-]+")
_REMEMBERED = 10_000

ClassKey = tuple[object, ...]
Question = tuple[bool, str, tuple[Constraint, ...]]


def counts_instances(constraint: Constraint) -> bool:
    """Whether its answer depends on where instances are."""
    return constraint.operator in _COUNTING or (constraint.operator is Operator.CLUSTER and not constraint.value)


def of_hostname(constraint: Constraint) -> bool:
    return canonical(constraint.field) == HOSTNAME


def _is_literal(constraint: Constraint) -> bool:
    """Whether exactly one value satisfies it."""
    if constraint.operator is Operator.LIKE:
        return _PLAIN_TEXT.fullmatch(constraint.value) is not None
    return constraint.operator in (Operator.IS, Operator.CLUSTER)


@dataclass(frozen=True, slots=True)
class Cell:
    """Classes alike in some fields, and in whether their agents have announced maintenance."""

    kinds: tuple[AgentClass, ...]
    among: frozenset[AgentClass]


class Catalog:
    """Agents by class, by hostname, by the roles that have reservations and by the volumes on them.

    `leaving` ones have announced maintenance.
    """

    def __init__(self, agents: Mapping[AgentId, AgentRecord]) -> None:
        self._agents = agents
        self._classes: dict[ClassKey, AgentClass] = {}
        self._made = 0
        self.everything = Shelf()
        self.leaving: set[AgentId] = set()
        self._hosts: defaultdict[str, dict[AgentId, None]] = defaultdict(dict)
        self._moved: dict[AgentId, AgentRecord] = {}
        self._reserved: defaultdict[str, Shelf] = defaultdict(Shelf)
        self._slack: dict[AgentId, None] = {}
        self._volumes: dict[VolumeId, tuple[AgentId, ReservationId]] = {}
        self._answers: dict[Question, frozenset[AgentClass]] = {}
        self._satisfied: dict[Constraint, frozenset[AgentClass]] = {}
        self._with_value: dict[str, dict[str | None, list[AgentClass]]] = {}
        self._cells: dict[tuple[frozenset[AgentClass], tuple[str, ...]], list[Cell]] = {}
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
            self._forget_answers()
        kind.members += 1
        record.kind = kind
        if leaving:
            self.leaving.add(agent_id)
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
        self.leaving.discard(agent_id)
        kind.shelf.take(agent_id)
        self.everything.take(agent_id)
        kind.members -= 1
        if not kind.members:
            self._classes = {key: each for key, each in self._classes.items() if each is not kind}
            self._forget_answers()
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
        if slot.reserved or old.reserved or slot.revocable is not old.revocable:
            self._remove_parts(old)
            self._add_parts(slot)

    def emptied(self, record: AgentRecord) -> None:
        """Nothing of it is free, and nothing else about it is new."""
        self._moved[record.slot.info.agent_id] = record

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
            if each.free and slot.active:
                self._reserved[each.role].put(agent_id, slot.free)
            self._volumes.update((volume, (agent_id, each.reservation_id)) for volume in each.volumes)
        if slot.revocable:
            self._slack[agent_id] = None

    def _remove_parts(self, slot: AgentSlot) -> None:
        agent_id = slot.info.agent_id
        for each in slot.reserved:
            self._reserved[each.role].take(agent_id)
            for volume in each.volumes:
                self._volumes.pop(volume, None)
        self._slack.pop(agent_id, None)

    def given(self, record: AgentRecord, left: Mapping[str, int]) -> None:
        """A pass gave of the agent: so much of its plain scalars is left."""
        if record.kind is not None:
            record.kind.shelf.move(record.agent_id, left)
            self.everything.move(record.agent_id, left)
            for each in record.slot.reserved:
                self._reserved[each.role].move(record.agent_id, left)

    def used_up(self, record: AgentRecord, reservation_id: ReservationId) -> None:
        """A pass gave the last of a reservation."""
        roles = {each.role for each in record.slot.reserved if each.reservation_id == reservation_id}
        others = {each.role for each in record.slot.reserved if each.reservation_id != reservation_id}
        for role in roles - others:
            self._reserved[role].drop(record.agent_id)

    def classes(self, demand: Demand) -> frozenset[AgentClass]:
        """Those of its side with its runtime that satisfy its steady constraints on anything but the hostname."""
        steady = tuple(each for each in demand.constraints if not counts_instances(each) and not of_hostname(each))
        question = demand.on_public, demand.runtime, steady
        answer = self._answers.get(question)
        if answer is None:
            if len(self._answers) > _REMEMBERED:
                self._forget_answers()
            able = self._able(demand.on_public, demand.runtime)
            answer = self._answers[question] = able.intersection(*map(self._satisfying, steady))
        return answer

    def _forget_answers(self) -> None:
        self._answers.clear()
        self._satisfied.clear()
        self._with_value.clear()
        self._cells.clear()

    def _able(self, public: bool, runtime: str) -> frozenset[AgentClass]:
        question = public, runtime, ()
        if question not in self._answers:
            kinds = self._classes.values()
            able = (each for each in kinds if each.public == public and runtime in each.runtimes)
            self._answers[question] = frozenset(able)
        return self._answers[question]

    def _satisfying(self, constraint: Constraint) -> frozenset[AgentClass]:
        """Asked once per value of the field, or by looking the value up."""
        found = self._satisfied.get(constraint)
        if found is None:
            by_value = self._by_value(constraint.field)
            if _is_literal(constraint):
                found = frozenset(by_value.get(constraint.value, ()))
            else:
                found = frozenset(
                    kind
                    for value, kinds in by_value.items()
                    if not refusal(constraint, {} if value is None else {constraint.field: value}, _NOBODY, _NOTHING)
                    for kind in kinds
                )
            self._satisfied[constraint] = found
        return found

    def _by_value(self, field: str) -> Mapping[str | None, list[AgentClass]]:
        found = self._with_value.get(field)
        if found is None:
            found = self._with_value[field] = {}
            for kind in self._classes.values():
                found.setdefault(field_value(kind.attributes, field), []).append(kind)
        return found

    def cells(self, demand: Demand, fields: tuple[str, ...]) -> list[Cell]:
        """The demand's classes, those together that have the same values of the fields."""
        kinds = self.classes(demand)
        key = kinds, fields
        found = self._cells.get(key)
        if found is None:
            cells: dict[tuple[object, ...], list[AgentClass]] = {}
            for kind in sorted(kinds, key=lambda kind: kind.number):
                values = (field_value(kind.attributes, field) for field in fields)
                cells.setdefault((kind.leaving, *values), []).append(kind)
            found = self._cells[key] = [Cell(tuple(each), frozenset(each)) for each in cells.values()]
        return found

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
                if not refusal(constraint, self._agents[agent_id].attributes, _NOBODY, _NOTHING)
            )
        return found

    def same_host(self, hostname: str) -> Iterable[AgentId]:
        return tuple(self._hosts.get(hostname, ()))

    def with_reservations(self, role: str) -> Iterable[Shelf]:
        """The active agents with something reserved for the role or one above it, not all of it used."""
        return [shelf for above in lineage(role) if (shelf := self._reserved.get(above)) is not None and shelf.free]

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
