"""What the allocator is told and what it grants; how it answers why is in explanation.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from barter.core.cluster import AgentInfo, Demand
from barter.core.ids import AgentId, DemandId, FrameworkId, ReservationId, VolumeId
from barter.core.resources import NOTHING, Resources
from barter.master.allocator.explanation import AgentVerdicts as AgentVerdicts
from barter.master.allocator.explanation import Explanation as Explanation
from barter.master.allocator.explanation import Verdict as Verdict
from barter.master.allocator.room import UNBOUNDED

PUBLIC_ROLE = "slave_public"


@dataclass(frozen=True, slots=True)
class ReservedSlot:
    """A reservation: all of its `resources`, and what of them neither tasks nor offers hold, volumes beside.

    An `exclusive` one serves no demand but those for its volumes.
    """

    reservation_id: ReservationId
    role: str
    resources: Resources
    free: Resources
    volumes: tuple[VolumeId, ...] = ()
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class AgentSlot:
    """An agent as it stands: `free` is what of its plain resources neither tasks use nor outstanding offers hold.

    An inactive one (unreachable, draining) gets nothing; `reason_inactive` is told to who asks why. `revocable` is the
    free part of its measured slack. One that goes `unavailable_from_ms` (0: not announced) is taken last. It may run so
    many more `containers`.
    """

    info: AgentInfo
    free: Resources
    active: bool
    reason_inactive: str = ""
    reserved: tuple[ReservedSlot, ...] = ()
    revocable: Resources = NOTHING
    unavailable_from_ms: int = 0
    containers: int = UNBOUNDED


@dataclass(frozen=True, slots=True)
class Seeker:
    """A framework as it stands. `used` is, by role, its tasks' scalars and those of its outstanding offers, without
    what is revocable; `used_reserved` is what of these comes from reservations. `suppressed` are roles.

    With `revocable` its classic offers may hold revocable resources. What is wanted by those who are `behind` comes
    after what others want.
    A demand's `count` is what is wanted beyond the tasks launched so far: the master lowers it by what an accept
    launches for it, until the framework tells its demands anew. Offers still out are counted by `offered()`.
    """

    framework_id: FrameworkId
    name: str
    roles: tuple[str, ...]
    connected: bool = True
    suppressed: frozenset[str] = frozenset()
    demands_only: bool = False
    demands: tuple[Demand, ...] = ()
    used: Mapping[str, Resources] = field(default_factory=dict)
    used_reserved: Mapping[str, Resources] = field(default_factory=dict)
    revocable: bool = False
    behind: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """To be offered. For a demand it holds exactly `tasks` tasks: resources and the chosen ports of each.

    `resources` is all it holds; `reserved` (by reservation) and `revocable` say what part of it is not plain, and
    `volumes` the persistent volumes of those reservations.
    """

    agent_id: AgentId
    framework_id: FrameworkId
    role: str
    resources: Resources
    demand_id: DemandId = DemandId("")
    reason: str = ""
    tasks: int = 0
    reserved: Mapping[ReservationId, Resources] = field(default_factory=dict)
    revocable: Resources = NOTHING
    volumes: tuple[VolumeId, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleStanding:
    """A role in the tree as it stands. `share` is the dominant share of what it and the roles below it use.

    `consumption` is what counts against its quota: plain resources of tasks and offers, and all reservations.
    """

    role: str
    weight_milli: int
    share: float
    guarantee: Mapping[str, int]
    limit: Mapping[str, int]
    consumption: Mapping[str, int]
    frameworks: tuple[FrameworkId, ...]


@dataclass(frozen=True, slots=True)
class Unmet:
    """A demand of which a pass could not place `tasks`; `name` is its framework's."""

    framework_id: FrameworkId
    name: str
    demand: Demand
    tasks: int
