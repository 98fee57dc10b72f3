"""Agents in the order of what they have free, and in classes of equal placement attributes.

Orders are made when a demand asks for them and mended by what changed since; offering whole agents never pays for them.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from barter.core.constraints import Attributes
from barter.core.ids import AgentId
from barter.core.resources import Resources

Entry = tuple[int, AgentId]


@dataclass(slots=True)
class Order:
    """`entries` of (-amount, agent), sorted; `at` is each one's amount there; `stale` ones may have moved.

    `version` tells who walks along that something moved.
    """

    entries: list[Entry] = field(default_factory=list)
    at: dict[AgentId, int] = field(default_factory=dict)
    stale: set[AgentId] = field(default_factory=set)
    version: int = 0

    def move(self, agent_id: AgentId, amount: int) -> None:
        old = self.at.get(agent_id)
        if old is None or old == -amount:
            return
        del self.entries[bisect_left(self.entries, (old, agent_id))]
        insort(self.entries, (-amount, agent_id))
        self.at[agent_id] = -amount
        self.version += 1

    def drop(self, agent_id: AgentId) -> None:
        old = self.at.pop(agent_id, None)
        if old is not None:
            del self.entries[bisect_left(self.entries, (old, agent_id))]
            self.version += 1

    def emptiest(self, least: int) -> Iterator[Entry]:
        """Those with at least so much, most first. Amounts may become smaller meanwhile: those come up again later."""
        at, version = 0, self.version
        while at < len(self.entries):
            entry = self.entries[at]
            if -entry[0] < least:
                return
            yield entry
            at += 1
            if version != self.version:
                at, version = bisect_right(self.entries, entry), self.version

    def fullest(self, least: int) -> Iterator[Entry]:
        """Those with at least so much, least first, as (amount, agent), as they stand now."""
        entries = self.entries.copy()
        end = bisect_right(entries, -least, key=lambda entry: entry[0])
        while end:
            amount = entries[end - 1][0]
            start = bisect_left(entries, (amount,))
            for at in range(start, end):
                yield -amount, entries[at][1]
            end = start


class Shelf:
    """Active agents with their free scalars, ordered by a kind of resource on demand."""

    __slots__ = ("_most", "_orders", "_since", "free")

    def __init__(self) -> None:
        self.free: dict[AgentId, Resources] = {}
        self._orders: dict[str, Order] = {}
        self._most: dict[str, int] = {}
        self._since = 0

    def put(self, agent_id: AgentId, free: Resources) -> None:
        self.free[agent_id] = free
        self._since += 1
        if self._since > len(self.free):
            self._most.clear()
            self._since = 0
        for kind, most in self._most.items():
            self._most[kind] = max(most, free.scalars.get(kind, 0))
        for order in self._orders.values():
            order.stale.add(agent_id)

    def take(self, agent_id: AgentId) -> None:
        self.free.pop(agent_id, None)
        for order in self._orders.values():
            order.stale.add(agent_id)

    def drop(self, agent_id: AgentId) -> None:
        """A pass gave all of it that matters here."""
        self.free.pop(agent_id, None)
        for order in self._orders.values():
            order.drop(agent_id)

    def move(self, agent_id: AgentId, left: Mapping[str, int]) -> None:
        """A pass gave of it: so much is left."""
        for kind, order in self._orders.items():
            order.move(agent_id, left.get(kind, 0))

    def may_hold(self, scalars: Iterable[tuple[str, int]]) -> bool:
        """Whether there is as much of each kind on some agent, not on the same; what is there may be less by now."""
        for kind, amount in scalars:
            most = self._most.get(kind)
            if most is None:
                most = max((free.scalars.get(kind, 0) for free in self.free.values()), default=0)
                self._most[kind] = most
            if most < amount:
                return False
        return True

    def order(self, kind: str) -> Order:
        """Most of that kind first, equal ones by id."""
        order = self._orders.get(kind)
        if order is None:
            order = self._orders[kind] = Order()
            order.stale = set(self.free)
        if order.stale:
            self._mend(order, kind)
        return order

    def _mend(self, order: Order, kind: str) -> None:
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
        order.version += 1
        if len(moved) * 16 > len(order.entries):
            order.entries = sorted((amount, agent_id) for agent_id, amount in order.at.items())
            return
        for entry in gone:
            del order.entries[bisect_left(order.entries, entry)]
        for entry in come:
            insort(order.entries, entry)


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
