"""Where the durable facts are kept: one interface, with a twin in memory for tests."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from barter.core.ids import AgentId
from barter.core.maintenance import Mode
from barter.core.removals import Removals
from barter.master import facts as f
from barter.master.facts import Fact, Recovered

AGENT, FRAMEWORK, ROLE = "agent", "framework", "role"
RESERVATION, VOLUME, CONDEMNED, MAINTENANCE, GONE = "reservation", "volume", "condemned", "maintenance", "gone"
REMOVED, REMOVALS = "removed", "removals"
OF_AN_AGENT = (RESERVATION, VOLUME, CONDEMNED, MAINTENANCE)


class UnusableRegistry(Exception):
    """It is no registry, is damaged, or was written by a newer version; the text names the file or znode."""


class NoLongerLeader(Exception):
    """Another master has taken the lead, so nothing of what was to be written is there."""


EPOCHS_AHEAD = 1_000_000
"""How far a restored registry is ahead of its backup: no cluster has had so many masters since its last one, and agents
refuse epochs that are lower than one they saw."""


class Registry(Protocol):
    async def start(self, new_cluster_id: str) -> Recovered:
        """Raise the epoch durably and return all facts; a registry without a cluster id takes the new one."""
        ...

    async def commit(self, facts: Sequence[Fact]) -> None:
        """Durable when it returns. Where it raises, nothing of a subject is there that is not there in whole.

        Raises NoLongerLeader, UnusableRegistry.
        """
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """What a fact does to the registry: `value` is kept under kind and name, or nothing is any more where it is None.

    With `with_agent`, all that belongs to the agent of that name goes too.
    """

    kind: str
    name: str
    value: object = None
    with_agent: bool = False


def entries_of(fact: Fact) -> tuple[Entry, ...]:
    match fact:
        case f.AgentAdmitted(info):
            return (Entry(AGENT, info.agent_id, info),)
        case f.AgentLeft(agent_id):
            return (Entry(AGENT, agent_id, with_agent=True),)
        case f.AgentGone():
            return (Entry(GONE, fact.agent_id, fact),)
        case f.AgentRemoved(removed):
            return (Entry(REMOVED, removed.agent_id, removed.bounded()),)
        case f.RemovedForgotten(agent_id):
            return (Entry(REMOVED, agent_id),)
        case f.RemovalsSet(removals):
            return (Entry(REMOVALS, REMOVALS, removals.bounded()),)
        case f.FrameworkAdmitted(framework):
            return (Entry(FRAMEWORK, framework.framework_id, framework),)
        case f.FrameworkRemoved(framework_id):
            return (Entry(FRAMEWORK, framework_id),)
        case f.RoleSet(config):
            return (Entry(ROLE, config.role, None if config.usual else config),)
        case f.MaintenanceSet(maintenance):
            usual = maintenance.mode is Mode.ACTIVE and not maintenance.start_ms
            return (Entry(MAINTENANCE, within(maintenance.agent_id), None if usual else maintenance),)
        case _:
            return _of_reservations(fact)


def _of_reservations(
    fact: f.ReservationMade | f.ReservationEnded | f.VolumeMade | f.VolumeCondemned | f.VolumeEnded,
) -> tuple[Entry, ...]:
    match fact:
        case f.ReservationMade(reservation):
            return (Entry(RESERVATION, within(reservation.agent_id, reservation.reservation_id), reservation),)
        case f.ReservationEnded(agent_id, reservation_id):
            return (Entry(RESERVATION, within(agent_id, reservation_id)),)
        case f.VolumeMade(volume):
            return (Entry(VOLUME, within(volume.agent_id, volume.volume_id), volume),)
        case f.VolumeCondemned(agent_id, volume_id):
            name = within(agent_id, volume_id)
            return Entry(VOLUME, name), Entry(CONDEMNED, name, (agent_id, volume_id))
        case f.VolumeEnded(agent_id, volume_id):
            name = within(agent_id, volume_id)
            return Entry(VOLUME, name), Entry(CONDEMNED, name)


def within(agent_id: AgentId, name: str = "") -> str:
    """The name of something that belongs to an agent; no agent's id has a slash."""
    return f"{agent_id}/{name}"


class MemoryFacts:
    """Keeps facts as long as the object lives, over any number of starts: what a registry does, without waiting."""

    def __init__(self) -> None:
        self._started = Recovered("", 0)
        self._kept: dict[str, dict[str, object]] = {}

    def start(self, new_cluster_id: str) -> Recovered:
        self._started = replace(
            self._started,
            cluster_id=self._started.cluster_id or new_cluster_id,
            epoch=self._started.epoch + 1,
            agents=self._all(AGENT),
            frameworks=self._all(FRAMEWORK),
            roles=self._all(ROLE),
            reservations=self._all(RESERVATION),
            volumes=self._all(VOLUME),
            condemned=self._all(CONDEMNED),
            maintenance=self._all(MAINTENANCE),
            gone=self._all(GONE),
            removed=self._all(REMOVED),
            removals=next(iter(self._all(REMOVALS)), Removals()),
        )
        return self._started

    def commit(self, facts: Sequence[Fact]) -> None:
        for entry in [entry for fact in facts for entry in entries_of(fact)]:
            self._apply(entry)

    def _apply(self, entry: Entry) -> None:
        if entry.value is None:
            self._kept.get(entry.kind, {}).pop(entry.name, None)
        else:
            self._kept.setdefault(entry.kind, {})[entry.name] = entry.value
        if entry.with_agent:
            for kind in OF_AN_AGENT:
                for name in [each for each in self._kept.get(kind, {}) if each.startswith(f"{entry.name}/")]:
                    del self._kept[kind][name]

    def _all(self, kind: str) -> tuple:  # type: ignore[type-arg]
        return tuple(self._kept.get(kind, {}).values())


class MemoryRegistry:
    """For tests: its facts outlive nothing but a start."""

    def __init__(self) -> None:
        self._facts = MemoryFacts()

    async def start(self, new_cluster_id: str) -> Recovered:
        return self._facts.start(new_cluster_id)

    async def commit(self, facts: Sequence[Fact]) -> None:
        self._facts.commit(facts)

    async def close(self) -> None:
        pass
