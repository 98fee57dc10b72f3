"""What is asked of a snapshot, and what is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from barter.core.cluster import Demand
from barter.core.ids import FrameworkId
from barter.core.resources import Resources
from barter.core.roles import RoleConfig

MOST_ADDED = 20_000


@dataclass(frozen=True, slots=True)
class Which:
    """Agents by their `name`, a hostname or an id; or those that have all of these attributes."""

    name: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name or ",".join(f"{name}={value}" for name, value in self.attributes.items())


@dataclass(frozen=True, slots=True)
class NewAgents:
    """So many agents alike; without `ports` among the resources they have the usual ones of an agent."""

    count: int
    resources: Resources
    attributes: Mapping[str, str] = field(default_factory=dict)
    public: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    lose: tuple[Which, ...] = ()
    add: tuple[NewAgents, ...] = ()
    quotas: tuple[RoleConfig, ...] = ()


@dataclass(frozen=True, slots=True)
class DemandThen:
    """`waits` and `waits_now` are tasks without a place, when all that fits has been placed. `lost` were running on
    agents that are lost, `preempted` ones had to make room for roles under their guarantee. `why` and `change` (the
    smallest) are empty where nothing waits then.
    """

    framework_id: FrameworkId
    framework: str
    demand: Demand
    waits_now: int
    lost: int
    preempted: int
    waits: int
    why: str = ""
    change: str = ""


@dataclass(frozen=True, slots=True)
class RoleThen:
    """Dominant shares, and what counts against quotas."""

    role: str
    share_now: float
    share: float
    consumed_now: Mapping[str, int]
    consumed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class KindThen:
    """Of one kind of resource: of all known agents, and free on active ones."""

    kind: str
    total_now: int
    total: int
    free_now: int
    free: int


@dataclass(frozen=True, slots=True)
class Answer:
    """`notes` are what the master does not know yet, and what it would say against the quotas. `lost` are hostnames."""

    lost: tuple[str, ...]
    added: int
    notes: tuple[str, ...]
    demands: tuple[DemandThen, ...]
    roles: tuple[RoleThen, ...]
    kinds: tuple[KindThen, ...]
