"""Marathon's pod JSON, field by field: types and ranges. What fields mean together is `pod_convert`'s."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from barter.frameworks.service.schema import (
    MOST_CPUS,
    MOST_DISK_MIB,
    MOST_MEM_MIB,
    AnyPort,
    FetchPart,
    Interval,
    LimitsPart,
    Name,
    Part,
    PortName,
    Seconds,
    SecretPart,
    Text,
    Unreachability,
    UnreachablePart,
    UpgradePart,
    Variable,
)


def _upper(value: Any) -> Any:
    """Marathon's documents write these words in either case."""
    return value.upper() if isinstance(value, str) else value


User = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\s:-][^\s:]*(:[^\s:]+)?$")]


class CommandPart(Part):
    shell: Annotated[str, Field(min_length=1, max_length=131_072)] | None = None
    argv: Annotated[list[str], Field(min_length=1, max_length=4096)] | None = None


class ExecPart(Part):
    command: CommandPart
    overrideEntrypoint: bool | None = None


class ResourcesPart(Part):
    cpus: Annotated[float, Field(allow_inf_nan=False, ge=0.001, le=MOST_CPUS)] = 1
    mem: Annotated[float, Field(allow_inf_nan=False, ge=0.001, le=MOST_MEM_MIB)] = 128
    disk: Annotated[float, Field(allow_inf_nan=False, ge=0, le=MOST_DISK_MIB)] = 0


class ExecutorResourcesPart(Part):
    cpus: Annotated[float, Field(allow_inf_nan=False, ge=0.1, le=MOST_CPUS)] = 0.1
    mem: Annotated[float, Field(allow_inf_nan=False, ge=32, le=MOST_MEM_MIB)] = 32
    disk: Annotated[float, Field(allow_inf_nan=False, ge=10, le=MOST_DISK_MIB)] = 10


class EndpointPart(Part):
    name: PortName
    containerPort: AnyPort | None = None
    hostPort: AnyPort | None = None
    protocol: list[Annotated[str, Field(min_length=1, max_length=16)]] = Field(default_factory=list)
    labels: Text = Field(default_factory=dict)
    networkNames: list[str] = Field(default_factory=list)


class ImagePart(Part):
    kind: Annotated[Literal["DOCKER"], BeforeValidator(_upper)]
    id: Annotated[str, Field(min_length=1, max_length=512, pattern=r"^[^\s-]\S*$")]
    forcePull: bool = False


class HttpPart(Part):
    endpoint: PortName
    path: Annotated[str, Field(pattern=r"^/", max_length=1024)] = "/"
    scheme: Annotated[Literal["HTTP", "HTTPS"], BeforeValidator(_upper)] = "HTTP"


class TcpPart(Part):
    endpoint: PortName


class ExecCheckPart(Part):
    command: CommandPart


class PodCheckPart(Part):
    http: HttpPart | None = None
    tcp: TcpPart | None = None
    exec: ExecCheckPart | None = None
    gracePeriodSeconds: Seconds = 300
    intervalSeconds: Interval = 60
    timeoutSeconds: Interval = 20
    maxConsecutiveFailures: Annotated[int, Field(ge=0, le=1_000_000)] = 3
    delaySeconds: Seconds = 0


class MountPart(Part):
    name: PortName
    mountPath: Annotated[str, Field(min_length=1, max_length=1024)]
    readOnly: bool = False


class LifecyclePart(Part):
    killGracePeriodSeconds: Seconds | None = None


class PodContainerPart(Part):
    name: PortName
    exec: ExecPart | None = None
    resources: ResourcesPart
    resourceLimits: LimitsPart | None = None
    endpoints: Annotated[list[EndpointPart], Field(max_length=256)] = Field(default_factory=list)
    image: ImagePart | None = None
    environment: dict[Name, Variable] = Field(default_factory=dict)
    user: User | None = None
    healthCheck: PodCheckPart | None = None
    volumeMounts: Annotated[list[MountPart], Field(max_length=256)] = Field(default_factory=list)
    artifacts: Annotated[list[FetchPart], Field(max_length=256)] = Field(default_factory=list)
    labels: Text = Field(default_factory=dict)
    lifecycle: LifecyclePart = Field(default_factory=LifecyclePart)


class PodVolumePart(Part):
    name: PortName
    host: Annotated[str, Field(min_length=1, max_length=4096)] | None = None


class PodNetworkPart(Part):
    mode: Literal["host", "container/bridge", "container"] = "container"
    name: Annotated[str, Field(min_length=1, max_length=255)] | None = None


class ScalingPart(Part):
    kind: Annotated[Literal["FIXED"], BeforeValidator(_upper)] = "FIXED"
    instances: Annotated[int, Field(ge=0, le=100_000)] = 1


class BackoffPart(Part):
    backoff: Seconds = 1
    backoffFactor: Annotated[float, Field(allow_inf_nan=False, ge=1, le=1000)] = 1.15
    maxLaunchDelay: Seconds = 300


class ConstraintPart(Part):
    fieldName: Annotated[str, Field(min_length=1, max_length=256)]
    operator: str
    value: str | None = None


class PlacementPart(Part):
    constraints: list[ConstraintPart] = Field(default_factory=list)
    acceptedResourceRoles: list[Literal["*", "slave_public"]] = Field(default_factory=list)


class SchedulingPart(Part):
    backoff: BackoffPart = Field(default_factory=BackoffPart)
    upgrade: UpgradePart = Field(default_factory=UpgradePart)
    placement: PlacementPart = Field(default_factory=PlacementPart)
    killSelection: Annotated[Literal["YOUNGEST_FIRST", "OLDEST_FIRST"], BeforeValidator(_upper)] = "YOUNGEST_FIRST"
    unreachableStrategy: Unreachability = Field(default_factory=UnreachablePart)


class PodPart(Part):
    id: Annotated[str, Field(min_length=1)]
    labels: Text = Field(default_factory=dict)
    user: User | None = None
    environment: dict[Name, Variable] = Field(default_factory=dict)
    secrets: dict[Name, SecretPart] = Field(default_factory=dict)
    containers: Annotated[list[PodContainerPart], Field(min_length=1, max_length=64)]
    volumes: Annotated[list[PodVolumePart], Field(max_length=256)] = Field(default_factory=list)
    networks: Annotated[list[PodNetworkPart], Field(max_length=1)] = Field(default_factory=list)
    scaling: ScalingPart = Field(default_factory=ScalingPart)
    scheduling: SchedulingPart = Field(default_factory=SchedulingPart)
    executorResources: ExecutorResourcesPart | None = None
    role: Annotated[str, Field(min_length=1, max_length=256)] | None = None
