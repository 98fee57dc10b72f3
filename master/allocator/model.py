"""What the allocator is told, what it grants, and how it answers why; `Allocator` itself is in allocator.py."""

from dataclasses import dataclass, field

from barter.core.cluster import AgentInfo, Demand
from barter.core.ids import AgentId, DemandId, FrameworkId
from barter.core.resources import NOTHING, Resources

PUBLIC_ROLE = "slave_public"


@dataclass(frozen=True, slots=True)
class AgentSlot:
    """An agent as it stands: `free` is what neither tasks use nor outstanding offers hold.

    An inactive one (unreachable, draining) gets nothing; `reason_inactive` is told to who asks why.
    """

    info: AgentInfo
    free: Resources
    active: bool
    reason_inactive: str = ""


@dataclass(frozen=True, slots=True)
class Seeker:
    """A framework as it stands. `used` is its tasks' resources and those of its outstanding offers.

    A demand's `count` is what is wanted beyond the tasks launched so far: the master lowers it by what an accept
    launches for it, until the framework tells its demands anew. Offers still out are counted by `offered()`.
    """

    framework_id: FrameworkId
    name: str
    roles: tuple[str, ...]
    connected: bool = True
    suppressed: bool = False
    demands_only: bool = False
    demands: tuple[Demand, ...] = ()
    used: Resources = NOTHING


@dataclass(frozen=True, slots=True)
class Grant:
    """To be offered. For a demand it holds exactly `tasks` tasks: resources and the chosen ports of each."""

    agent_id: AgentId
    framework_id: FrameworkId
    role: str
    resources: Resources
    demand_id: DemandId = DemandId("")
    reason: str = ""
    tasks: int = 0


@dataclass(frozen=True, slots=True)
class Unmet:
    """A demand of which a pass could not place `tasks`; `name` is its framework's."""

    framework_id: FrameworkId
    name: str
    demand: Demand
    tasks: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one filter says, and what it compared."""

    filter: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class AgentVerdicts:
    agent_id: AgentId
    hostname: str
    verdicts: tuple[Verdict, ...]

    @property
    def fits(self) -> bool:
        return all(verdict.passed for verdict in self.verdicts)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every filter's verdict, of the framework as a whole and per agent; `changes` that would fit, smallest first."""

    framework: tuple[Verdict, ...] = ()
    agents: tuple[AgentVerdicts, ...] = ()
    changes: tuple[str, ...] = field(default=())
