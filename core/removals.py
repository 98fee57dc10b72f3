"""Whether agents that stay out of reach are removed, and what is remembered of those that were."""

from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class RemovedAgent:
    """Out of the books since `removed_ms`, and may return. `tasks` were told as gone with it.

    Without `tasks_known` the master had not heard of it since its start, and what it runs is anybody's guess. Once it
    `returned`, `tasks` are those that still run there and are to end.
    """

    agent_id: AgentId
    hostname: str
    removed_ms: int
    reason: str
    tasks: tuple[tuple[FrameworkId, TaskId], ...] = ()
    tasks_known: bool = True
    returned: bool = False
