"""What of an agent is plain and what its reservations keep: worked out of its books, never counted twice."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from barter.core.cluster import AgentInfo, Offer
from barter.core.ids import ReservationId
from barter.core.reservations import PersistentVolume, Reservation, static_id
from barter.core.resources import NOTHING, Resources
from barter.core.tasks import TaskInfo
from barter.master.pool import Pool

NO_POOL = Pool()


@dataclass(frozen=True, slots=True)
class Division:
    """What neither tasks nor offers hold, volumes aside: the plain rest, and the free part of each reservation."""

    plain: Resources
    reserved: tuple[tuple[Reservation, Resources], ...] = ()


def static_reservations(info: AgentInfo) -> dict[ReservationId, Reservation]:
    """What the agent has reserved at its start."""
    parts = info.reserved.items()
    made = (Reservation(static_id(role), info.agent_id, role, part, static=True) for role, part in parts)
    return {each.reservation_id: each for each in made}


def divide(
    unheld: Resources,
    reservations: Iterable[Reservation],
    volumes: Collection[PersistentVolume],
    taken: Mapping[ReservationId, Pool],
) -> Division:
    """`taken` is what tasks and offers hold of each reservation. Of an agent that has shrunk below its reservations
    nothing is given that is not there: volumes come first, then reservations in their order, then the plain rest."""
    rest = unheld.without(disk(sum(volume.size for volume in volumes)))
    parts: list[tuple[Reservation, Resources]] = []
    for reservation in reservations:
        free = unused(reservation, volumes, taken)
        left = rest.without(free)
        parts.append((reservation, rest.without(left)))
        rest = left
    return Division(rest, tuple(parts))


def unused(
    reservation: Reservation, volumes: Collection[PersistentVolume], taken: Mapping[ReservationId, Pool]
) -> Resources:
    """What of a reservation neither volumes nor tasks and offers hold."""
    volumes_of = sum(volume.size for volume in volumes if volume.reservation_id == reservation.reservation_id)
    own = reservation.resources.without(disk(volumes_of))
    return taken.get(reservation.reservation_id, NO_POOL).left_of(own)


def plain_of(held: Offer | TaskInfo) -> Resources:
    """What of an offer or a task is neither reserved nor revocable."""
    plain = held.resources.without(held.revocable)
    for part in held.reserved.values():
        plain = plain.without(part)
    return plain


def of_known(info: TaskInfo, reservations: Mapping[ReservationId, Reservation]) -> TaskInfo:
    """What a task holds of a reservation that is not there, or not any more, is plain."""
    if not info.reserved or all(name in reservations for name in info.reserved):
        return info
    return replace(info, reserved={name: part for name, part in info.reserved.items() if name in reservations})


def disk(size: int) -> Resources:
    return Resources({"disk": size}) if size else NOTHING


def total_of(parts: Iterable[Resources]) -> Resources:
    pool = Pool()
    for part in parts:
        pool.add(part)
    return pool.value
