"""What an accept has to give: what its offers held, taken from by its operations and launches in their order."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace

from barter.core.cluster import Offer
from barter.core.ids import ReservationId
from barter.core.resources import NOTHING, Resources
from barter.core.tasks import TaskInfo
from barter.master.holdings import plain_of, total_of
from barter.master.pool import Pool


class Hand:
    """`made_more` once operations made reservations or volumes of what the offers held, and ended none: who makes and
    ends the same again and again has its offers no longer than who declines them."""

    def __init__(self, offers: Iterable[Offer]) -> None:
        self._plain, self._revocable = Pool(), Pool()
        self._reserved: dict[ReservationId, Pool] = {}
        self._made = self._ended = False
        for offer in offers:
            self._plain.add(plain_of(offer))
            self._revocable.add(offer.revocable)
            for reservation_id, part in offer.reserved.items():
                self._reserved.setdefault(reservation_id, Pool()).add(part)

    @property
    def made_more(self) -> bool:
        return self._made and not self._ended

    @property
    def plain(self) -> Resources:
        return self._plain.value

    @property
    def rest(self) -> Resources:
        """All that is left."""
        return total_of([self.plain, self._revocable.value, *(pool.value for pool in self._reserved.values())])

    def copy(self) -> "Hand":
        """Another that can be given from without this one."""
        return deepcopy(self)

    def reserved(self, reservation_id: ReservationId) -> Resources:
        return self._reserved[reservation_id].value if reservation_id in self._reserved else NOTHING

    def reserve(self, reservation_id: ReservationId, resources: Resources, *, usable: bool) -> None:
        """So much of what is plain is of a new reservation now: here only if that is usable by the offers' role."""
        self._plain.take(resources)
        if usable:
            self._reserved.setdefault(reservation_id, Pool()).add(resources)
        self._made = True

    def unreserve(self, reservation_id: ReservationId, *, usable: bool) -> None:
        """What is here of the reservation is plain now: here only if a limit of the offers' role leaves that much."""
        if usable:
            self._plain.add(self.reserved(reservation_id))
        self._reserved.pop(reservation_id, None)
        self._ended = True

    def shrink(self, reservation_id: ReservationId, disk: Resources) -> None:
        """So much of the reservation is a volume's now."""
        self._reserved[reservation_id].take(disk)
        self._made = True

    def grow(self, reservation_id: ReservationId, disk: Resources) -> None:
        """What was a volume's is free now: here, if something of its reservation is."""
        if reservation_id in self._reserved:
            self._reserved[reservation_id].add(disk)
        self._ended = True

    def give(self, info: TaskInfo) -> TaskInfo | str:
        """The task, with what of it is taken from which part; or what is missing for it."""
        if not self._reserved and not self._revocable.value and not info.reservation_id:
            if not self._plain.covers(info.resources):
                return "; ".join(self.plain.shortfalls(info.resources))
            self._plain.take(info.resources)
            return replace(info, reserved={}, revocable=NOTHING) if info.reserved or info.revocable else info
        name = info.reservation_id or (next(iter(self._reserved)) if len(self._reserved) == 1 else ReservationId(""))
        if info.reservation_id and name not in self._reserved:
            return f"nothing of reservation {name} is in the offers"
        return self._parted(info, name)

    def _parted(self, info: TaskInfo, name: ReservationId) -> TaskInfo | str:
        """Reserved first, then plain, then revocable; what the task itself calls revocable only from there."""
        lent, kept = self._revocable.value, self.reserved(name)
        revocable = common(common(info.revocable, info.resources), lent)
        reserved = common(info.resources.without(revocable), kept)
        plain = common(info.resources.without(revocable).without(reserved), self.plain)
        rest = info.resources.without(revocable).without(reserved).without(plain)
        if rest not in lent.without(revocable):
            has = total_of([lent, kept, self.plain])
            others = sorted(self._reserved.keys() - {name})
            hint = f" (the offers also hold {', '.join(others)}: name one as reservation_id)" if others else ""
            return "; ".join(has.shortfalls(info.resources)) + hint
        revocable = total_of([revocable, rest])
        self._plain.take(plain)
        self._revocable.take(revocable)
        if reserved:
            self._reserved[name].take(reserved)
        return replace(info, reserved={name: reserved} if reserved else {}, revocable=revocable)


def common(one: Resources, other: Resources) -> Resources:
    """What both have."""
    return one.without(one.without(other)) if one and other else NOTHING
