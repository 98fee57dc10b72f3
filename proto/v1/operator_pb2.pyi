from barter.proto.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("cluster_id", "epoch", "version", "started_ms", "agents_active", "agents_unreachable", "frameworks_active", "frameworks_disconnected", "offers", "tasks", "total", "used", "offered", "removals", "removals_reason", "masters", "zookeeper")
    class TasksEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    CLUSTER_ID_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STARTED_MS_FIELD_NUMBER: _ClassVar[int]
    AGENTS_ACTIVE_FIELD_NUMBER: _ClassVar[int]
    AGENTS_UNREACHABLE_FIELD_NUMBER: _ClassVar[int]
    FRAMEWORKS_ACTIVE_FIELD_NUMBER: _ClassVar[int]
    FRAMEWORKS_DISCONNECTED_FIELD_NUMBER: _ClassVar[int]
    OFFERS_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    OFFERED_FIELD_NUMBER: _ClassVar[int]
    REMOVALS_FIELD_NUMBER: _ClassVar[int]
    REMOVALS_REASON_FIELD_NUMBER: _ClassVar[int]
    MASTERS_FIELD_NUMBER: _ClassVar[int]
    ZOOKEEPER_FIELD_NUMBER: _ClassVar[int]
    cluster_id: str
    epoch: int
    version: str
    started_ms: int
    agents_active: int
    agents_unreachable: int
    frameworks_active: int
    frameworks_disconnected: int
    offers: int
    tasks: _containers.ScalarMap[str, int]
    total: _types_pb2.Resources
    used: _types_pb2.Resources
    offered: _types_pb2.Resources
    removals: str
    removals_reason: str
    masters: _containers.RepeatedCompositeFieldContainer[MasterView]
    zookeeper: str
    def __init__(self, cluster_id: _Optional[str] = ..., epoch: _Optional[int] = ..., version: _Optional[str] = ..., started_ms: _Optional[int] = ..., agents_active: _Optional[int] = ..., agents_unreachable: _Optional[int] = ..., frameworks_active: _Optional[int] = ..., frameworks_disconnected: _Optional[int] = ..., offers: _Optional[int] = ..., tasks: _Optional[_Mapping[str, int]] = ..., total: _Optional[_Union[_types_pb2.Resources, _Mapping]] = ..., used: _Optional[_Union[_types_pb2.Resources, _Mapping]] = ..., offered: _Optional[_Union[_types_pb2.Resources, _Mapping]] = ..., removals: _Optional[str] = ..., removals_reason: _Optional[str] = ..., masters: _Optional[_Iterable[_Union[MasterView, _Mapping]]] = ..., zookeeper: _Optional[str] = ...) -> None: ...

class MasterView(_message.Message):
    __slots__ = ("grpc", "http", "leads")
    GRPC_FIELD_NUMBER: _ClassVar[int]
    HTTP_FIELD_NUMBER: _ClassVar[int]
    LEADS_FIELD_NUMBER: _ClassVar[int]
    grpc: str
    http: str
    leads: bool
    def __init__(self, grpc: _Optional[str] = ..., http: _Optional[str] = ..., leads: _Optional[bool] = ...) -> None: ...

class AgentView(_message.Message):
    __slots__ = ("agent", "state", "used", "offered", "free", "registered_ms", "tasks", "reservations", "volumes", "revocable", "lent", "heartbeat_ms", "timeout_ms")
    AGENT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    OFFERED_FIELD_NUMBER: _ClassVar[int]
    FREE_FIELD_NUMBER: _ClassVar[int]
    REGISTERED_MS_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    RESERVATIONS_FIELD_NUMBER: _ClassVar[int]
    VOLUMES_FIELD_NUMBER: _ClassVar[int]
    REVOCABLE_FIELD_NUMBER: _ClassVar[int]
    LENT_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_MS_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_MS_FIELD_NUMBER: _ClassVar[int]
    agent: _types_pb2.AgentInfo
    state: str
    used: _types_pb2.Resources
    offered: _types_pb2.Resources
    free: _types_pb2.Resources
    registered_ms: int
    tasks: int
    reservations: _containers.RepeatedCompositeFieldContainer[_types_pb2.Reservation]
    volumes: _containers.RepeatedCompositeFieldContainer[_types_pb2.PersistentVolume]
    revocable: _types_pb2.Resources
    lent: _types_pb2.Resources
    heartbeat_ms: int
    timeout_ms: int
    def __init__(self, agent: _Optional[_Union[_types_pb2.AgentInfo, _Mapping]] = ..., state: _Optional[str] = ..., used: _Optional[_Union[_types_pb2.Resources, _Mapping]] = ..., offered: _Optional[_Union[_types_pb2.Resources, _Mapping]] = ..., free: _Optional[_Union[_types_pb2.Resources, _Mapping]] = ..., registered_ms: _Optional[int] = ..., tasks: _Optional[int] = ..., reservations: _Optional[_Iterable[_Union[_types_pb2.Reservation, _Mapping]]] = ..., volumes: _Optional[_Iterable[_Union[_types_pb2.PersistentVolume, _Mapping]]] = ..., revocable: _Optional[_Union[_types_pb2.Resources, _Mapping]] = ..., lent: _Optional[_Union[_types_pb2.Resources, _Mapping]] = ..., heartbeat_ms: _Optional[int] = ..., timeout_ms: _Optional[int] = ...) -> None: ...

class ListAgentsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListAgentsResponse(_message.Message):
    __slots__ = ("agents", "removals", "removals_reason")
    AGENTS_FIELD_NUMBER: _ClassVar[int]
    REMOVALS_FIELD_NUMBER: _ClassVar[int]
    REMOVALS_REASON_FIELD_NUMBER: _ClassVar[int]
    agents: _containers.RepeatedCompositeFieldContainer[AgentView]
    removals: str
    removals_reason: str
    def __init__(self, agents: _Optional[_Iterable[_Union[AgentView, _Mapping]]] = ..., removals: _Optional[str] = ..., removals_reason: _Optional[str] = ...) -> None: ...

class FrameworkView(_message.Message):
    __slots__ = ("framework", "state", "used", "offered", "tasks", "share_milli", "demands", "subscribed_ms")
    FRAMEWORK_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    OFFERED_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    SHARE_MILLI_FIELD_NUMBER: _ClassVar[int]
    DEMANDS_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIBED_MS_FIELD_NUMBER: _ClassVar[int]
    framework: _types_pb2.FrameworkInfo
    state: str
    used: _types_pb2.Resources
    offered: _types_pb2.Resources
    tasks: int
    share_milli: int
    demands: _containers.RepeatedCompositeFieldContainer[_types_pb2.Demand]
    subscribed_ms: int
    def __init__(self, framework: _Optional[_Union[_types_pb2.FrameworkInfo, _Mapping]] = ..., state: _Optional[str] = ..., used: _Optional[_Union[_types_pb2.Resources, _Mapping]] = ..., offered: _Optional[_Union[_types_pb2.Resources, _Mapping]] = ..., tasks: _Optional[int] = ..., share_milli: _Optional[int] = ..., demands: _Optional[_Iterable[_Union[_types_pb2.Demand, _Mapping]]] = ..., subscribed_ms: _Optional[int] = ...) -> None: ...

class ListFrameworksRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListFrameworksResponse(_message.Message):
    __slots__ = ("frameworks",)
    FRAMEWORKS_FIELD_NUMBER: _ClassVar[int]
    frameworks: _containers.RepeatedCompositeFieldContainer[FrameworkView]
    def __init__(self, frameworks: _Optional[_Iterable[_Union[FrameworkView, _Mapping]]] = ...) -> None: ...

class TaskView(_message.Message):
    __slots__ = ("framework_id", "task", "status", "agent_id", "hostname", "node_address", "launched_ms")
    FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    NODE_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    LAUNCHED_MS_FIELD_NUMBER: _ClassVar[int]
    framework_id: str
    task: _types_pb2.TaskInfo
    status: _types_pb2.TaskStatus
    agent_id: str
    hostname: str
    node_address: str
    launched_ms: int
    def __init__(self, framework_id: _Optional[str] = ..., task: _Optional[_Union[_types_pb2.TaskInfo, _Mapping]] = ..., status: _Optional[_Union[_types_pb2.TaskStatus, _Mapping]] = ..., agent_id: _Optional[str] = ..., hostname: _Optional[str] = ..., node_address: _Optional[str] = ..., launched_ms: _Optional[int] = ...) -> None: ...

class ListTasksRequest(_message.Message):
    __slots__ = ("ended", "task_id")
    ENDED_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ended: bool
    task_id: str
    def __init__(self, ended: _Optional[bool] = ..., task_id: _Optional[str] = ...) -> None: ...

class ListTasksResponse(_message.Message):
    __slots__ = ("tasks",)
    TASKS_FIELD_NUMBER: _ClassVar[int]
    tasks: _containers.RepeatedCompositeFieldContainer[TaskView]
    def __init__(self, tasks: _Optional[_Iterable[_Union[TaskView, _Mapping]]] = ...) -> None: ...

class ListOffersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class OfferView(_message.Message):
    __slots__ = ("offer", "made_ms", "expires_ms")
    OFFER_FIELD_NUMBER: _ClassVar[int]
    MADE_MS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_MS_FIELD_NUMBER: _ClassVar[int]
    offer: _types_pb2.Offer
    made_ms: int
    expires_ms: int
    def __init__(self, offer: _Optional[_Union[_types_pb2.Offer, _Mapping]] = ..., made_ms: _Optional[int] = ..., expires_ms: _Optional[int] = ...) -> None: ...

class ListOffersResponse(_message.Message):
    __slots__ = ("offers",)
    OFFERS_FIELD_NUMBER: _ClassVar[int]
    offers: _containers.RepeatedCompositeFieldContainer[OfferView]
    def __init__(self, offers: _Optional[_Iterable[_Union[OfferView, _Mapping]]] = ...) -> None: ...

class ListEndpointsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchEndpointsRequest(_message.Message):
    __slots__ = ("edge",)
    EDGE_FIELD_NUMBER: _ClassVar[int]
    edge: str
    def __init__(self, edge: _Optional[str] = ...) -> None: ...

class ReportServedRequest(_message.Message):
    __slots__ = ("edge", "services", "removed")
    EDGE_FIELD_NUMBER: _ClassVar[int]
    SERVICES_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    edge: str
    services: _containers.RepeatedCompositeFieldContainer[_types_pb2.ServiceServed]
    removed: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, edge: _Optional[str] = ..., services: _Optional[_Iterable[_Union[_types_pb2.ServiceServed, _Mapping]]] = ..., removed: _Optional[_Iterable[str]] = ...) -> None: ...

class ReportServedResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ServiceEndpoints(_message.Message):
    __slots__ = ("service", "endpoints", "served")
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    ENDPOINTS_FIELD_NUMBER: _ClassVar[int]
    SERVED_FIELD_NUMBER: _ClassVar[int]
    service: _types_pb2.Service
    endpoints: _containers.RepeatedCompositeFieldContainer[_types_pb2.Endpoint]
    served: _types_pb2.ServiceServed
    def __init__(self, service: _Optional[_Union[_types_pb2.Service, _Mapping]] = ..., endpoints: _Optional[_Iterable[_Union[_types_pb2.Endpoint, _Mapping]]] = ..., served: _Optional[_Union[_types_pb2.ServiceServed, _Mapping]] = ...) -> None: ...

class EndpointsUpdate(_message.Message):
    __slots__ = ("services", "removed", "snapshot", "settled", "epoch")
    SERVICES_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    SETTLED_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    services: _containers.RepeatedCompositeFieldContainer[ServiceEndpoints]
    removed: _containers.RepeatedScalarFieldContainer[str]
    snapshot: bool
    settled: bool
    epoch: int
    def __init__(self, services: _Optional[_Iterable[_Union[ServiceEndpoints, _Mapping]]] = ..., removed: _Optional[_Iterable[str]] = ..., snapshot: _Optional[bool] = ..., settled: _Optional[bool] = ..., epoch: _Optional[int] = ...) -> None: ...

class HistoryEvent(_message.Message):
    __slots__ = ("sequence", "timestamp_ms", "kind", "subject", "reason")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_MS_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    timestamp_ms: int
    kind: str
    subject: str
    reason: str
    def __init__(self, sequence: _Optional[int] = ..., timestamp_ms: _Optional[int] = ..., kind: _Optional[str] = ..., subject: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ListEventsRequest(_message.Message):
    __slots__ = ("last",)
    LAST_FIELD_NUMBER: _ClassVar[int]
    last: int
    def __init__(self, last: _Optional[int] = ...) -> None: ...

class ListEventsResponse(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[HistoryEvent]
    def __init__(self, events: _Optional[_Iterable[_Union[HistoryEvent, _Mapping]]] = ...) -> None: ...

class WatchEventsRequest(_message.Message):
    __slots__ = ("last",)
    LAST_FIELD_NUMBER: _ClassVar[int]
    last: int
    def __init__(self, last: _Optional[int] = ...) -> None: ...

class ExplainRequest(_message.Message):
    __slots__ = ("subject", "all_agents")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    ALL_AGENTS_FIELD_NUMBER: _ClassVar[int]
    subject: str
    all_agents: bool
    def __init__(self, subject: _Optional[str] = ..., all_agents: _Optional[bool] = ...) -> None: ...

class Verdict(_message.Message):
    __slots__ = ("filter", "passed", "detail")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    filter: str
    passed: bool
    detail: str
    def __init__(self, filter: _Optional[str] = ..., passed: _Optional[bool] = ..., detail: _Optional[str] = ...) -> None: ...

class AgentVerdicts(_message.Message):
    __slots__ = ("agent_id", "hostname", "verdicts")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    hostname: str
    verdicts: _containers.RepeatedCompositeFieldContainer[Verdict]
    def __init__(self, agent_id: _Optional[str] = ..., hostname: _Optional[str] = ..., verdicts: _Optional[_Iterable[_Union[Verdict, _Mapping]]] = ...) -> None: ...

class LimitStanding(_message.Message):
    __slots__ = ("role", "resource", "consumed", "limit", "left", "wanted", "binds")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    CONSUMED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    WANTED_FIELD_NUMBER: _ClassVar[int]
    BINDS_FIELD_NUMBER: _ClassVar[int]
    role: str
    resource: str
    consumed: int
    limit: int
    left: int
    wanted: int
    binds: bool
    def __init__(self, role: _Optional[str] = ..., resource: _Optional[str] = ..., consumed: _Optional[int] = ..., limit: _Optional[int] = ..., left: _Optional[int] = ..., wanted: _Optional[int] = ..., binds: _Optional[bool] = ...) -> None: ...

class HeldBack(_message.Message):
    __slots__ = ("role", "resource", "amount")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    role: str
    resource: str
    amount: int
    def __init__(self, role: _Optional[str] = ..., resource: _Optional[str] = ..., amount: _Optional[int] = ...) -> None: ...

class ShareLevel(_message.Message):
    __slots__ = ("name", "share_milli", "weight_milli", "place", "among", "before")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHARE_MILLI_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_MILLI_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    AMONG_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    name: str
    share_milli: int
    weight_milli: int
    place: int
    among: int
    before: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., share_milli: _Optional[int] = ..., weight_milli: _Optional[int] = ..., place: _Optional[int] = ..., among: _Optional[int] = ..., before: _Optional[_Iterable[str]] = ...) -> None: ...

class AgentState(_message.Message):
    __slots__ = ("state", "agents", "until_ms", "examples")
    STATE_FIELD_NUMBER: _ClassVar[int]
    AGENTS_FIELD_NUMBER: _ClassVar[int]
    UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    state: str
    agents: int
    until_ms: int
    examples: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, state: _Optional[str] = ..., agents: _Optional[int] = ..., until_ms: _Optional[int] = ..., examples: _Optional[_Iterable[str]] = ...) -> None: ...

class Finding(_message.Message):
    __slots__ = ("found", "agents")
    FOUND_FIELD_NUMBER: _ClassVar[int]
    AGENTS_FIELD_NUMBER: _ClassVar[int]
    found: str
    agents: int
    def __init__(self, found: _Optional[str] = ..., agents: _Optional[int] = ...) -> None: ...

class ExplainReason(_message.Message):
    __slots__ = ("filter", "agents", "alone", "findings", "examples")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    AGENTS_FIELD_NUMBER: _ClassVar[int]
    ALONE_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    filter: str
    agents: int
    alone: int
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    examples: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, filter: _Optional[str] = ..., agents: _Optional[int] = ..., alone: _Optional[int] = ..., findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., examples: _Optional[_Iterable[str]] = ...) -> None: ...

class AgentGroup(_message.Message):
    __slots__ = ("failing", "agents", "examples", "verdicts")
    FAILING_FIELD_NUMBER: _ClassVar[int]
    AGENTS_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    failing: _containers.RepeatedScalarFieldContainer[str]
    agents: int
    examples: _containers.RepeatedScalarFieldContainer[str]
    verdicts: _containers.RepeatedCompositeFieldContainer[Verdict]
    def __init__(self, failing: _Optional[_Iterable[str]] = ..., agents: _Optional[int] = ..., examples: _Optional[_Iterable[str]] = ..., verdicts: _Optional[_Iterable[_Union[Verdict, _Mapping]]] = ...) -> None: ...

class LargestPiece(_message.Message):
    __slots__ = ("agent_id", "hostname", "free", "ports", "source", "allowed")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    FREE_FIELD_NUMBER: _ClassVar[int]
    PORTS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    hostname: str
    free: _types_pb2.Resources
    ports: int
    source: str
    allowed: bool
    def __init__(self, agent_id: _Optional[str] = ..., hostname: _Optional[str] = ..., free: _Optional[_Union[_types_pb2.Resources, _Mapping]] = ..., ports: _Optional[int] = ..., source: _Optional[str] = ..., allowed: _Optional[bool] = ...) -> None: ...

class ChangeStep(_message.Message):
    __slots__ = ("kind", "text", "agent_id", "role", "resource", "amount", "until_ms")
    KIND_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    kind: str
    text: str
    agent_id: str
    role: str
    resource: str
    amount: int
    until_ms: int
    def __init__(self, kind: _Optional[str] = ..., text: _Optional[str] = ..., agent_id: _Optional[str] = ..., role: _Optional[str] = ..., resource: _Optional[str] = ..., amount: _Optional[int] = ..., until_ms: _Optional[int] = ...) -> None: ...

class ExplainChange(_message.Message):
    __slots__ = ("text", "steps", "demand")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    DEMAND_FIELD_NUMBER: _ClassVar[int]
    text: str
    steps: _containers.RepeatedCompositeFieldContainer[ChangeStep]
    demand: _types_pb2.Demand
    def __init__(self, text: _Optional[str] = ..., steps: _Optional[_Iterable[_Union[ChangeStep, _Mapping]]] = ..., demand: _Optional[_Union[_types_pb2.Demand, _Mapping]] = ...) -> None: ...

class ExplainResponse(_message.Message):
    __slots__ = ("subject", "kind", "framework_id", "summary", "framework", "agents", "changes", "history", "waiting_since_ms", "limits", "held_back", "shares", "states", "agents_known", "agents_fitting", "impossible", "reasons", "groups", "largest", "change_details")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    FRAMEWORK_FIELD_NUMBER: _ClassVar[int]
    AGENTS_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    WAITING_SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    HELD_BACK_FIELD_NUMBER: _ClassVar[int]
    SHARES_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    AGENTS_KNOWN_FIELD_NUMBER: _ClassVar[int]
    AGENTS_FITTING_FIELD_NUMBER: _ClassVar[int]
    IMPOSSIBLE_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    LARGEST_FIELD_NUMBER: _ClassVar[int]
    CHANGE_DETAILS_FIELD_NUMBER: _ClassVar[int]
    subject: str
    kind: str
    framework_id: str
    summary: str
    framework: _containers.RepeatedCompositeFieldContainer[Verdict]
    agents: _containers.RepeatedCompositeFieldContainer[AgentVerdicts]
    changes: _containers.RepeatedScalarFieldContainer[str]
    history: _containers.RepeatedCompositeFieldContainer[HistoryEvent]
    waiting_since_ms: int
    limits: _containers.RepeatedCompositeFieldContainer[LimitStanding]
    held_back: _containers.RepeatedCompositeFieldContainer[HeldBack]
    shares: _containers.RepeatedCompositeFieldContainer[ShareLevel]
    states: _containers.RepeatedCompositeFieldContainer[AgentState]
    agents_known: int
    agents_fitting: int
    impossible: str
    reasons: _containers.RepeatedCompositeFieldContainer[ExplainReason]
    groups: _containers.RepeatedCompositeFieldContainer[AgentGroup]
    largest: _containers.RepeatedCompositeFieldContainer[LargestPiece]
    change_details: _containers.RepeatedCompositeFieldContainer[ExplainChange]
    def __init__(self, subject: _Optional[str] = ..., kind: _Optional[str] = ..., framework_id: _Optional[str] = ..., summary: _Optional[str] = ..., framework: _Optional[_Iterable[_Union[Verdict, _Mapping]]] = ..., agents: _Optional[_Iterable[_Union[AgentVerdicts, _Mapping]]] = ..., changes: _Optional[_Iterable[str]] = ..., history: _Optional[_Iterable[_Union[HistoryEvent, _Mapping]]] = ..., waiting_since_ms: _Optional[int] = ..., limits: _Optional[_Iterable[_Union[LimitStanding, _Mapping]]] = ..., held_back: _Optional[_Iterable[_Union[HeldBack, _Mapping]]] = ..., shares: _Optional[_Iterable[_Union[ShareLevel, _Mapping]]] = ..., states: _Optional[_Iterable[_Union[AgentState, _Mapping]]] = ..., agents_known: _Optional[int] = ..., agents_fitting: _Optional[int] = ..., impossible: _Optional[str] = ..., reasons: _Optional[_Iterable[_Union[ExplainReason, _Mapping]]] = ..., groups: _Optional[_Iterable[_Union[AgentGroup, _Mapping]]] = ..., largest: _Optional[_Iterable[_Union[LargestPiece, _Mapping]]] = ..., change_details: _Optional[_Iterable[_Union[ExplainChange, _Mapping]]] = ...) -> None: ...

class TeardownFrameworkRequest(_message.Message):
    __slots__ = ("framework_id",)
    FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
    framework_id: str
    def __init__(self, framework_id: _Optional[str] = ...) -> None: ...

class TeardownFrameworkResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RoleView(_message.Message):
    __slots__ = ("config", "consumed", "share_milli", "framework_ids")
    class ConsumedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    CONSUMED_FIELD_NUMBER: _ClassVar[int]
    SHARE_MILLI_FIELD_NUMBER: _ClassVar[int]
    FRAMEWORK_IDS_FIELD_NUMBER: _ClassVar[int]
    config: _types_pb2.RoleConfig
    consumed: _containers.ScalarMap[str, int]
    share_milli: int
    framework_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, config: _Optional[_Union[_types_pb2.RoleConfig, _Mapping]] = ..., consumed: _Optional[_Mapping[str, int]] = ..., share_milli: _Optional[int] = ..., framework_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ListRolesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListRolesResponse(_message.Message):
    __slots__ = ("roles",)
    ROLES_FIELD_NUMBER: _ClassVar[int]
    roles: _containers.RepeatedCompositeFieldContainer[RoleView]
    def __init__(self, roles: _Optional[_Iterable[_Union[RoleView, _Mapping]]] = ...) -> None: ...

class SetRolesRequest(_message.Message):
    __slots__ = ("roles", "force", "part")
    ROLES_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    roles: _containers.RepeatedCompositeFieldContainer[_types_pb2.RoleConfig]
    force: bool
    part: str
    def __init__(self, roles: _Optional[_Iterable[_Union[_types_pb2.RoleConfig, _Mapping]]] = ..., force: _Optional[bool] = ..., part: _Optional[str] = ...) -> None: ...

class SetRolesResponse(_message.Message):
    __slots__ = ("notes",)
    NOTES_FIELD_NUMBER: _ClassVar[int]
    notes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, notes: _Optional[_Iterable[str]] = ...) -> None: ...

class ListReservationsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReservationView(_message.Message):
    __slots__ = ("reservation", "hostname", "used", "offered", "free")
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    OFFERED_FIELD_NUMBER: _ClassVar[int]
    FREE_FIELD_NUMBER: _ClassVar[int]
    reservation: _types_pb2.Reservation
    hostname: str
    used: _types_pb2.Resources
    offered: _types_pb2.Resources
    free: _types_pb2.Resources
    def __init__(self, reservation: _Optional[_Union[_types_pb2.Reservation, _Mapping]] = ..., hostname: _Optional[str] = ..., used: _Optional[_Union[_types_pb2.Resources, _Mapping]] = ..., offered: _Optional[_Union[_types_pb2.Resources, _Mapping]] = ..., free: _Optional[_Union[_types_pb2.Resources, _Mapping]] = ...) -> None: ...

class VolumeView(_message.Message):
    __slots__ = ("volume", "hostname", "state", "task_id")
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    volume: _types_pb2.PersistentVolume
    hostname: str
    state: str
    task_id: str
    def __init__(self, volume: _Optional[_Union[_types_pb2.PersistentVolume, _Mapping]] = ..., hostname: _Optional[str] = ..., state: _Optional[str] = ..., task_id: _Optional[str] = ...) -> None: ...

class ListReservationsResponse(_message.Message):
    __slots__ = ("reservations", "volumes")
    RESERVATIONS_FIELD_NUMBER: _ClassVar[int]
    VOLUMES_FIELD_NUMBER: _ClassVar[int]
    reservations: _containers.RepeatedCompositeFieldContainer[ReservationView]
    volumes: _containers.RepeatedCompositeFieldContainer[VolumeView]
    def __init__(self, reservations: _Optional[_Iterable[_Union[ReservationView, _Mapping]]] = ..., volumes: _Optional[_Iterable[_Union[VolumeView, _Mapping]]] = ...) -> None: ...

class OperateRequest(_message.Message):
    __slots__ = ("agent", "principal", "operation")
    AGENT_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    agent: str
    principal: str
    operation: _types_pb2.Operation
    def __init__(self, agent: _Optional[str] = ..., principal: _Optional[str] = ..., operation: _Optional[_Union[_types_pb2.Operation, _Mapping]] = ...) -> None: ...

class OperateResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MaintainRequest(_message.Message):
    __slots__ = ("agent", "drain", "deactivate", "activate", "mark_gone", "reason")
    class Drain(_message.Message):
        __slots__ = ("start_ms", "grace_ms")
        START_MS_FIELD_NUMBER: _ClassVar[int]
        GRACE_MS_FIELD_NUMBER: _ClassVar[int]
        start_ms: int
        grace_ms: int
        def __init__(self, start_ms: _Optional[int] = ..., grace_ms: _Optional[int] = ...) -> None: ...
    class Deactivate(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Activate(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class MarkGone(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    AGENT_FIELD_NUMBER: _ClassVar[int]
    DRAIN_FIELD_NUMBER: _ClassVar[int]
    DEACTIVATE_FIELD_NUMBER: _ClassVar[int]
    ACTIVATE_FIELD_NUMBER: _ClassVar[int]
    MARK_GONE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    agent: str
    drain: MaintainRequest.Drain
    deactivate: MaintainRequest.Deactivate
    activate: MaintainRequest.Activate
    mark_gone: MaintainRequest.MarkGone
    reason: str
    def __init__(self, agent: _Optional[str] = ..., drain: _Optional[_Union[MaintainRequest.Drain, _Mapping]] = ..., deactivate: _Optional[_Union[MaintainRequest.Deactivate, _Mapping]] = ..., activate: _Optional[_Union[MaintainRequest.Activate, _Mapping]] = ..., mark_gone: _Optional[_Union[MaintainRequest.MarkGone, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class MaintainResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MaintenanceView(_message.Message):
    __slots__ = ("agent_id", "hostname", "state", "start_ms", "deadline_ms", "reason", "tasks", "released")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_MS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    RELEASED_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    hostname: str
    state: str
    start_ms: int
    deadline_ms: int
    reason: str
    tasks: int
    released: int
    def __init__(self, agent_id: _Optional[str] = ..., hostname: _Optional[str] = ..., state: _Optional[str] = ..., start_ms: _Optional[int] = ..., deadline_ms: _Optional[int] = ..., reason: _Optional[str] = ..., tasks: _Optional[int] = ..., released: _Optional[int] = ...) -> None: ...

class ListMaintenanceRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListMaintenanceResponse(_message.Message):
    __slots__ = ("agents",)
    AGENTS_FIELD_NUMBER: _ClassVar[int]
    agents: _containers.RepeatedCompositeFieldContainer[MaintenanceView]
    def __init__(self, agents: _Optional[_Iterable[_Union[MaintenanceView, _Mapping]]] = ...) -> None: ...

class GetRemovalsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetRemovalsResponse(_message.Message):
    __slots__ = ("mode", "since_ms", "reason", "out_of_reach", "removed", "share_milli", "least", "window_ms", "removal_ms", "every_ms", "agents")
    MODE_FIELD_NUMBER: _ClassVar[int]
    SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    OUT_OF_REACH_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    SHARE_MILLI_FIELD_NUMBER: _ClassVar[int]
    LEAST_FIELD_NUMBER: _ClassVar[int]
    WINDOW_MS_FIELD_NUMBER: _ClassVar[int]
    REMOVAL_MS_FIELD_NUMBER: _ClassVar[int]
    EVERY_MS_FIELD_NUMBER: _ClassVar[int]
    AGENTS_FIELD_NUMBER: _ClassVar[int]
    mode: str
    since_ms: int
    reason: str
    out_of_reach: _containers.RepeatedCompositeFieldContainer[OutOfReach]
    removed: _containers.RepeatedCompositeFieldContainer[RemovedView]
    share_milli: int
    least: int
    window_ms: int
    removal_ms: int
    every_ms: int
    agents: int
    def __init__(self, mode: _Optional[str] = ..., since_ms: _Optional[int] = ..., reason: _Optional[str] = ..., out_of_reach: _Optional[_Iterable[_Union[OutOfReach, _Mapping]]] = ..., removed: _Optional[_Iterable[_Union[RemovedView, _Mapping]]] = ..., share_milli: _Optional[int] = ..., least: _Optional[int] = ..., window_ms: _Optional[int] = ..., removal_ms: _Optional[int] = ..., every_ms: _Optional[int] = ..., agents: _Optional[int] = ...) -> None: ...

class OutOfReach(_message.Message):
    __slots__ = ("agent_id", "hostname", "since_ms", "removal_ms", "tasks", "kept", "counted")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    REMOVAL_MS_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    COUNTED_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    hostname: str
    since_ms: int
    removal_ms: int
    tasks: int
    kept: str
    counted: bool
    def __init__(self, agent_id: _Optional[str] = ..., hostname: _Optional[str] = ..., since_ms: _Optional[int] = ..., removal_ms: _Optional[int] = ..., tasks: _Optional[int] = ..., kept: _Optional[str] = ..., counted: _Optional[bool] = ...) -> None: ...

class RemovedView(_message.Message):
    __slots__ = ("agent_id", "hostname", "removed_ms", "reason", "tasks")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    REMOVED_MS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    hostname: str
    removed_ms: int
    reason: str
    tasks: int
    def __init__(self, agent_id: _Optional[str] = ..., hostname: _Optional[str] = ..., removed_ms: _Optional[int] = ..., reason: _Optional[str] = ..., tasks: _Optional[int] = ...) -> None: ...

class SetRemovalsRequest(_message.Message):
    __slots__ = ("hold", "resume", "reason")
    class Hold(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Resume(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    HOLD_FIELD_NUMBER: _ClassVar[int]
    RESUME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    hold: SetRemovalsRequest.Hold
    resume: SetRemovalsRequest.Resume
    reason: str
    def __init__(self, hold: _Optional[_Union[SetRemovalsRequest.Hold, _Mapping]] = ..., resume: _Optional[_Union[SetRemovalsRequest.Resume, _Mapping]] = ..., reason: _Optional[str] = ...) -> None: ...

class SetRemovalsResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RecordRequest(_message.Message):
    __slots__ = ("snapshot_bytes",)
    SNAPSHOT_BYTES_FIELD_NUMBER: _ClassVar[int]
    snapshot_bytes: int
    def __init__(self, snapshot_bytes: _Optional[int] = ...) -> None: ...

class RecordChunk(_message.Message):
    __slots__ = ("header", "lines", "snapshot")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    header: bytes
    lines: bytes
    snapshot: bool
    def __init__(self, header: _Optional[bytes] = ..., lines: _Optional[bytes] = ..., snapshot: _Optional[bool] = ...) -> None: ...
