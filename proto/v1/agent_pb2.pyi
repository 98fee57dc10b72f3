from barter.proto.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AgentTask(_message.Message):
    __slots__ = ("framework_id", "task", "status")
    FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    framework_id: str
    task: _types_pb2.TaskInfo
    status: _types_pb2.TaskStatus
    def __init__(self, framework_id: _Optional[str] = ..., task: _Optional[_Union[_types_pb2.TaskInfo, _Mapping]] = ..., status: _Optional[_Union[_types_pb2.TaskStatus, _Mapping]] = ...) -> None: ...

class FrameworkUpdate(_message.Message):
    __slots__ = ("framework_id", "status")
    FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    framework_id: str
    status: _types_pb2.TaskStatus
    def __init__(self, framework_id: _Optional[str] = ..., status: _Optional[_Union[_types_pb2.TaskStatus, _Mapping]] = ...) -> None: ...

class AgentCall(_message.Message):
    __slots__ = ("register", "updates", "heartbeat", "unregister", "slack", "volumes", "message")
    class Register(_message.Message):
        __slots__ = ("agent", "tasks", "updates", "volumes", "slack")
        AGENT_FIELD_NUMBER: _ClassVar[int]
        TASKS_FIELD_NUMBER: _ClassVar[int]
        UPDATES_FIELD_NUMBER: _ClassVar[int]
        VOLUMES_FIELD_NUMBER: _ClassVar[int]
        SLACK_FIELD_NUMBER: _ClassVar[int]
        agent: _types_pb2.AgentInfo
        tasks: _containers.RepeatedCompositeFieldContainer[AgentTask]
        updates: _containers.RepeatedCompositeFieldContainer[FrameworkUpdate]
        volumes: _containers.RepeatedScalarFieldContainer[str]
        slack: _types_pb2.Resources
        def __init__(self, agent: _Optional[_Union[_types_pb2.AgentInfo, _Mapping]] = ..., tasks: _Optional[_Iterable[_Union[AgentTask, _Mapping]]] = ..., updates: _Optional[_Iterable[_Union[FrameworkUpdate, _Mapping]]] = ..., volumes: _Optional[_Iterable[str]] = ..., slack: _Optional[_Union[_types_pb2.Resources, _Mapping]] = ...) -> None: ...
    class Updates(_message.Message):
        __slots__ = ("updates",)
        UPDATES_FIELD_NUMBER: _ClassVar[int]
        updates: _containers.RepeatedCompositeFieldContainer[FrameworkUpdate]
        def __init__(self, updates: _Optional[_Iterable[_Union[FrameworkUpdate, _Mapping]]] = ...) -> None: ...
    class Heartbeat(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Unregister(_message.Message):
        __slots__ = ("reason",)
        REASON_FIELD_NUMBER: _ClassVar[int]
        reason: str
        def __init__(self, reason: _Optional[str] = ...) -> None: ...
    class Slack(_message.Message):
        __slots__ = ("revocable",)
        REVOCABLE_FIELD_NUMBER: _ClassVar[int]
        revocable: _types_pb2.Resources
        def __init__(self, revocable: _Optional[_Union[_types_pb2.Resources, _Mapping]] = ...) -> None: ...
    class Volumes(_message.Message):
        __slots__ = ("volumes",)
        VOLUMES_FIELD_NUMBER: _ClassVar[int]
        volumes: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, volumes: _Optional[_Iterable[str]] = ...) -> None: ...
    class Message(_message.Message):
        __slots__ = ("framework_id", "executor_id", "data")
        FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
        EXECUTOR_ID_FIELD_NUMBER: _ClassVar[int]
        DATA_FIELD_NUMBER: _ClassVar[int]
        framework_id: str
        executor_id: str
        data: bytes
        def __init__(self, framework_id: _Optional[str] = ..., executor_id: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...
    REGISTER_FIELD_NUMBER: _ClassVar[int]
    UPDATES_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    UNREGISTER_FIELD_NUMBER: _ClassVar[int]
    SLACK_FIELD_NUMBER: _ClassVar[int]
    VOLUMES_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    register: AgentCall.Register
    updates: AgentCall.Updates
    heartbeat: AgentCall.Heartbeat
    unregister: AgentCall.Unregister
    slack: AgentCall.Slack
    volumes: AgentCall.Volumes
    message: AgentCall.Message
    def __init__(self, register: _Optional[_Union[AgentCall.Register, _Mapping]] = ..., updates: _Optional[_Union[AgentCall.Updates, _Mapping]] = ..., heartbeat: _Optional[_Union[AgentCall.Heartbeat, _Mapping]] = ..., unregister: _Optional[_Union[AgentCall.Unregister, _Mapping]] = ..., slack: _Optional[_Union[AgentCall.Slack, _Mapping]] = ..., volumes: _Optional[_Union[AgentCall.Volumes, _Mapping]] = ..., message: _Optional[_Union[AgentCall.Message, _Mapping]] = ...) -> None: ...

class AgentEvent(_message.Message):
    __slots__ = ("epoch", "registered", "run", "kill", "acknowledge", "kill_framework", "heartbeat", "error", "destroy_volume", "shutdown", "message")
    class Registered(_message.Message):
        __slots__ = ("cluster_id", "heartbeat_ms")
        CLUSTER_ID_FIELD_NUMBER: _ClassVar[int]
        HEARTBEAT_MS_FIELD_NUMBER: _ClassVar[int]
        cluster_id: str
        heartbeat_ms: int
        def __init__(self, cluster_id: _Optional[str] = ..., heartbeat_ms: _Optional[int] = ...) -> None: ...
    class Run(_message.Message):
        __slots__ = ("framework_id", "tasks")
        FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
        TASKS_FIELD_NUMBER: _ClassVar[int]
        framework_id: str
        tasks: _containers.RepeatedCompositeFieldContainer[_types_pb2.TaskInfo]
        def __init__(self, framework_id: _Optional[str] = ..., tasks: _Optional[_Iterable[_Union[_types_pb2.TaskInfo, _Mapping]]] = ...) -> None: ...
    class Kill(_message.Message):
        __slots__ = ("framework_id", "task_id", "grace_ms", "reason", "cause")
        FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
        TASK_ID_FIELD_NUMBER: _ClassVar[int]
        GRACE_MS_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        CAUSE_FIELD_NUMBER: _ClassVar[int]
        framework_id: str
        task_id: str
        grace_ms: int
        reason: str
        cause: str
        def __init__(self, framework_id: _Optional[str] = ..., task_id: _Optional[str] = ..., grace_ms: _Optional[int] = ..., reason: _Optional[str] = ..., cause: _Optional[str] = ...) -> None: ...
    class Acknowledge(_message.Message):
        __slots__ = ("acks",)
        ACKS_FIELD_NUMBER: _ClassVar[int]
        acks: _containers.RepeatedCompositeFieldContainer[_types_pb2.Ack]
        def __init__(self, acks: _Optional[_Iterable[_Union[_types_pb2.Ack, _Mapping]]] = ...) -> None: ...
    class KillFramework(_message.Message):
        __slots__ = ("framework_id", "reason")
        FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        framework_id: str
        reason: str
        def __init__(self, framework_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...
    class Heartbeat(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Message(_message.Message):
        __slots__ = ("framework_id", "executor_id", "data")
        FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
        EXECUTOR_ID_FIELD_NUMBER: _ClassVar[int]
        DATA_FIELD_NUMBER: _ClassVar[int]
        framework_id: str
        executor_id: str
        data: bytes
        def __init__(self, framework_id: _Optional[str] = ..., executor_id: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...
    class DestroyVolume(_message.Message):
        __slots__ = ("volume_id",)
        VOLUME_ID_FIELD_NUMBER: _ClassVar[int]
        volume_id: str
        def __init__(self, volume_id: _Optional[str] = ...) -> None: ...
    class Shutdown(_message.Message):
        __slots__ = ("reason",)
        REASON_FIELD_NUMBER: _ClassVar[int]
        reason: str
        def __init__(self, reason: _Optional[str] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message", "fatal")
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        FATAL_FIELD_NUMBER: _ClassVar[int]
        message: str
        fatal: bool
        def __init__(self, message: _Optional[str] = ..., fatal: _Optional[bool] = ...) -> None: ...
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    REGISTERED_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    KILL_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGE_FIELD_NUMBER: _ClassVar[int]
    KILL_FRAMEWORK_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    DESTROY_VOLUME_FIELD_NUMBER: _ClassVar[int]
    SHUTDOWN_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    registered: AgentEvent.Registered
    run: AgentEvent.Run
    kill: AgentEvent.Kill
    acknowledge: AgentEvent.Acknowledge
    kill_framework: AgentEvent.KillFramework
    heartbeat: AgentEvent.Heartbeat
    error: AgentEvent.Error
    destroy_volume: AgentEvent.DestroyVolume
    shutdown: AgentEvent.Shutdown
    message: AgentEvent.Message
    def __init__(self, epoch: _Optional[int] = ..., registered: _Optional[_Union[AgentEvent.Registered, _Mapping]] = ..., run: _Optional[_Union[AgentEvent.Run, _Mapping]] = ..., kill: _Optional[_Union[AgentEvent.Kill, _Mapping]] = ..., acknowledge: _Optional[_Union[AgentEvent.Acknowledge, _Mapping]] = ..., kill_framework: _Optional[_Union[AgentEvent.KillFramework, _Mapping]] = ..., heartbeat: _Optional[_Union[AgentEvent.Heartbeat, _Mapping]] = ..., error: _Optional[_Union[AgentEvent.Error, _Mapping]] = ..., destroy_volume: _Optional[_Union[AgentEvent.DestroyVolume, _Mapping]] = ..., shutdown: _Optional[_Union[AgentEvent.Shutdown, _Mapping]] = ..., message: _Optional[_Union[AgentEvent.Message, _Mapping]] = ...) -> None: ...
