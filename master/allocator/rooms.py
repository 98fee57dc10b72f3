"""What a pass has left of each agent it has given something of: plain, reserved and revocable."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from barter.core.cluster import Demand
from barter.core.ids import AgentId, ReservationId, VolumeId
from barter.core.ranges import Ranges, union
from barter.core.resources import NOTHING, Resources
from barter.core.roles import is_within
from barter.master.allocator.index import Index
from barter.master.allocator.model import AgentSlot, ReservedSlot
from barter.master.allocator.room import Holding, Need, Room, capacity

PLAIN, REVOCABLE = "", "revocable"
CPUS = frozenset({"cpus"})
_NO_ROOM = Room(NOTHING)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a task's resources come from: `own` from a reservation (or what is revocable), the rest is plain.

    With `contained` it takes one of the containers that the agent may run.
    """

    plain: Need
    own: Need | None = None
    reservation_id: ReservationId = ReservationId("")
    contained: bool = False


class AgentRoom:
    """What is left of one agent."""

    __slots__ = ("containers", "plain", "reserved", "revocable", "slot", "volumes")

    def __init__(self, slot: AgentSlot) -> None:
        self.slot = slot
        self.containers = slot.containers
        self.plain = Room(slot.free)
        self.revocable = Room(slot.revocable) if slot.revocable else _NO_ROOM
        self.reserved = {each.reservation_id: Room(each.free) for each in slot.reserved}
        self.volumes = {volume for each in slot.reserved for volume in each.volumes}

    def take(self, source: Source, tasks: int) -> tuple[Ranges, Ranges]:
        """Take so many tasks; the ports chosen for them, plain ones and the source's own."""
        own: Ranges = ()
        if source.contained:
            self.containers -= tasks
        if source.own is not None:
            room = self.reserved[source.reservation_id] if source.reservation_id else self.revocable
            own = room.take(source.own, tasks)
        return self.plain.take(source.plain, tasks), own

    def left(self) -> AgentSlot:
        slot = self.slot
        reserved = tuple(
            replace(
                each,
                free=self.reserved[each.reservation_id].rest(),
                volumes=tuple(volume for volume in each.volumes if volume in self.volumes),
            )
            for each in slot.reserved
        )
        revocable = self.revocable.rest() if slot.revocable else NOTHING
        free, leaves_ms = self.plain.rest(), slot.unavailable_from_ms
        return AgentSlot(
            slot.info, free, slot.active, slot.reason_inactive, reserved, revocable, leaves_ms, self.containers
        )


def usable(slot: AgentSlot, role: str) -> Iterator[ReservedSlot]:
    """The reservations that serve the role."""
    return (each for each in slot.reserved if is_within(role, each.role))


class Rooms:
    """`left` is an agent's slot as it is now; only agents of which something was given have a room."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.taken: dict[AgentId, AgentRoom] = {}

    def plain(self, agent_id: AgentId) -> Holding:
        room = self.taken.get(agent_id)
        return self._index.agents[agent_id].slot.free if room is None else room.plain

    def taking(self, agent_id: AgentId) -> AgentRoom:
        room = self.taken.get(agent_id)
        if room is None:
            room = self.taken[agent_id] = AgentRoom(self._index.agents[agent_id].slot)
        return room

    def fit(self, slot: AgentSlot, source: Source) -> int:
        """How many tasks fit from that source on the agent that stands, or stood before the pass, as `slot` says."""
        room = self.taken.get(slot.info.agent_id)
        fit = capacity(room.plain if room else slot.free, source.plain)
        if fit and source.own is not None:
            own: Holding
            if source.reservation_id:
                own = (
                    room.reserved[source.reservation_id]
                    if room
                    else next(each.free for each in slot.reserved if each.reservation_id == source.reservation_id)
                )
            else:
                own = room.revocable if room else slot.revocable
            fit = min(fit, capacity(own, source.own))
        if source.contained:
            fit = min(fit, (room or slot).containers)
        return fit

    def has_volume(self, slot: AgentSlot, volume: VolumeId, role: str) -> bool:
        """Whether the volume is there for the role, and no task uses it."""
        room = self.taken.get(slot.info.agent_id)
        if room is not None and volume not in room.volumes:
            return False
        return any(volume in each.volumes for each in usable(slot, role))


class Sources:
    """Where a demand's tasks may come from on an agent, in the order in which they are tried: reservations first."""

    def __init__(self, demand: Demand, need: Need, *, contained: bool = False) -> None:
        self._need, self._role, self._contained = need, demand.role, contained
        self._volume, revocable = demand.volume, demand.revocable
        self._plain = (Source(need, contained=contained),)
        if revocable:
            cpus, rest = need.split(CPUS)
            self._plain = (Source(rest, cpus if cpus else None, contained=contained),)
        self.may_reserved = not (revocable or demand.reserving)
        self._reserved: dict[tuple[str, ...], tuple[Need, Need]] = {}

    def of(self, slot: AgentSlot) -> Iterable[Source]:
        if not (slot.reserved and self.may_reserved):
            return self._plain
        for each in slot.reserved:
            if each.exclusive and self._volume in each.volumes:
                return tuple(self._of_reservation(each))
        return (*self._of_reservations(slot), *self._plain)

    def _of_reservations(self, slot: AgentSlot) -> Iterator[Source]:
        for each in usable(slot, self._role):
            if not each.exclusive:
                yield from self._of_reservation(each)

    def _of_reservation(self, each: ReservedSlot) -> Iterator[Source]:
        held = each.resources
        kinds = (*held.scalars, *held.ranges, *held.sets)
        split = self._reserved.get(kinds)
        if split is None:
            split = self._reserved[kinds] = self._need.split(frozenset(kinds))
        own, rest = split
        if own:
            yield Source(rest, own, each.reservation_id, self._contained)


@dataclass(slots=True)
class Taken:
    """What one demand was given of one agent from one reservation, from what is revocable, or plain."""

    source: Source
    tasks: int = 0
    plain_ports: Ranges = ()
    own_ports: Ranges = ()

    def add(self, tasks: int, ports: tuple[Ranges, Ranges]) -> None:
        self.tasks += tasks
        self.plain_ports, self.own_ports = union(self.plain_ports, ports[0]), union(self.own_ports, ports[1])

    @property
    def own(self) -> Resources:
        return NOTHING if self.source.own is None else self.source.own.of(self.tasks, self.own_ports)

    @property
    def plain(self) -> Resources:
        return self.source.plain.of(self.tasks, self.plain_ports)
