"""What is known of a cluster when a change is asked for: its agents with all they have, and what limits roles."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from barter.core.cluster import AgentInfo
from barter.core.constraints import Attributes
from barter.core.ranges import Ranges
from barter.core.resources import Resources
from barter.core.roles import is_within
from barter.sdk import Demand

ACTIVE, UNREACHABLE = "active", "unreachable"


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """`state` is the operator API's word: active, unreachable, leaving, draining, drained, deactivated."""

    info: AgentInfo
    state: str = ACTIVE
    attributes: Attributes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "attributes", self.info.placement_attributes)

    @property
    def agent_id(self) -> str:
        return self.info.agent_id

    @property
    def active(self) -> bool:
        return self.state == ACTIVE

    @property
    def usable(self) -> bool:
        """Whether it may get instances without anybody's doing: who is out of reach may come back by itself."""
        return self.state in (ACTIVE, UNREACHABLE)

    def given_to(self, role: str) -> Resources:
        """All it has, but what was reserved at its start for roles that `role` is not within."""
        held = self.info.resources
        for owner, part in self.info.reserved.items():
            if not is_within(role, owner):
                held = held.without(part)
        return held


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """`limits` are the quotas' limits by role, in milli-units or bytes; `answers` what was reckoned of it already."""

    agents: tuple[AgentFacts, ...]
    limits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    answers: dict[Demand, int] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """An instance that stays where it is, with what it takes there. `ports` are its host ports."""

    agent_id: str
    demand: Demand
    ports: Ranges = ()


@dataclass(frozen=True, slots=True)
class Impossible:
    """Why a change can never be finished on this cluster; `path` is the field of the definition to blame."""

    app_id: str
    path: str
    reason: str
