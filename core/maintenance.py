"""What operators want of an agent."""

from dataclasses import dataclass
from enum import StrEnum

from barter.core.ids import AgentId


class Mode(StrEnum):
    """ACTIVE with a start ahead is announced; DRAINING until nothing runs there, then DRAINED."""

    ACTIVE = "active"
    DRAINING = "draining"
    DRAINED = "drained"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Of one agent; what still runs there at `deadline_ms` is killed. Times are 0 for an agent without a drain."""

    agent_id: AgentId
    mode: Mode = Mode.ACTIVE
    start_ms: int = 0
    deadline_ms: int = 0
    reason: str = ""
