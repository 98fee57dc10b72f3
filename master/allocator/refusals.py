"""What frameworks declined, and until when: Mesos' RefusedOfferFilter."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush

from barter.core.ids import AgentId, FrameworkId
from barter.core.machine import earliest
from barter.core.resources import Resources


@dataclass(frozen=True, slots=True)
class Refusal:
    """Covers every offer that holds no more than `resources`, while now < until_ms."""

    resources: Resources
    until_ms: int


@dataclass(slots=True)
class _Declined:
    """One framework's refusals; `ends` may still hold the end of one that is gone."""

    by_agent: dict[AgentId, tuple[Refusal, ...]] = field(default_factory=dict)
    ends: list[tuple[int, AgentId]] = field(default_factory=list)

    def first_end(self) -> int | None:
        while self.ends and not self._lives(*self.ends[0]):
            heappop(self.ends)
        return self.ends[0][0] if self.ends else None

    def _lives(self, until_ms: int, agent_id: AgentId) -> bool:
        return any(refusal.until_ms == until_ms for refusal in self.by_agent.get(agent_id, ()))

    def expire(self, now: int) -> list[AgentId]:
        ended: list[AgentId] = []
        while (end := self.first_end()) is not None and end <= now:
            agent_id = heappop(self.ends)[1]
            kept = tuple(refusal for refusal in self.by_agent[agent_id] if refusal.until_ms > now)
            if kept:
                self.by_agent[agent_id] = kept
            else:
                del self.by_agent[agent_id]
            ended.append(agent_id)
        return ended


class Refusals:
    """The refusals of all frameworks; costs nothing per pass for those that still hold."""

    def __init__(self) -> None:
        self._declined: dict[FrameworkId, _Declined] = {}

    def add(self, framework_id: FrameworkId, agent_id: AgentId, refusal: Refusal) -> None:
        if not refusal.resources:
            return
        declined = self._declined.setdefault(framework_id, _Declined())
        kept = tuple(
            old
            for old in declined.by_agent.get(agent_id, ())
            if old.until_ms > refusal.until_ms or old.resources not in refusal.resources
        )
        declined.by_agent[agent_id] = (*kept, refusal)
        heappush(declined.ends, (refusal.until_ms, agent_id))

    def all(self) -> Iterator[tuple[FrameworkId, AgentId, Refusal]]:
        """Each with whose it is and of which agent, by these; those of one pair in the order they were added."""
        for framework_id, declined in sorted(self._declined.items(), key=lambda each: each[0]):
            for agent_id, refusals in sorted(declined.by_agent.items(), key=lambda each: each[0]):
                yield from ((framework_id, agent_id, refusal) for refusal in refusals)

    def clear(self, framework_id: FrameworkId) -> list[AgentId]:
        """Forget the framework's; returns the agents it had refused."""
        declined = self._declined.pop(framework_id, None)
        return [] if declined is None else list(declined.by_agent)

    def forget_agent(self, agent_id: AgentId) -> None:
        for declined in self._declined.values():
            declined.by_agent.pop(agent_id, None)

    def expire(self, now: int) -> list[tuple[FrameworkId, AgentId]]:
        """Drop what has ended; returns whose and of which agent."""
        return [
            (framework_id, agent_id)
            for framework_id, declined in self._declined.items()
            for agent_id in declined.expire(now)
        ]

    def in_force(
        self, framework_id: FrameworkId, agent_id: AgentId, covers: Callable[[Resources], bool], now: int
    ) -> int | None:
        """When the last of the covering refusals ends, or None where none holds."""
        declined = self._declined.get(framework_id)
        if declined is None:
            return None
        ends = (
            refusal.until_ms
            for refusal in declined.by_agent.get(agent_id, ())
            if refusal.until_ms > now and covers(refusal.resources)
        )
        return max(ends, default=None)

    def next_end(self, frameworks: Iterable[FrameworkId]) -> int | None:
        """When the next refusal of these frameworks ends."""
        found = (self._declined[each].first_end() for each in frameworks if each in self._declined)
        return earliest(*found)
