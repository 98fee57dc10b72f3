"""The participants as they describe themselves to each other: agents, frameworks, offers, demands, services."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from barter.core.constraints import HOSTNAME, REGION, ZONE, Attributes, Constraint
from barter.core.ids import AgentId, DemandId, FrameworkId, OfferId
from barter.core.resources import Resources

WEEK_MS = 7 * 24 * 3_600_000
DEFAULT_ROLE = "*"


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """`host` is where its tasks' ports answer, `node_address` its own gRPC API; `runtimes` of docker, process.

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

    @property
    def placement_attributes(self) -> Attributes:
        """The attributes with `@hostname`, and `@zone` and `@region` where the agent states them."""
        special = {HOSTNAME: self.hostname}
        for name, attribute in ((ZONE, "zone"), (REGION, "region")):
            if attribute in self.attributes:
                special[name] = self.attributes[attribute]
        return {**self.attributes, **special}


@dataclass(frozen=True, slots=True)
class FrameworkInfo:
    """How a framework subscribes; an empty `framework_id` asks for a new one."""

    name: str
    framework_id: FrameworkId = FrameworkId("")
    user: str = ""
    roles: tuple[str, ...] = (DEFAULT_ROLE,)
    failover_timeout_ms: int = WEEK_MS
    web_url: str = ""
    hostname: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
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


@dataclass(frozen=True, slots=True)
class Demand:
    """`count` tasks of `resources` each, `port_count` of them any free ports, wanted under `constraints`.

    `runtime` must be one of the agent's; with `on_public` false only private agents serve it, with true only public.
    """

    demand_id: DemandId
    resources: Resources
    count: int
    port_count: int = 0
    role: str = DEFAULT_ROLE
    constraints: tuple[Constraint, ...] = ()
    runtime: str = "process"
    on_public: bool = False


@dataclass(frozen=True, slots=True)
class ServicePort:
    """A port under which the edge serves a service: by virtual hosts (http) and, where `number` > 0, by port."""

    name: str
    number: int = 0
    protocol: str = "http"
    vhosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """Told by a framework, so that a service without instances is not a service that is gone."""

    service_id: str
    ports: tuple[ServicePort, ...] = ()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A named port of a running, healthy task; `draining` ones take no new connections."""

    service_id: str
    port_name: str
    task_id: str
    framework_id: FrameworkId
    agent_id: AgentId
    host: str
    port: int
    protocol: str = "tcp"
    draining: bool = False


@dataclass(frozen=True, slots=True)
class Filters:
    """After an accept or decline: what is left of the offer is not offered again for `refuse_ms`."""

    refuse_ms: int = 5_000
