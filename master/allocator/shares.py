"""Who is first in line: dominant shares of roles, then of frameworks within a role.

Ghodsi et al., "Dominant Resource Fairness", NSDI 2011; two levels as in Mesos' DRF sorters. All weights are 1.
"""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from barter.core.ids import FrameworkId
from barter.core.resources import Resources
from barter.master.allocator.model import Seeker

Rank = tuple[float, str, float, FrameworkId]


class Shares:
    """Shares of `total` as they are now; a pass books into it what it grants. Shares only grow."""

    def __init__(self, total: Mapping[str, int], seekers: Iterable[Seeker]) -> None:
        self._total = total
        self._used: dict[FrameworkId, Counter[str]] = {}
        self._role_used: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.framework: dict[FrameworkId, float] = {}
        self.role: dict[str, float] = {}
        for seeker in seekers:
            self._used[seeker.framework_id] = Counter()
            for role in seeker.roles:
                self.role.setdefault(role, 0.0)
            self.framework[seeker.framework_id] = 0.0
            for used in seeker.used.values():
                self.book(seeker, used)

    def book(self, seeker: Seeker, resources: Resources, times: int = 1) -> None:
        """Count `times` the resources as used by the framework and by each of its roles."""
        used = self._used[seeker.framework_id]
        self.framework[seeker.framework_id] = self._raise(used, resources, times)
        for role in seeker.roles:
            self.role[role] = self._raise(self._role_used[role], resources, times)

    def _raise(self, used: Counter[str], resources: Resources, times: int) -> float:
        for name, amount in resources.scalars.items():
            used[name] += amount * times
        return max((amount / self._total[name] for name, amount in used.items() if self._total.get(name)), default=0.0)

    def rank(self, framework_id: FrameworkId, role: str) -> Rank:
        """Its place in line: the lowest comes first."""
        return self.role[role], role, self.framework[framework_id], framework_id


class Line:
    """The frameworks of each role in the order of their shares, kept in order as one of them gets something."""

    def __init__(self, shares: Shares, seekers: Iterable[Seeker]) -> None:
        self._shares = shares
        self._members: dict[str, list[tuple[float, FrameworkId]]] = {}
        for seeker in seekers:
            for role in seeker.roles:
                place = (shares.framework[seeker.framework_id], seeker.framework_id)
                self._members.setdefault(role, []).append(place)
        for members in self._members.values():
            members.sort()

    def __iter__(self) -> Iterator[tuple[str, FrameworkId]]:
        """Role and framework, the lowest share first."""
        for role in sorted(self._members, key=lambda role: (self._shares.role[role], role)):
            for _, framework_id in self._members[role]:
                yield role, framework_id

    def give(self, seeker: Seeker, resources: Resources) -> None:
        """Book it and move the framework to its new place."""
        old = (self._shares.framework[seeker.framework_id], seeker.framework_id)
        self._shares.book(seeker, resources)
        new = (self._shares.framework[seeker.framework_id], seeker.framework_id)
        for role in seeker.roles:
            members = self._members[role]
            del members[bisect_left(members, old)]
            insort(members, new)
