from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Range(_message.Message):
    __slots__ = ("low", "high")
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    low: int
    high: int
    def __init__(self, low: _Optional[int] = ..., high: _Optional[int] = ...) -> None: ...

class Ranges(_message.Message):
    __slots__ = ("ranges",)
    RANGES_FIELD_NUMBER: _ClassVar[int]
    ranges: _containers.RepeatedCompositeFieldContainer[Range]
    def __init__(self, ranges: _Optional[_Iterable[_Union[Range, _Mapping]]] = ...) -> None: ...

class Names(_message.Message):
    __slots__ = ("names",)
    NAMES_FIELD_NUMBER: _ClassVar[int]
    names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, names: _Optional[_Iterable[str]] = ...) -> None: ...

class Resources(_message.Message):
    __slots__ = ("scalars", "ranges", "sets")
    class ScalarsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class RangesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Ranges
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Ranges, _Mapping]] = ...) -> None: ...
    class SetsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Names
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Names, _Mapping]] = ...) -> None: ...
    SCALARS_FIELD_NUMBER: _ClassVar[int]
    RANGES_FIELD_NUMBER: _ClassVar[int]
    SETS_FIELD_NUMBER: _ClassVar[int]
    scalars: _containers.ScalarMap[str, int]
    ranges: _containers.MessageMap[str, Ranges]
    sets: _containers.MessageMap[str, Names]
    def __init__(self, scalars: _Optional[_Mapping[str, int]] = ..., ranges: _Optional[_Mapping[str, Ranges]] = ..., sets: _Optional[_Mapping[str, Names]] = ...) -> None: ...

class AgentInfo(_message.Message):
    __slots__ = ("agent_id", "hostname", "host", "resources", "attributes", "public", "runtimes", "node_address", "notes", "reserved", "max_containers")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class ReservedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Resources
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Resources, _Mapping]] = ...) -> None: ...
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_FIELD_NUMBER: _ClassVar[int]
    RUNTIMES_FIELD_NUMBER: _ClassVar[int]
    NODE_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    MAX_CONTAINERS_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    hostname: str
    host: str
    resources: Resources
    attributes: _containers.ScalarMap[str, str]
    public: bool
    runtimes: _containers.RepeatedScalarFieldContainer[str]
    node_address: str
    notes: _containers.RepeatedScalarFieldContainer[str]
    reserved: _containers.MessageMap[str, Resources]
    max_containers: int
    def __init__(self, agent_id: _Optional[str] = ..., hostname: _Optional[str] = ..., host: _Optional[str] = ..., resources: _Optional[_Union[Resources, _Mapping]] = ..., attributes: _Optional[_Mapping[str, str]] = ..., public: _Optional[bool] = ..., runtimes: _Optional[_Iterable[str]] = ..., node_address: _Optional[str] = ..., notes: _Optional[_Iterable[str]] = ..., reserved: _Optional[_Mapping[str, Resources]] = ..., max_containers: _Optional[int] = ...) -> None: ...

class FrameworkInfo(_message.Message):
    __slots__ = ("name", "framework_id", "user", "roles", "failover_timeout_ms", "web_url", "hostname", "principal", "revocable", "returning_tasks")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    FAILOVER_TIMEOUT_MS_FIELD_NUMBER: _ClassVar[int]
    WEB_URL_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    REVOCABLE_FIELD_NUMBER: _ClassVar[int]
    RETURNING_TASKS_FIELD_NUMBER: _ClassVar[int]
    name: str
    framework_id: str
    user: str
    roles: _containers.RepeatedScalarFieldContainer[str]
    failover_timeout_ms: int
    web_url: str
    hostname: str
    principal: str
    revocable: bool
    returning_tasks: str
    def __init__(self, name: _Optional[str] = ..., framework_id: _Optional[str] = ..., user: _Optional[str] = ..., roles: _Optional[_Iterable[str]] = ..., failover_timeout_ms: _Optional[int] = ..., web_url: _Optional[str] = ..., hostname: _Optional[str] = ..., principal: _Optional[str] = ..., revocable: _Optional[bool] = ..., returning_tasks: _Optional[str] = ...) -> None: ...

class Offer(_message.Message):
    __slots__ = ("offer_id", "agent_id", "framework_id", "role", "resources", "hostname", "host", "attributes", "public", "runtimes", "demand_id", "reserved", "revocable", "volumes", "unavailable_from_ms")
    class AttributesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class ReservedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Resources
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Resources, _Mapping]] = ...) -> None: ...
    OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTES_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_FIELD_NUMBER: _ClassVar[int]
    RUNTIMES_FIELD_NUMBER: _ClassVar[int]
    DEMAND_ID_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    REVOCABLE_FIELD_NUMBER: _ClassVar[int]
    VOLUMES_FIELD_NUMBER: _ClassVar[int]
    UNAVAILABLE_FROM_MS_FIELD_NUMBER: _ClassVar[int]
    offer_id: str
    agent_id: str
    framework_id: str
    role: str
    resources: Resources
    hostname: str
    host: str
    attributes: _containers.ScalarMap[str, str]
    public: bool
    runtimes: _containers.RepeatedScalarFieldContainer[str]
    demand_id: str
    reserved: _containers.MessageMap[str, Resources]
    revocable: Resources
    volumes: _containers.RepeatedScalarFieldContainer[str]
    unavailable_from_ms: int
    def __init__(self, offer_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., framework_id: _Optional[str] = ..., role: _Optional[str] = ..., resources: _Optional[_Union[Resources, _Mapping]] = ..., hostname: _Optional[str] = ..., host: _Optional[str] = ..., attributes: _Optional[_Mapping[str, str]] = ..., public: _Optional[bool] = ..., runtimes: _Optional[_Iterable[str]] = ..., demand_id: _Optional[str] = ..., reserved: _Optional[_Mapping[str, Resources]] = ..., revocable: _Optional[_Union[Resources, _Mapping]] = ..., volumes: _Optional[_Iterable[str]] = ..., unavailable_from_ms: _Optional[int] = ...) -> None: ...

class InverseOffer(_message.Message):
    __slots__ = ("inverse_offer_id", "agent_id", "framework_id", "hostname", "task_ids", "start_ms", "deadline_ms", "reason")
    INVERSE_OFFER_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    TASK_IDS_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_MS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    inverse_offer_id: str
    agent_id: str
    framework_id: str
    hostname: str
    task_ids: _containers.RepeatedScalarFieldContainer[str]
    start_ms: int
    deadline_ms: int
    reason: str
    def __init__(self, inverse_offer_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., framework_id: _Optional[str] = ..., hostname: _Optional[str] = ..., task_ids: _Optional[_Iterable[str]] = ..., start_ms: _Optional[int] = ..., deadline_ms: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class Filters(_message.Message):
    __slots__ = ("refuse_ms",)
    REFUSE_MS_FIELD_NUMBER: _ClassVar[int]
    refuse_ms: int
    def __init__(self, refuse_ms: _Optional[int] = ...) -> None: ...

class Constraint(_message.Message):
    __slots__ = ("field", "operator", "value")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    field: str
    operator: str
    value: str
    def __init__(self, field: _Optional[str] = ..., operator: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class Demand(_message.Message):
    __slots__ = ("demand_id", "resources", "count", "port_count", "role", "constraints", "runtime", "on_public", "strategy", "revocable", "volume", "reserving")
    DEMAND_ID_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    PORT_COUNT_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_FIELD_NUMBER: _ClassVar[int]
    ON_PUBLIC_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    REVOCABLE_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    RESERVING_FIELD_NUMBER: _ClassVar[int]
    demand_id: str
    resources: Resources
    count: int
    port_count: int
    role: str
    constraints: _containers.RepeatedCompositeFieldContainer[Constraint]
    runtime: str
    on_public: bool
    strategy: str
    revocable: bool
    volume: str
    reserving: bool
    def __init__(self, demand_id: _Optional[str] = ..., resources: _Optional[_Union[Resources, _Mapping]] = ..., count: _Optional[int] = ..., port_count: _Optional[int] = ..., role: _Optional[str] = ..., constraints: _Optional[_Iterable[_Union[Constraint, _Mapping]]] = ..., runtime: _Optional[str] = ..., on_public: _Optional[bool] = ..., strategy: _Optional[str] = ..., revocable: _Optional[bool] = ..., volume: _Optional[str] = ..., reserving: _Optional[bool] = ...) -> None: ...

class Command(_message.Message):
    __slots__ = ("shell", "argv", "env", "user", "rlimits")
    class EnvEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SHELL_FIELD_NUMBER: _ClassVar[int]
    ARGV_FIELD_NUMBER: _ClassVar[int]
    ENV_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    RLIMITS_FIELD_NUMBER: _ClassVar[int]
    shell: str
    argv: _containers.RepeatedScalarFieldContainer[str]
    env: _containers.ScalarMap[str, str]
    user: str
    rlimits: _containers.RepeatedCompositeFieldContainer[Rlimit]
    def __init__(self, shell: _Optional[str] = ..., argv: _Optional[_Iterable[str]] = ..., env: _Optional[_Mapping[str, str]] = ..., user: _Optional[str] = ..., rlimits: _Optional[_Iterable[_Union[Rlimit, _Mapping]]] = ...) -> None: ...

class Rlimit(_message.Message):
    __slots__ = ("name", "soft", "hard")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SOFT_FIELD_NUMBER: _ClassVar[int]
    HARD_FIELD_NUMBER: _ClassVar[int]
    name: str
    soft: int
    hard: int
    def __init__(self, name: _Optional[str] = ..., soft: _Optional[int] = ..., hard: _Optional[int] = ...) -> None: ...

class Artifact(_message.Message):
    __slots__ = ("uri", "sha256", "extract", "executable", "cache", "output_file")
    URI_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    EXTRACT_FIELD_NUMBER: _ClassVar[int]
    EXECUTABLE_FIELD_NUMBER: _ClassVar[int]
    CACHE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FILE_FIELD_NUMBER: _ClassVar[int]
    uri: str
    sha256: str
    extract: bool
    executable: bool
    cache: bool
    output_file: str
    def __init__(self, uri: _Optional[str] = ..., sha256: _Optional[str] = ..., extract: _Optional[bool] = ..., executable: _Optional[bool] = ..., cache: _Optional[bool] = ..., output_file: _Optional[str] = ...) -> None: ...

class ExecutorInfo(_message.Message):
    __slots__ = ("executor_id", "command", "resources", "task_id")
    EXECUTOR_ID_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    executor_id: str
    command: Command
    resources: Resources
    task_id: str
    def __init__(self, executor_id: _Optional[str] = ..., command: _Optional[_Union[Command, _Mapping]] = ..., resources: _Optional[_Union[Resources, _Mapping]] = ..., task_id: _Optional[str] = ...) -> None: ...

class PortMapping(_message.Message):
    __slots__ = ("container_port", "host_port", "protocol")
    CONTAINER_PORT_FIELD_NUMBER: _ClassVar[int]
    HOST_PORT_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    container_port: int
    host_port: int
    protocol: str
    def __init__(self, container_port: _Optional[int] = ..., host_port: _Optional[int] = ..., protocol: _Optional[str] = ...) -> None: ...

class Volume(_message.Message):
    __slots__ = ("container_path", "host_path", "read_only", "name")
    CONTAINER_PATH_FIELD_NUMBER: _ClassVar[int]
    HOST_PATH_FIELD_NUMBER: _ClassVar[int]
    READ_ONLY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    container_path: str
    host_path: str
    read_only: bool
    name: str
    def __init__(self, container_path: _Optional[str] = ..., host_path: _Optional[str] = ..., read_only: _Optional[bool] = ..., name: _Optional[str] = ...) -> None: ...

class Tmpfs(_message.Message):
    __slots__ = ("container_path", "size")
    CONTAINER_PATH_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    container_path: str
    size: int
    def __init__(self, container_path: _Optional[str] = ..., size: _Optional[int] = ...) -> None: ...

class Device(_message.Message):
    __slots__ = ("host_path", "container_path", "permissions")
    HOST_PATH_FIELD_NUMBER: _ClassVar[int]
    CONTAINER_PATH_FIELD_NUMBER: _ClassVar[int]
    PERMISSIONS_FIELD_NUMBER: _ClassVar[int]
    host_path: str
    container_path: str
    permissions: str
    def __init__(self, host_path: _Optional[str] = ..., container_path: _Optional[str] = ..., permissions: _Optional[str] = ...) -> None: ...

class Container(_message.Message):
    __slots__ = ("image", "network", "port_mappings", "volumes", "force_pull", "entrypoint", "network_name", "tmpfs", "capabilities", "devices", "log_driver", "log_options", "shm_size", "init")
    class LogOptionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    PORT_MAPPINGS_FIELD_NUMBER: _ClassVar[int]
    VOLUMES_FIELD_NUMBER: _ClassVar[int]
    FORCE_PULL_FIELD_NUMBER: _ClassVar[int]
    ENTRYPOINT_FIELD_NUMBER: _ClassVar[int]
    NETWORK_NAME_FIELD_NUMBER: _ClassVar[int]
    TMPFS_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    LOG_DRIVER_FIELD_NUMBER: _ClassVar[int]
    LOG_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    SHM_SIZE_FIELD_NUMBER: _ClassVar[int]
    INIT_FIELD_NUMBER: _ClassVar[int]
    image: str
    network: str
    port_mappings: _containers.RepeatedCompositeFieldContainer[PortMapping]
    volumes: _containers.RepeatedCompositeFieldContainer[Volume]
    force_pull: bool
    entrypoint: _containers.RepeatedScalarFieldContainer[str]
    network_name: str
    tmpfs: _containers.RepeatedCompositeFieldContainer[Tmpfs]
    capabilities: _containers.RepeatedScalarFieldContainer[str]
    devices: _containers.RepeatedCompositeFieldContainer[Device]
    log_driver: str
    log_options: _containers.ScalarMap[str, str]
    shm_size: int
    init: bool
    def __init__(self, image: _Optional[str] = ..., network: _Optional[str] = ..., port_mappings: _Optional[_Iterable[_Union[PortMapping, _Mapping]]] = ..., volumes: _Optional[_Iterable[_Union[Volume, _Mapping]]] = ..., force_pull: _Optional[bool] = ..., entrypoint: _Optional[_Iterable[str]] = ..., network_name: _Optional[str] = ..., tmpfs: _Optional[_Iterable[_Union[Tmpfs, _Mapping]]] = ..., capabilities: _Optional[_Iterable[str]] = ..., devices: _Optional[_Iterable[_Union[Device, _Mapping]]] = ..., log_driver: _Optional[str] = ..., log_options: _Optional[_Mapping[str, str]] = ..., shm_size: _Optional[int] = ..., init: _Optional[bool] = ...) -> None: ...

class HealthCheck(_message.Message):
    __slots__ = ("kind", "port", "path", "command", "grace_ms", "interval_ms", "timeout_ms", "max_failures", "delay_ms")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    GRACE_MS_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_MS_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_MS_FIELD_NUMBER: _ClassVar[int]
    MAX_FAILURES_FIELD_NUMBER: _ClassVar[int]
    DELAY_MS_FIELD_NUMBER: _ClassVar[int]
    kind: str
    port: int
    path: str
    command: str
    grace_ms: int
    interval_ms: int
    timeout_ms: int
    max_failures: int
    delay_ms: int
    def __init__(self, kind: _Optional[str] = ..., port: _Optional[int] = ..., path: _Optional[str] = ..., command: _Optional[str] = ..., grace_ms: _Optional[int] = ..., interval_ms: _Optional[int] = ..., timeout_ms: _Optional[int] = ..., max_failures: _Optional[int] = ..., delay_ms: _Optional[int] = ...) -> None: ...

class ReadinessCheck(_message.Message):
    __slots__ = ("kind", "port", "path", "command", "delay_ms", "interval_ms", "timeout_ms", "statuses")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    DELAY_MS_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_MS_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_MS_FIELD_NUMBER: _ClassVar[int]
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    kind: str
    port: int
    path: str
    command: str
    delay_ms: int
    interval_ms: int
    timeout_ms: int
    statuses: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, kind: _Optional[str] = ..., port: _Optional[int] = ..., path: _Optional[str] = ..., command: _Optional[str] = ..., delay_ms: _Optional[int] = ..., interval_ms: _Optional[int] = ..., timeout_ms: _Optional[int] = ..., statuses: _Optional[_Iterable[int]] = ...) -> None: ...

class StatusCheck(_message.Message):
    __slots__ = ("kind", "port", "path", "command", "delay_ms", "interval_ms", "timeout_ms")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    DELAY_MS_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_MS_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_MS_FIELD_NUMBER: _ClassVar[int]
    kind: str
    port: int
    path: str
    command: str
    delay_ms: int
    interval_ms: int
    timeout_ms: int
    def __init__(self, kind: _Optional[str] = ..., port: _Optional[int] = ..., path: _Optional[str] = ..., command: _Optional[str] = ..., delay_ms: _Optional[int] = ..., interval_ms: _Optional[int] = ..., timeout_ms: _Optional[int] = ...) -> None: ...

class CheckResult(_message.Message):
    __slots__ = ("kind", "found")
    KIND_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    kind: str
    found: int
    def __init__(self, kind: _Optional[str] = ..., found: _Optional[int] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("cpus", "mem")
    CPUS_FIELD_NUMBER: _ClassVar[int]
    MEM_FIELD_NUMBER: _ClassVar[int]
    cpus: int
    mem: int
    def __init__(self, cpus: _Optional[int] = ..., mem: _Optional[int] = ...) -> None: ...

class TaskPort(_message.Message):
    __slots__ = ("name", "number", "protocol", "service_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    SERVICE_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    number: int
    protocol: str
    service_id: str
    def __init__(self, name: _Optional[str] = ..., number: _Optional[int] = ..., protocol: _Optional[str] = ..., service_id: _Optional[str] = ...) -> None: ...

class TaskInfo(_message.Message):
    __slots__ = ("task_id", "name", "resources", "command", "container", "health_checks", "kill_grace_ms", "ports", "labels", "demand_id", "volumes", "reservation_id", "role", "reserved", "revocable", "readiness_check", "artifacts", "group_id", "executor", "status_check", "limits", "shared")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class ReservedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Resources
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Resources, _Mapping]] = ...) -> None: ...
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    CONTAINER_FIELD_NUMBER: _ClassVar[int]
    HEALTH_CHECKS_FIELD_NUMBER: _ClassVar[int]
    KILL_GRACE_MS_FIELD_NUMBER: _ClassVar[int]
    PORTS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    DEMAND_ID_FIELD_NUMBER: _ClassVar[int]
    VOLUMES_FIELD_NUMBER: _ClassVar[int]
    RESERVATION_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    REVOCABLE_FIELD_NUMBER: _ClassVar[int]
    READINESS_CHECK_FIELD_NUMBER: _ClassVar[int]
    ARTIFACTS_FIELD_NUMBER: _ClassVar[int]
    GROUP_ID_FIELD_NUMBER: _ClassVar[int]
    EXECUTOR_FIELD_NUMBER: _ClassVar[int]
    STATUS_CHECK_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    SHARED_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    name: str
    resources: Resources
    command: Command
    container: Container
    health_checks: _containers.RepeatedCompositeFieldContainer[HealthCheck]
    kill_grace_ms: int
    ports: _containers.RepeatedCompositeFieldContainer[TaskPort]
    labels: _containers.ScalarMap[str, str]
    demand_id: str
    volumes: _containers.RepeatedCompositeFieldContainer[VolumeMount]
    reservation_id: str
    role: str
    reserved: _containers.MessageMap[str, Resources]
    revocable: Resources
    readiness_check: ReadinessCheck
    artifacts: _containers.RepeatedCompositeFieldContainer[Artifact]
    group_id: str
    executor: ExecutorInfo
    status_check: StatusCheck
    limits: Limits
    shared: _containers.RepeatedCompositeFieldContainer[SharedFolder]
    def __init__(self, task_id: _Optional[str] = ..., name: _Optional[str] = ..., resources: _Optional[_Union[Resources, _Mapping]] = ..., command: _Optional[_Union[Command, _Mapping]] = ..., container: _Optional[_Union[Container, _Mapping]] = ..., health_checks: _Optional[_Iterable[_Union[HealthCheck, _Mapping]]] = ..., kill_grace_ms: _Optional[int] = ..., ports: _Optional[_Iterable[_Union[TaskPort, _Mapping]]] = ..., labels: _Optional[_Mapping[str, str]] = ..., demand_id: _Optional[str] = ..., volumes: _Optional[_Iterable[_Union[VolumeMount, _Mapping]]] = ..., reservation_id: _Optional[str] = ..., role: _Optional[str] = ..., reserved: _Optional[_Mapping[str, Resources]] = ..., revocable: _Optional[_Union[Resources, _Mapping]] = ..., readiness_check: _Optional[_Union[ReadinessCheck, _Mapping]] = ..., artifacts: _Optional[_Iterable[_Union[Artifact, _Mapping]]] = ..., group_id: _Optional[str] = ..., executor: _Optional[_Union[ExecutorInfo, _Mapping]] = ..., status_check: _Optional[_Union[StatusCheck, _Mapping]] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., shared: _Optional[_Iterable[_Union[SharedFolder, _Mapping]]] = ...) -> None: ...

class SharedFolder(_message.Message):
    __slots__ = ("task_id", "name", "path", "read_only")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    READ_ONLY_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    name: str
    path: str
    read_only: bool
    def __init__(self, task_id: _Optional[str] = ..., name: _Optional[str] = ..., path: _Optional[str] = ..., read_only: _Optional[bool] = ...) -> None: ...

class VolumeMount(_message.Message):
    __slots__ = ("volume_id", "path", "read_only")
    VOLUME_ID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    READ_ONLY_FIELD_NUMBER: _ClassVar[int]
    volume_id: str
    path: str
    read_only: bool
    def __init__(self, volume_id: _Optional[str] = ..., path: _Optional[str] = ..., read_only: _Optional[bool] = ...) -> None: ...

class Reservation(_message.Message):
    __slots__ = ("reservation_id", "agent_id", "role", "resources", "principal", "labels", "static", "exclusive")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    RESERVATION_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    STATIC_FIELD_NUMBER: _ClassVar[int]
    EXCLUSIVE_FIELD_NUMBER: _ClassVar[int]
    reservation_id: str
    agent_id: str
    role: str
    resources: Resources
    principal: str
    labels: _containers.ScalarMap[str, str]
    static: bool
    exclusive: bool
    def __init__(self, reservation_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., role: _Optional[str] = ..., resources: _Optional[_Union[Resources, _Mapping]] = ..., principal: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., static: _Optional[bool] = ..., exclusive: _Optional[bool] = ...) -> None: ...

class PersistentVolume(_message.Message):
    __slots__ = ("volume_id", "reservation_id", "agent_id", "size", "principal")
    VOLUME_ID_FIELD_NUMBER: _ClassVar[int]
    RESERVATION_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    volume_id: str
    reservation_id: str
    agent_id: str
    size: int
    principal: str
    def __init__(self, volume_id: _Optional[str] = ..., reservation_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., size: _Optional[int] = ..., principal: _Optional[str] = ...) -> None: ...

class Operation(_message.Message):
    __slots__ = ("reserve", "unreserve", "create", "destroy")
    class Reserve(_message.Message):
        __slots__ = ("reservation_id", "role", "resources", "labels", "exclusive")
        class LabelsEntry(_message.Message):
            __slots__ = ("key", "value")
            KEY_FIELD_NUMBER: _ClassVar[int]
            VALUE_FIELD_NUMBER: _ClassVar[int]
            key: str
            value: str
            def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
        RESERVATION_ID_FIELD_NUMBER: _ClassVar[int]
        ROLE_FIELD_NUMBER: _ClassVar[int]
        RESOURCES_FIELD_NUMBER: _ClassVar[int]
        LABELS_FIELD_NUMBER: _ClassVar[int]
        EXCLUSIVE_FIELD_NUMBER: _ClassVar[int]
        reservation_id: str
        role: str
        resources: Resources
        labels: _containers.ScalarMap[str, str]
        exclusive: bool
        def __init__(self, reservation_id: _Optional[str] = ..., role: _Optional[str] = ..., resources: _Optional[_Union[Resources, _Mapping]] = ..., labels: _Optional[_Mapping[str, str]] = ..., exclusive: _Optional[bool] = ...) -> None: ...
    class Unreserve(_message.Message):
        __slots__ = ("reservation_id",)
        RESERVATION_ID_FIELD_NUMBER: _ClassVar[int]
        reservation_id: str
        def __init__(self, reservation_id: _Optional[str] = ...) -> None: ...
    class CreateVolume(_message.Message):
        __slots__ = ("volume_id", "reservation_id", "size")
        VOLUME_ID_FIELD_NUMBER: _ClassVar[int]
        RESERVATION_ID_FIELD_NUMBER: _ClassVar[int]
        SIZE_FIELD_NUMBER: _ClassVar[int]
        volume_id: str
        reservation_id: str
        size: int
        def __init__(self, volume_id: _Optional[str] = ..., reservation_id: _Optional[str] = ..., size: _Optional[int] = ...) -> None: ...
    class DestroyVolume(_message.Message):
        __slots__ = ("volume_id",)
        VOLUME_ID_FIELD_NUMBER: _ClassVar[int]
        volume_id: str
        def __init__(self, volume_id: _Optional[str] = ...) -> None: ...
    RESERVE_FIELD_NUMBER: _ClassVar[int]
    UNRESERVE_FIELD_NUMBER: _ClassVar[int]
    CREATE_FIELD_NUMBER: _ClassVar[int]
    DESTROY_FIELD_NUMBER: _ClassVar[int]
    reserve: Operation.Reserve
    unreserve: Operation.Unreserve
    create: Operation.CreateVolume
    destroy: Operation.DestroyVolume
    def __init__(self, reserve: _Optional[_Union[Operation.Reserve, _Mapping]] = ..., unreserve: _Optional[_Union[Operation.Unreserve, _Mapping]] = ..., create: _Optional[_Union[Operation.CreateVolume, _Mapping]] = ..., destroy: _Optional[_Union[Operation.DestroyVolume, _Mapping]] = ...) -> None: ...

class RoleConfig(_message.Message):
    __slots__ = ("role", "weight_milli", "guarantee", "limit")
    class GuaranteeEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class LimitEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    ROLE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_MILLI_FIELD_NUMBER: _ClassVar[int]
    GUARANTEE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    role: str
    weight_milli: int
    guarantee: _containers.ScalarMap[str, int]
    limit: _containers.ScalarMap[str, int]
    def __init__(self, role: _Optional[str] = ..., weight_milli: _Optional[int] = ..., guarantee: _Optional[_Mapping[str, int]] = ..., limit: _Optional[_Mapping[str, int]] = ...) -> None: ...

class TaskStatus(_message.Message):
    __slots__ = ("task_id", "state", "source", "timestamp_ms", "uuid", "agent_id", "reason", "message", "healthy", "exit_code", "ready", "address", "check")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_MS_FIELD_NUMBER: _ClassVar[int]
    UUID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    HEALTHY_FIELD_NUMBER: _ClassVar[int]
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    CHECK_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    state: str
    source: str
    timestamp_ms: int
    uuid: str
    agent_id: str
    reason: str
    message: str
    healthy: bool
    exit_code: int
    ready: bool
    address: str
    check: CheckResult
    def __init__(self, task_id: _Optional[str] = ..., state: _Optional[str] = ..., source: _Optional[str] = ..., timestamp_ms: _Optional[int] = ..., uuid: _Optional[str] = ..., agent_id: _Optional[str] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., healthy: _Optional[bool] = ..., exit_code: _Optional[int] = ..., ready: _Optional[bool] = ..., address: _Optional[str] = ..., check: _Optional[_Union[CheckResult, _Mapping]] = ...) -> None: ...

class ServicePort(_message.Message):
    __slots__ = ("name", "number", "protocol", "vhosts", "aliases")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    VHOSTS_FIELD_NUMBER: _ClassVar[int]
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    name: str
    number: int
    protocol: str
    vhosts: _containers.RepeatedScalarFieldContainer[str]
    aliases: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., number: _Optional[int] = ..., protocol: _Optional[str] = ..., vhosts: _Optional[_Iterable[str]] = ..., aliases: _Optional[_Iterable[str]] = ...) -> None: ...

class Service(_message.Message):
    __slots__ = ("service_id", "ports", "weights")
    SERVICE_ID_FIELD_NUMBER: _ClassVar[int]
    PORTS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    service_id: str
    ports: _containers.RepeatedCompositeFieldContainer[ServicePort]
    weights: _containers.RepeatedCompositeFieldContainer[TaskWeight]
    def __init__(self, service_id: _Optional[str] = ..., ports: _Optional[_Iterable[_Union[ServicePort, _Mapping]]] = ..., weights: _Optional[_Iterable[_Union[TaskWeight, _Mapping]]] = ...) -> None: ...

class TaskWeight(_message.Message):
    __slots__ = ("task_id", "weight")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    weight: int
    def __init__(self, task_id: _Optional[str] = ..., weight: _Optional[int] = ...) -> None: ...

class ServiceServed(_message.Message):
    __slots__ = ("service_id", "serving", "drained", "edges")
    SERVICE_ID_FIELD_NUMBER: _ClassVar[int]
    SERVING_FIELD_NUMBER: _ClassVar[int]
    DRAINED_FIELD_NUMBER: _ClassVar[int]
    EDGES_FIELD_NUMBER: _ClassVar[int]
    service_id: str
    serving: _containers.RepeatedScalarFieldContainer[str]
    drained: _containers.RepeatedScalarFieldContainer[str]
    edges: int
    def __init__(self, service_id: _Optional[str] = ..., serving: _Optional[_Iterable[str]] = ..., drained: _Optional[_Iterable[str]] = ..., edges: _Optional[int] = ...) -> None: ...

class Endpoint(_message.Message):
    __slots__ = ("service_id", "port_name", "task_id", "framework_id", "agent_id", "host", "port", "protocol", "draining", "weight")
    SERVICE_ID_FIELD_NUMBER: _ClassVar[int]
    PORT_NAME_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    DRAINING_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    service_id: str
    port_name: str
    task_id: str
    framework_id: str
    agent_id: str
    host: str
    port: int
    protocol: str
    draining: bool
    weight: int
    def __init__(self, service_id: _Optional[str] = ..., port_name: _Optional[str] = ..., task_id: _Optional[str] = ..., framework_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., host: _Optional[str] = ..., port: _Optional[int] = ..., protocol: _Optional[str] = ..., draining: _Optional[bool] = ..., weight: _Optional[int] = ...) -> None: ...

class Ack(_message.Message):
    __slots__ = ("framework_id", "task_id", "uuid")
    FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    UUID_FIELD_NUMBER: _ClassVar[int]
    framework_id: str
    task_id: str
    uuid: str
    def __init__(self, framework_id: _Optional[str] = ..., task_id: _Optional[str] = ..., uuid: _Optional[str] = ...) -> None: ...
