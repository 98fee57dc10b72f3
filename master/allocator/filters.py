"""What must hold for a demand's task on an agent: one small object per question, each with an answer always.

The shape is swarmkit's `manager/scheduler/filter.go`. A pass asks `passes`; `explain` asks all for their verdict.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from dataclasses import field as dataclass_field

from barter.core.cluster import Demand
from barter.core.constraints import Constraint, field_value, refusal
from barter.core.ids import FrameworkId, VolumeId
from barter.core.resources import Resources
from barter.core.units import format_duration
from barter.master.allocator.catalog import of_hostname
from barter.master.allocator.explanation import Verdict
from barter.master.allocator.index import AgentRecord
from barter.master.allocator.refusals import Refusals
from barter.master.allocator.room import Need, capacity
from barter.master.allocator.rooms import Rooms
from barter.master.allocator.spread import Spread, on_its_side

DOCKER = "docker"


class Filter(ABC):
    @property
    @abstractmethod
    def name(self) -> str: ...

    @abstractmethod
    def passes(self, agent: AgentRecord) -> bool: ...

    @abstractmethod
    def detail(self, agent: AgentRecord) -> str:
        """What it compares, whether or not it passes."""

    def finding(self, agent: AgentRecord) -> str:
        """What it found, alike on agents that are alike in it."""
        return self.detail(agent)

    def verdict(self, agent: AgentRecord) -> Verdict:
        return Verdict(self.name, self.passes(agent), self.detail(agent))


class Active(Filter):
    @property
    def name(self) -> str:
        return "active"

    def passes(self, agent: AgentRecord) -> bool:
        return agent.slot.active

    def detail(self, agent: AgentRecord) -> str:
        return "the agent is active" if agent.slot.active else agent.slot.reason_inactive or "the agent is not active"


@dataclass(frozen=True, slots=True)
class Side(Filter):
    """Public agents serve only what asks for them, and nothing else."""

    demand: Demand

    @property
    def name(self) -> str:
        return "public"

    def passes(self, agent: AgentRecord) -> bool:
        return on_its_side(agent, self.demand)

    def detail(self, agent: AgentRecord) -> str:
        return f"wants a {_side(self.demand.on_public)} agent, this one is {_side(agent.slot.info.public)}"


def _side(public: bool) -> str:
    return "public" if public else "private"


@dataclass(frozen=True, slots=True)
class Runtime(Filter):
    runtime: str

    @property
    def name(self) -> str:
        return "runtime"

    def passes(self, agent: AgentRecord) -> bool:
        return self.runtime in agent.slot.info.runtimes

    def detail(self, agent: AgentRecord) -> str:
        return f"wants {self.runtime}, the agent has {', '.join(agent.slot.info.runtimes) or 'none'}"


@dataclass(frozen=True, slots=True)
class Containers(Filter):
    """A task with an image takes one of the containers that the agent may run."""

    @property
    def name(self) -> str:
        return "containers"

    def passes(self, agent: AgentRecord) -> bool:
        return agent.slot.containers > 0

    def detail(self, agent: AgentRecord) -> str:
        most = agent.slot.info.max_containers
        if not most:
            return "the agent runs as many containers as fit"
        return f"1 needed, {agent.slot.containers} free of {most}"


@dataclass(frozen=True, slots=True)
class Refused(Filter):
    """Fails while the framework has refused at least as much of the agent as one task needs."""

    refusals: Refusals
    framework_id: FrameworkId
    need: Need
    now: int

    @property
    def name(self) -> str:
        return "refused"

    def until_ms(self, agent: AgentRecord) -> int | None:
        return self.refusals.in_force(self.framework_id, agent.agent_id, self._covers, self.now)

    def _covers(self, refused: Resources) -> bool:
        return capacity(refused, self.need) > 0

    def passes(self, agent: AgentRecord) -> bool:
        return self.until_ms(agent) is None

    def detail(self, agent: AgentRecord) -> str:
        until_ms = self.until_ms(agent)
        if until_ms is None:
            return "the framework has no refusal of it in force"
        return f"the framework refused it, for another {format_duration(until_ms - self.now)}"


@dataclass(frozen=True, slots=True)
class Constrained(Filter):
    """Answers are kept by the value of the constraint's field: asked anew after instances were added to the spread."""

    constraint: Constraint
    spread: Spread
    _said: dict[str | None, str] = dataclass_field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        return f"constraint {self.constraint}"

    def passes(self, agent: AgentRecord) -> bool:
        return not self._refusal(agent)

    def detail(self, agent: AgentRecord) -> str:
        why = self._refusal(agent)
        return why.removeprefix(f"{self.constraint}: ") or self._standing(agent)

    def here(self, agent: AgentRecord) -> int:
        """How many instances there are where the agent is, by the constraint's field."""
        value = field_value(agent.attributes, self.constraint.field)
        return 0 if value is None else self.spread.by_value(self.constraint.field)[value]

    def finding(self, agent: AgentRecord) -> str:
        if not of_hostname(self.constraint):
            return self.detail(agent)
        here = self.spread.on(agent.agent_id)
        return f"{here} already there" if here else "its hostname is another"

    def _refusal(self, agent: AgentRecord) -> str:
        field = self.constraint.field
        value = field_value(agent.attributes, field)
        said = self._said.get(value)
        if said is None:
            placed, known = self.spread.by_value(field), self.spread.known(field)
            said = self._said[value] = refusal(self.constraint, agent.attributes, placed, known)
        return said

    def _standing(self, agent: AgentRecord) -> str:
        field = self.constraint.field
        value = field_value(agent.attributes, field)
        if value is None:
            return f"the agent has no attribute {field}"
        return f"{field} is {value}, {self.spread.by_value(field)[value]} already there"


@dataclass(frozen=True, slots=True)
class VolumeHere(Filter):
    """The demand's persistent volume is on the agent, for its role, and no task uses it. It is on `holder` if known."""

    rooms: Rooms
    volume: VolumeId
    role: str
    holder: str

    @property
    def name(self) -> str:
        return "volume"

    def passes(self, agent: AgentRecord) -> bool:
        return self.rooms.has_volume(agent.slot, self.volume, self.role)

    def detail(self, agent: AgentRecord) -> str:
        if self.passes(agent):
            return f"volume {self.volume} is here"
        there = [each.role for each in agent.slot.reserved if self.volume in each.volumes]
        if there:
            return f"volume {self.volume} is here, reserved for role {there[0]}, which {self.role} is not in"
        return f"volume {self.volume} is on {self.holder}" if self.holder else f"no unused volume {self.volume} here"
