"""Marathon's app JSON, field by field: types and ranges. What fields mean together is `convert`'s."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from barter.core.units import GIB, MIB, TIB

WEEK_S = 7 * 24 * 3600
MOST_INSTANCES = 100_000
MOST_CPUS, MOST_MEM_MIB, MOST_DISK_MIB = 10_000, 64 * TIB // MIB, 1024 * 16 * GIB * 1024 // MIB

Interval = Annotated[float, Field(allow_inf_nan=False, ge=0.1, le=WEEK_S)]
Seconds = Annotated[float, Field(allow_inf_nan=False, ge=0, le=WEEK_S)]
Share = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1)]
AnyPort = Annotated[int, Field(ge=0, le=65535)]
PortName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
NetworkMode = Literal["host", "container/bridge", "container"]
Protocol = Literal["tcp", "udp", "udp,tcp"]
PathId = Annotated[str, Field(min_length=1, max_length=1024)]
Name = Annotated[str, Field(min_length=1, max_length=256)]
Value = Annotated[str, Field(max_length=65_536)]
Text = dict[Name, Value]

KINDS = AS_TEXT, AS_NUMBER, AS_OBJECT = "\0text", "\0number", "\0object"
"""What a value that may be of several types was taken for: a step in an error's location, as no field is called."""


def _text_or_number(value: object) -> str:
    return AS_TEXT if isinstance(value, str) else AS_NUMBER


def _text_or_object(value: object) -> str:
    return AS_OBJECT if isinstance(value, dict | BaseModel) else AS_TEXT


Limit = Annotated[
    Annotated[float, Field(allow_inf_nan=False, ge=0, le=MOST_MEM_MIB), Tag(AS_NUMBER)]
    | Annotated[Literal["unlimited"], Tag(AS_TEXT)],
    Discriminator(_text_or_number),
]


class Part(BaseModel):
    """No field that is not known, no value of another type than stated."""

    model_config = ConfigDict(extra="forbid", strict=True)


class CommandPart(Part):
    value: Annotated[str, Field(min_length=1)]


class HealthCheckPart(Part):
    protocol: Literal["HTTP", "HTTPS", "TCP", "COMMAND", "MESOS_HTTP", "MESOS_HTTPS", "MESOS_TCP"] = "HTTP"
    path: Annotated[str, Field(pattern=r"^/", max_length=1024)] = "/"
    portIndex: AnyPort | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    command: CommandPart | None = None
    gracePeriodSeconds: Seconds = 300
    intervalSeconds: Interval = 60
    timeoutSeconds: Interval = 20
    maxConsecutiveFailures: Annotated[int, Field(ge=0, le=1_000_000)] = 3
    delaySeconds: Seconds = 0
    ignoreHttp1xx: bool = False


class EndpointPart(Part):
    """Where a generic check asks: by tcp or, with a path and a scheme, by http."""

    portIndex: AnyPort | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None


class HttpEndpointPart(EndpointPart):
    path: Annotated[str, Field(pattern=r"^/", max_length=1024)] = "/"
    scheme: Literal["HTTP", "HTTPS"] = "HTTP"


class MesosCommandPart(Part):
    shell: Annotated[str, Field(min_length=1, max_length=131_072)] | None = None
    argv: Annotated[list[str], Field(min_length=1, max_length=4096)] | None = None


class ExecPart(Part):
    command: MesosCommandPart


class GenericCheckPart(Part):
    http: HttpEndpointPart | None = None
    tcp: EndpointPart | None = None
    exec: ExecPart | None = None
    intervalSeconds: Interval = 60
    timeoutSeconds: Interval = 20
    delaySeconds: Seconds = 15


class ReadinessPart(Part):
    name: Annotated[str, Field(min_length=1, max_length=63)] = "readinessCheck"
    protocol: Literal["HTTP", "HTTPS"] = "HTTP"
    path: Annotated[str, Field(pattern=r"^/", max_length=1024)] = "/"
    portName: PortName = "http-api"
    intervalSeconds: Interval = 30
    timeoutSeconds: Interval = 10
    httpStatusCodesForReady: Annotated[
        list[Annotated[int, Field(ge=100, le=999)]], Field(min_length=1, max_length=100)
    ] = Field(default_factory=lambda: [200])


class FetchPart(Part):
    uri: Annotated[str, Field(min_length=1, max_length=8192)]
    extract: bool = True
    executable: bool = False
    cache: bool = False
    destPath: Annotated[str, Field(min_length=1, max_length=1024)] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None = None


class UlimitPart(Part):
    name: str
    soft: Annotated[int, Field(ge=-1, le=1 << 53)]
    hard: Annotated[int, Field(ge=-1, le=1 << 53)]


class PortDefinitionPart(Part):
    port: AnyPort = 0
    protocol: Protocol = "tcp"
    name: PortName | None = None
    labels: Text = Field(default_factory=dict)


class PortMappingPart(Part):
    containerPort: AnyPort = 0
    hostPort: AnyPort | None = None
    servicePort: AnyPort = 0
    protocol: Protocol = "tcp"
    name: PortName | None = None
    labels: Text = Field(default_factory=dict)
    networkNames: list[str] = Field(default_factory=list)


class ParameterPart(Part):
    key: Annotated[str, Field(min_length=1, max_length=256)]
    value: Annotated[str, Field(max_length=4096)]


class DockerPart(Part):
    image: Annotated[str, Field(min_length=1, max_length=512, pattern=r"^[^\s-]\S*$")]
    forcePullImage: bool = False
    network: Literal["HOST", "BRIDGE", "NONE", "USER"] | None = None
    portMappings: list[PortMappingPart] | None = None
    parameters: Annotated[list[ParameterPart], Field(max_length=256)] = Field(default_factory=list)


class ExternalPart(Part):
    name: Annotated[str, Field(min_length=1, max_length=255)]
    provider: Literal["dvdi"] = "dvdi"
    options: Text = Field(default_factory=dict)


class PersistentPart(Part):
    size: Annotated[int, Field(ge=1, le=MOST_DISK_MIB)]
    type: Literal["root"] = "root"


class VolumePart(Part):
    containerPath: Annotated[str, Field(min_length=1, max_length=4096)]
    hostPath: Annotated[str, Field(pattern=r"^/", max_length=4096)] | None = None
    external: ExternalPart | None = None
    persistent: PersistentPart | None = None
    mode: Literal["RO", "RW"] = "RW"


class ContainerPart(Part):
    type: Literal["DOCKER", "MESOS"] = "DOCKER"
    docker: DockerPart | None = None
    portMappings: list[PortMappingPart] | None = None
    volumes: list[VolumePart] = Field(default_factory=list)


class NetworkPart(Part):
    mode: NetworkMode = "container"
    name: Annotated[str, Field(min_length=1, max_length=255)] | None = None


class DiscoveryPortPart(Part):
    number: AnyPort = 0
    name: PortName
    protocol: Protocol = "tcp"
    labels: Text = Field(default_factory=dict)

    def as_mapping(self) -> PortMappingPart:
        return PortMappingPart(containerPort=self.number, name=self.name, protocol=self.protocol, labels=self.labels)


class DiscoveryPart(Part):
    ports: list[DiscoveryPortPart] = Field(default_factory=list)


class IpAddressPart(Part):
    """As before Marathon 1.5."""

    networkName: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    discovery: DiscoveryPart | None = None


class UpgradePart(Part):
    """What is beside Marathon's two is named after Nomad's `update`."""

    minimumHealthCapacity: Share = 1
    maximumOverCapacity: Share = 1
    progressDeadlineSeconds: Seconds = 600
    autoRevert: bool = False
    canary: Annotated[int, Field(ge=0, le=MOST_INSTANCES)] = 0
    autoPromote: bool = True
    minHealthySeconds: Seconds = 10
    canaryWeights: Annotated[list[Annotated[int, Field(ge=0, le=100)]], Field(max_length=100)] = Field(
        default_factory=list
    )


class UnreachablePart(Part):
    inactiveAfterSeconds: Seconds = 0
    expungeAfterSeconds: Seconds = 0


class LimitsPart(Part):
    cpus: Limit | None = None
    mem: Limit | None = None


class SecretPart(Part):
    source: Annotated[str, Field(min_length=1, max_length=1024)]


class SecretVariablePart(Part):
    secret: Name


Variable = Annotated[
    Annotated[Value, Tag(AS_TEXT)] | Annotated[SecretVariablePart, Tag(AS_OBJECT)], Discriminator(_text_or_object)
]


class ResidencyPart(Part):
    relaunchEscalationTimeoutSeconds: Annotated[int, Field(ge=0, le=1 << 53)] = 3600
    taskLostBehavior: Literal["WAIT_FOREVER", "RELAUNCH_AFTER_TIMEOUT"] = "WAIT_FOREVER"


Unreachability = Annotated[
    Annotated[UnreachablePart, Tag(AS_OBJECT)] | Annotated[Literal["disabled"], Tag(AS_TEXT)],
    Discriminator(_text_or_object),
]


class AppPart(Part):
    id: Annotated[str, Field(min_length=1)]
    cmd: Annotated[str, Field(min_length=1, max_length=131_072)] | None = None
    args: Annotated[list[str], Field(max_length=4096)] | None = None
    user: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\s:-][^\s:]*(:[^\s:]+)?$")] | None = None
    fetch: Annotated[list[FetchPart], Field(max_length=256)] = Field(default_factory=list)
    uris: Annotated[list[str], Field(max_length=256)] = Field(default_factory=list)
    ulimits: list[UlimitPart] = Field(default_factory=list)
    cpus: Annotated[float, Field(allow_inf_nan=False, ge=0.001, le=MOST_CPUS)] = 1
    mem: Annotated[float, Field(allow_inf_nan=False, ge=0, le=MOST_MEM_MIB)] = 128
    disk: Annotated[float, Field(allow_inf_nan=False, ge=0, le=MOST_DISK_MIB)] = 0
    instances: Annotated[int, Field(ge=0, le=MOST_INSTANCES)] = 1
    env: dict[Name, Variable] = Field(default_factory=dict)
    labels: Text = Field(default_factory=dict)
    constraints: list[Annotated[list[str], Field(min_length=2, max_length=3)]] = Field(default_factory=list)
    container: ContainerPart | None = None
    networks: Annotated[list[NetworkPart], Field(max_length=16)] | None = None
    ipAddress: IpAddressPart | None = None
    ports: list[AnyPort] | None = None
    portDefinitions: list[PortDefinitionPart] | None = None
    requirePorts: bool = False
    healthChecks: list[HealthCheckPart] = Field(default_factory=list)
    readinessChecks: list[ReadinessPart] = Field(default_factory=list)
    upgradeStrategy: UpgradePart | None = None
    unreachableStrategy: Unreachability | None = None
    killSelection: Literal["YOUNGEST_FIRST", "OLDEST_FIRST"] = "YOUNGEST_FIRST"
    backoffSeconds: Seconds = 1
    backoffFactor: Annotated[float, Field(allow_inf_nan=False, ge=1, le=1000)] = 1.15
    maxLaunchDelaySeconds: Seconds = 300
    taskKillGracePeriodSeconds: Seconds = 3
    acceptedResourceRoles: Annotated[list[Name], Field(min_length=1, max_length=100)] | None = None
    role: Annotated[str, Field(min_length=1)] | None = None
    resourceLimits: LimitsPart | None = None
    secrets: dict[Name, SecretPart] = Field(default_factory=dict)
    dependencies: Annotated[list[PathId], Field(max_length=1000)] = Field(default_factory=list)
    residency: ResidencyPart | None = None
    check: GenericCheckPart | None = None


Json = dict[str, Any]
