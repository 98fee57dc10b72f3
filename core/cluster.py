"""The participants as they describe themselves to each other: agents, frameworks, offers, demands, services."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from barter.core.constraints import HOSTNAME, REGION, ZONE, Attributes, Constraint
from barter.core.ids import AgentId, DemandId, FrameworkId, InverseOfferId, OfferId, ReservationId, TaskId, VolumeId
from barter.core.resources import NOTHING, Resources
from barter.core.roles import DEFAULT_ROLE

WEEK_MS = 7 * 24 * 3_600_000
FULL_WEIGHT, HIGHEST_WEIGHT = 100, 256


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """`host` is where its tasks' ports answer, `node_address` its own gRPC API; `runtimes` of docker, process.

    `reserved` is what of `resources` was reserved for which role at its start: static reservations. It runs at most
    `max_containers` tasks with an image at a time, 0: as many as fit.
    `notes` are sentences for operators on what this agent cannot enforce.
    """

    agent_id: AgentId
    hostname: str
    host: str
    resources: Resources
    attributes: Mapping[str, str] = field(default_factory=dict)
    public: bool = False
    runtimes: tuple[str, ...] = ("process",)
    node_address: str = ""
    notes: tuple[str, ...] = ()
    reserved: Mapping[str, Resources] = field(default_factory=dict)
    max_containers: int = 0

    @property
    def placement_attributes(self) -> Attributes:
        """The attributes with `@hostname`, and `@zone` and `@region` where the agent states them."""
        special = {HOSTNAME: self.hostname}
        for name, attribute in ((ZONE, "zone"), (REGION, "region")):
            if attribute in self.attributes:
                special[name] = self.attributes[attribute]
        return {**self.attributes, **special}


class ReturningTasks(StrEnum):
    """What becomes of a framework's tasks that were out of reach for longer than the agent timeout and come back.

    Usually they are kept, but for those it was told are gone: these are killed. KEEP is all of them, KILL none. With
    DECIDE all are kept, and each is told as RETURNED_LATE until the framework kills it or says that it stays.
    """

    KEEP_UNLESS_GONE = "KEEP_UNLESS_GONE"
    KEEP = "KEEP"
    KILL = "KILL"
    DECIDE = "DECIDE"


@dataclass(frozen=True, slots=True)
class FrameworkInfo:
    """How a framework subscribes; an empty `framework_id` asks for a new one.

    With `revocable` its classic offers may hold revocable resources. `principal` is whose it is.
    """

    name: str
    framework_id: FrameworkId = FrameworkId("")
    user: str = ""
    roles: tuple[str, ...] = (DEFAULT_ROLE,)
    failover_timeout_ms: int = WEEK_MS
    web_url: str = ""
    hostname: str = ""
    principal: str = ""
    revocable: bool = False
    returning_tasks: ReturningTasks = ReturningTasks.KEEP_UNLESS_GONE


@dataclass(frozen=True, slots=True)
class Offer:
    """`resources` is all it holds; `reserved` (by reservation) and `revocable` say what part of it is not plain.

    `volumes` are the persistent volumes of those reservations that no task uses. An agent with announced maintenance
    goes at `unavailable_from_ms`; 0 where none is announced.
    """

    offer_id: OfferId
    agent_id: AgentId
    framework_id: FrameworkId
    role: str
    resources: Resources
    hostname: str
    host: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    public: bool = False
    runtimes: tuple[str, ...] = ()
    demand_id: DemandId = DemandId("")
    reserved: Mapping[ReservationId, Resources] = field(default_factory=dict)
    revocable: Resources = NOTHING
    volumes: tuple[VolumeId, ...] = ()
    unavailable_from_ms: int = 0


@dataclass(frozen=True, slots=True)
class InverseOffer:
    """An agent is to be given up: at `start_ms`, and what runs there at `deadline_ms` is killed then.

    `tasks` are the framework's on it. It answers by releasing each whose replacement is up.
    """

    inverse_offer_id: InverseOfferId
    agent_id: AgentId
    framework_id: FrameworkId
    hostname: str
    tasks: tuple[TaskId, ...]
    start_ms: int
    deadline_ms: int
    reason: str = ""


class Strategy(StrEnum):
    """Of the agents that fit: the one with the fewest of the demand and most room, or the fullest."""

    SPREAD = "SPREAD"
    PACK = "PACK"


@dataclass(frozen=True, slots=True)
class Demand:
    """`count` tasks of `resources` each, `port_count` of them any free ports, wanted under `constraints`.

    `runtime` must be one of the agent's; with `on_public` false only private agents serve it, with true only public.
    With `revocable` its cpus are taken from what is revocable, and its tasks are the first to be preempted.
    A `volume` binds it to the agent that has that persistent volume. `reserving` says that what is offered is to be
    reserved, so that only plain resources serve.
    """

    demand_id: DemandId
    resources: Resources
    count: int
    port_count: int = 0
    role: str = DEFAULT_ROLE
    constraints: tuple[Constraint, ...] = ()
    runtime: str = "process"
    on_public: bool = False
    strategy: Strategy = Strategy.SPREAD
    revocable: bool = False
    volume: VolumeId = VolumeId("")
    reserving: bool = False


@dataclass(frozen=True, slots=True)
class ServicePort:
    """A port under which the edge serves a service: by virtual hosts (http) and, where `number` > 0, by port.

    Its endpoints are the tasks' ports of its name; those named as one of its `aliases` are, too.
    """

    name: str
    number: int = 0
    protocol: str = "http"
    vhosts: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """Told by a framework, so that a service without instances is not a service that is gone.

    `weights` are the shares of its tasks at the edges, from 0 (no new connections) to HIGHEST_WEIGHT; of those that
    are not named it is FULL_WEIGHT.
    """

    service_id: str
    ports: tuple[ServicePort, ...] = ()
    weights: tuple[tuple[TaskId, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceUpdate:
    """To the framework that tells the service: of its tasks those `serving` at all `edges` that serve it, and those
    `drained` at all of them. With no edge both are empty.
    """

    service_id: str
    edges: int
    serving: frozenset[TaskId] = frozenset()
    drained: frozenset[TaskId] = frozenset()


@dataclass(frozen=True, slots=True)
class ServiceServed:
    """What is in place at an edge, or at all of `edges`: the tasks that get connections, and those that get no new
    ones and have none left.
    """

    service_id: str
    serving: tuple[TaskId, ...] = ()
    drained: tuple[TaskId, ...] = ()
    edges: int = 1

    def update(self) -> ServiceUpdate:
        return ServiceUpdate(self.service_id, self.edges, frozenset(self.serving), frozenset(self.drained))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A named port of a running, healthy task; `draining` ones, and those of weight 0, take no new connections."""

    service_id: str
    port_name: str
    task_id: str
    framework_id: FrameworkId
    agent_id: AgentId
    host: str
    port: int
    protocol: str = "tcp"
    draining: bool = False
    weight: int = FULL_WEIGHT


@dataclass(frozen=True, slots=True)
class Filters:
    """After an accept or decline: what is left of the offer is not offered again for `refuse_ms`."""

    refuse_ms: int = 5_000
