"""Agents in the order of what they have free, and in classes of equal placement attributes.

Orders are made when a demand asks for them and mended by what changed since; offering whole agents never pays for them.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field

from barter.core.constraints import Attributes
from barter.core.ids import AgentId
from barter.core.resources import Resources

Entry = tuple[int, AgentId]


@dataclass(slots=True)
class _Order:
    """`entries` of (-amount, agent), sorted; `at` is each one's amount there; `stale` ones may have moved."""

    entries: list[Entry] = field(default_factory=list)
    at: dict[AgentId, int] = field(default_factory=dict)
    stale: set[AgentId] = field(default_factory=set)


class Shelf:
    """Active agents with their free scalars, ordered by a kind of resource on demand."""

    __slots__ = ("_orders", "free")

    def __init__(self) -> None:
        self.free: dict[AgentId, Resources] = {}
        self._orders: dict[str, _Order] = {}

    def put(self, agent_id: AgentId, free: Resources) -> None:
        self.free[agent_id] = free
        for order in self._orders.values():
            order.stale.add(agent_id)

    def take(self, agent_id: AgentId) -> None:
        self.free.pop(agent_id, None)
        for order in self._orders.values():
            order.stale.add(agent_id)

    def entries(self, kind: str) -> list[Entry]:
        """Most of that kind first, equal ones by id. A list is never changed once it was handed out."""
        order = self._orders.get(kind)
        if order is None:
            order = self._orders[kind] = _Order()
            order.stale = set(self.free)
        if order.stale:
            self._mend(order, kind)
        return order.entries

    def _mend(self, order: _Order, kind: str) -> None:
        now = {
            agent_id: -free.scalars.get(kind, 0)
            for agent_id in order.stale
            if (free := self.free.get(agent_id)) is not None
        }
        moved = [each for each in order.stale if order.at.get(each) != now.get(each)]
        order.stale = set()
        if not moved:
            return
        gone = [(order.at.pop(each), each) for each in moved if each in order.at]
        come = [(now[each], each) for each in moved if each in now]
        order.at.update((agent_id, amount) for amount, agent_id in come)
        if len(moved) * 16 > len(order.entries):
            order.entries = sorted((amount, agent_id) for agent_id, amount in order.at.items())
            return
        order.entries = order.entries.copy()
        for entry in gone:
            del order.entries[bisect_left(order.entries, entry)]
        for entry in come:
            insort(order.entries, entry)


def emptiest(entries: list[Entry], least: int) -> Iterator[Entry]:
    """Those with at least so much, most first."""
    for entry in entries:
        if -entry[0] < least:
            return
        yield entry


def fullest(entries: list[Entry], least: int) -> Iterator[Entry]:
    """Those with at least so much, least first, as (amount, agent)."""
    end = bisect_right(entries, -least, key=lambda entry: entry[0])
    while end:
        amount = entries[end - 1][0]
        start = bisect_left(entries, (amount,))
        for at in range(start, end):
            yield -amount, entries[at][1]
        end = start


@dataclass(slots=True, eq=False)
class AgentClass:
    """Agents alike in all that steady constraints ask, but for their hostname; `leaving` have announced maintenance.

    On its shelf are the active ones.
    """

    number: int
    attributes: Attributes
    public: bool
    runtimes: tuple[str, ...]
    leaving: bool
    members: int = 0
    shelf: Shelf = field(default_factory=Shelf)
