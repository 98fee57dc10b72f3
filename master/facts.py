"""What a master must remember over its own death: little, because agents tell the rest again."""

from dataclasses import dataclass

from barter.core.cluster import AgentInfo, FrameworkInfo
from barter.core.ids import AgentId, FrameworkId


@dataclass(frozen=True, slots=True)
class AgentAdmitted:
    info: AgentInfo


@dataclass(frozen=True, slots=True)
class AgentLeft:
    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class FrameworkAdmitted:
    info: FrameworkInfo


@dataclass(frozen=True, slots=True)
class FrameworkRemoved:
    framework_id: FrameworkId


Fact = AgentAdmitted | AgentLeft | FrameworkAdmitted | FrameworkRemoved


@dataclass(frozen=True, slots=True)
class Recovered:
    """The facts as a start finds them. `epoch` is already this start's own: higher than any before it."""

    cluster_id: str
    epoch: int
    agents: tuple[AgentInfo, ...] = ()
    frameworks: tuple[FrameworkInfo, ...] = ()
