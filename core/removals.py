"""Whether agents that stay out of reach are removed, and what is remembered of those that were."""

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate, takewhile

from barter.core.ids import AgentId, FrameworkId, TaskId


class RemovalMode(StrEnum):
    """FROZEN by the master itself, as too many agents were lost at once; HELD by an operator."""

    RUNNING = "running"
    FROZEN = "frozen"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Removals:
    """`since_ms` the mode stands, for this `reason`. Nothing is removed before `not_before_ms`.

    `excused` are agents whose loss an operator has taken note of: they are counted as lost together no more.
    """

    mode: RemovalMode = RemovalMode.RUNNING
    since_ms: int = 0
    reason: str = ""
    not_before_ms: int = 0
    excused: tuple[AgentId, ...] = ()

    def bounded(self) -> "Removals":
        """As it is kept durably: of who is not among the excused then, the loss counts again after a failover."""
        sizes = accumulate(map(len, self.excused))
        kept = sum(1 for _ in takewhile(lambda size: size <= MOST_EXCUSED_BYTES, sizes))
        return self if kept == len(self.excused) else replace(self, excused=self.excused[:kept])


MOST_TASKS = 2_000
"""Of one removed agent that are kept durably."""
MOST_TASK_BYTES = 128 << 10
"""Of their ids and their frameworks'."""
MOST_EXCUSED_BYTES = 256 << 10


@dataclass(frozen=True, slots=True)
class RemovedAgent:
    """Out of the books since `removed_ms`, and may return. `tasks` were told as gone with it.

    Without `tasks_known` the master had not heard of it since its start, or more were told as gone than it could keep:
    what else it runs is anybody's guess. Once it `returned`, `tasks` are those that still run there and are to end.
    """

    agent_id: AgentId
    hostname: str
    removed_ms: int
    reason: str
    tasks: tuple[tuple[FrameworkId, TaskId], ...] = ()
    tasks_known: bool = True
    returned: bool = False
    more: bool = False
    """More were told as gone than are kept here."""

    def bounded(self) -> "RemovedAgent":
        """As it is kept durably."""
        sizes = accumulate(len(framework_id) + len(task_id) for framework_id, task_id in self.tasks[:MOST_TASKS])
        kept = sum(1 for _ in takewhile(lambda size: size <= MOST_TASK_BYTES, sizes))
        if kept == len(self.tasks):
            return self
        return replace(self, tasks=self.tasks[:kept], tasks_known=False, more=True)
