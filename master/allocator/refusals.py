"""What frameworks declined, and until when: Mesos' RefusedOfferFilter.

Frameworks are numbered, so that those that refused the same resources of an agent are one integer of bits: an agent
that everybody refused is known as such in one step, however many refusals there are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from barter.core.ids import AgentId, FrameworkId
from barter.core.resources import Resources


@dataclass(frozen=True, slots=True)
class Refusal:
    """Covers every offer that holds no more than `resources`, while now < until_ms."""

    resources: Resources
    until_ms: int


@dataclass(slots=True)
class _Refused:
    """Who refused these resources of one agent: as bits, and until when by number."""

    resources: Resources
    bits: int = 0
    until: dict[int, int] = field(default_factory=dict)

    def drop(self, number: int) -> None:
        if self.until.pop(number, None) is not None:
            self.bits &= ~(1 << number)


class Numbers:
    """A small number for each framework; those of frameworks that are gone are given again."""

    def __init__(self) -> None:
        self._of: dict[FrameworkId, int] = {}
        self._owner: dict[int, FrameworkId] = {}
        self._free: list[int] = []

    def __getitem__(self, framework_id: FrameworkId) -> int:
        number = self._of.get(framework_id)
        if number is None:
            number = self._of[framework_id] = heappop(self._free) if self._free else len(self._of)
            self._owner[number] = framework_id
        return number

    def get(self, framework_id: FrameworkId) -> int | None:
        return self._of.get(framework_id)

    def owner(self, number: int) -> FrameworkId:
        return self._owner[number]

    def forget(self, framework_id: FrameworkId) -> None:
        number = self._of.pop(framework_id, None)
        if number is not None:
            del self._owner[number]
            heappush(self._free, number)


class Refusals:
    """The refusals of all frameworks. Adding one, and one that ends, costs a few steps; those that hold cost none."""

    def __init__(self) -> None:
        self.numbers = Numbers()
        self._by_agent: dict[AgentId, list[_Refused]] = {}
        self._ending: dict[FrameworkId, dict[int, list[AgentId]]] = {}
        self._ends: list[tuple[int, FrameworkId]] = []
        self._asleep: list[tuple[int, FrameworkId]] = []

    def add(self, framework_id: FrameworkId, agent_id: AgentId, refusal: Refusal) -> None:
        """One that covers no more, and ends no later, than another of the framework is dropped."""
        if not refusal.resources:
            return
        number, until_ms = self.numbers[framework_id], refusal.until_ms
        for other in self._by_agent.get(agent_id, ()):
            end = other.until.get(number)
            if end is not None and end >= until_ms and refusal.resources in other.resources:
                return
            if end is not None and end <= until_ms and other.resources in refusal.resources:
                other.drop(number)
        refused = self._of(agent_id, refusal.resources)
        refused.bits |= 1 << number
        refused.until[number] = until_ms
        ending = self._ending.get(framework_id)
        if ending is None:
            ending = self._ending[framework_id] = {}
        agents = ending.get(until_ms)
        if agents is None:
            ending[until_ms] = [agent_id]
            heappush(self._ends, (until_ms, framework_id))
        else:
            agents.append(agent_id)

    def _of(self, agent_id: AgentId, resources: Resources) -> _Refused:
        known = self._by_agent.get(agent_id)
        if known is None:
            known = self._by_agent[agent_id] = []
        for refused in known:
            if refused.resources is resources or refused.resources == resources:
                return refused
        known.append(_Refused(resources))
        return known[-1]

    def all(self) -> Iterator[tuple[FrameworkId, AgentId, Refusal]]:
        """Each with whose it is and of which agent, by these."""
        owner = self.numbers.owner
        found = [
            (owner(number), agent_id, Refusal(refused.resources, until_ms))
            for agent_id, known in self._by_agent.items()
            for refused in known
            for number, until_ms in refused.until.items()
        ]
        return iter(sorted(found, key=lambda each: (each[0], each[1], each[2].until_ms, str(each[2].resources))))

    def clear(self, framework_id: FrameworkId) -> list[AgentId]:
        """Forget the framework's; returns the agents it had refused."""
        number, ending = self.numbers.get(framework_id), self._ending.pop(framework_id, {})
        cleared = list(dict.fromkeys(agent_id for agents in ending.values() for agent_id in agents))
        if number is not None:
            for agent_id in cleared:
                self._drop(agent_id, number, None)
        return cleared

    def _drop(self, agent_id: AgentId, number: int, now: int | None) -> bool:
        """Drop the framework's refusals of the agent, or those that ended by `now`; whether there was any."""
        known, dropped = self._by_agent.get(agent_id, []), False
        for refused in known:
            until_ms = refused.until.get(number)
            if until_ms is not None and (now is None or until_ms <= now):
                refused.drop(number)
                dropped = True
        if dropped:
            kept = [refused for refused in known if refused.until]
            if kept:
                self._by_agent[agent_id] = kept
            else:
                del self._by_agent[agent_id]
        return dropped

    def forget_agent(self, agent_id: AgentId) -> None:
        self._by_agent.pop(agent_id, None)

    def forget_framework(self, framework_id: FrameworkId) -> None:
        self.clear(framework_id)
        self.numbers.forget(framework_id)

    def expire(self, now: int) -> list[tuple[FrameworkId, AgentId]]:
        """Drop what has ended; returns whose and of which agent."""
        ended: list[tuple[FrameworkId, AgentId]] = []
        for ends in (self._ends, self._asleep):
            while ends and ends[0][0] <= now:
                until_ms, framework_id = heappop(ends)
                agents = self._ending.get(framework_id, {}).pop(until_ms, ())
                number = self.numbers.get(framework_id)
                if number is not None:
                    ended += [(framework_id, each) for each in agents if self._drop(each, number, now)]
        return ended

    def refusing(self, agent_id: AgentId, offer: Resources) -> int:
        """Who refused an offer like this one, as bits."""
        bits = 0
        for refused in self._by_agent.get(agent_id, ()):
            if offer in refused.resources:
                bits |= refused.bits
        return bits

    def in_force(
        self, framework_id: FrameworkId, agent_id: AgentId, covers: Callable[[Resources], bool], now: int
    ) -> int | None:
        """When the last of the covering refusals ends, or None where none holds."""
        known = self._by_agent.get(agent_id)
        number = self.numbers.get(framework_id) if known else None
        if not known or number is None:
            return None
        ends = (
            until_ms
            for refused in known
            if (until_ms := refused.until.get(number, now)) > now and covers(refused.resources)
        )
        return max(ends, default=None)

    def next_end(self, matters: Callable[[FrameworkId], bool]) -> int | None:
        """When the next refusal ends of a framework that matters; the others sleep until `wake`."""
        while self._ends:
            until_ms, framework_id = self._ends[0]
            if self._lives(framework_id, until_ms):
                if matters(framework_id):
                    return until_ms
                heappush(self._asleep, (until_ms, framework_id))
            heappop(self._ends)
        return None

    def _lives(self, framework_id: FrameworkId, until_ms: int) -> bool:
        """Whether a refusal still ends then; forgets the ones that were replaced, or went with their agent."""
        number = self.numbers.get(framework_id)
        agents = self._ending.get(framework_id, {}).get(until_ms)
        while agents and number is not None:
            if any(refused.until.get(number) == until_ms for refused in self._by_agent.get(agents[-1], ())):
                return True
            agents.pop()
        self._ending.get(framework_id, {}).pop(until_ms, None)
        return False

    def wake(self, framework_id: FrameworkId) -> None:
        """The framework matters again."""
        for end in [each for each in self._asleep if each[1] == framework_id]:
            self._asleep.remove(end)
            heappush(self._ends, end)
        heapify(self._asleep)
