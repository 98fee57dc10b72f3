from barter.proto.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ExecutorStatus(_message.Message):
    __slots__ = ("framework_id", "status", "sequence", "reason")
    FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    framework_id: str
    status: _types_pb2.TaskStatus
    sequence: int
    reason: str
    def __init__(self, framework_id: _Optional[str] = ..., status: _Optional[_Union[_types_pb2.TaskStatus, _Mapping]] = ..., sequence: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class ExecutorCall(_message.Message):
    __slots__ = ("hello", "statuses", "usage", "message")
    class Hello(_message.Message):
        __slots__ = ("pid", "version", "tasks", "statuses", "protocol", "framework_id", "task_id", "token")
        PID_FIELD_NUMBER: _ClassVar[int]
        VERSION_FIELD_NUMBER: _ClassVar[int]
        TASKS_FIELD_NUMBER: _ClassVar[int]
        STATUSES_FIELD_NUMBER: _ClassVar[int]
        PROTOCOL_FIELD_NUMBER: _ClassVar[int]
        FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
        TASK_ID_FIELD_NUMBER: _ClassVar[int]
        TOKEN_FIELD_NUMBER: _ClassVar[int]
        pid: int
        version: str
        tasks: _containers.RepeatedCompositeFieldContainer[ExecutorStatus]
        statuses: _containers.RepeatedCompositeFieldContainer[ExecutorStatus]
        protocol: int
        framework_id: str
        task_id: str
        token: str
        def __init__(self, pid: _Optional[int] = ..., version: _Optional[str] = ..., tasks: _Optional[_Iterable[_Union[ExecutorStatus, _Mapping]]] = ..., statuses: _Optional[_Iterable[_Union[ExecutorStatus, _Mapping]]] = ..., protocol: _Optional[int] = ..., framework_id: _Optional[str] = ..., task_id: _Optional[str] = ..., token: _Optional[str] = ...) -> None: ...
    class Message(_message.Message):
        __slots__ = ("data",)
        DATA_FIELD_NUMBER: _ClassVar[int]
        data: bytes
        def __init__(self, data: _Optional[bytes] = ...) -> None: ...
    class Statuses(_message.Message):
        __slots__ = ("statuses",)
        STATUSES_FIELD_NUMBER: _ClassVar[int]
        statuses: _containers.RepeatedCompositeFieldContainer[ExecutorStatus]
        def __init__(self, statuses: _Optional[_Iterable[_Union[ExecutorStatus, _Mapping]]] = ...) -> None: ...
    class TaskUsage(_message.Message):
        __slots__ = ("framework_id", "task_id", "cpus", "mem", "cpu_us", "read", "written", "received", "sent")
        FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
        TASK_ID_FIELD_NUMBER: _ClassVar[int]
        CPUS_FIELD_NUMBER: _ClassVar[int]
        MEM_FIELD_NUMBER: _ClassVar[int]
        CPU_US_FIELD_NUMBER: _ClassVar[int]
        READ_FIELD_NUMBER: _ClassVar[int]
        WRITTEN_FIELD_NUMBER: _ClassVar[int]
        RECEIVED_FIELD_NUMBER: _ClassVar[int]
        SENT_FIELD_NUMBER: _ClassVar[int]
        framework_id: str
        task_id: str
        cpus: int
        mem: int
        cpu_us: int
        read: int
        written: int
        received: int
        sent: int
        def __init__(self, framework_id: _Optional[str] = ..., task_id: _Optional[str] = ..., cpus: _Optional[int] = ..., mem: _Optional[int] = ..., cpu_us: _Optional[int] = ..., read: _Optional[int] = ..., written: _Optional[int] = ..., received: _Optional[int] = ..., sent: _Optional[int] = ...) -> None: ...
    class Usage(_message.Message):
        __slots__ = ("tasks",)
        TASKS_FIELD_NUMBER: _ClassVar[int]
        tasks: _containers.RepeatedCompositeFieldContainer[ExecutorCall.TaskUsage]
        def __init__(self, tasks: _Optional[_Iterable[_Union[ExecutorCall.TaskUsage, _Mapping]]] = ...) -> None: ...
    HELLO_FIELD_NUMBER: _ClassVar[int]
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    hello: ExecutorCall.Hello
    statuses: ExecutorCall.Statuses
    usage: ExecutorCall.Usage
    message: ExecutorCall.Message
    def __init__(self, hello: _Optional[_Union[ExecutorCall.Hello, _Mapping]] = ..., statuses: _Optional[_Union[ExecutorCall.Statuses, _Mapping]] = ..., usage: _Optional[_Union[ExecutorCall.Usage, _Mapping]] = ..., message: _Optional[_Union[ExecutorCall.Message, _Mapping]] = ...) -> None: ...

class ExecutorEvent(_message.Message):
    __slots__ = ("launch", "kill", "recorded", "stop", "measure", "welcome", "message")
    class LaunchTask(_message.Message):
        __slots__ = ("framework_id", "task", "sandbox", "container_name")
        FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
        TASK_FIELD_NUMBER: _ClassVar[int]
        SANDBOX_FIELD_NUMBER: _ClassVar[int]
        CONTAINER_NAME_FIELD_NUMBER: _ClassVar[int]
        framework_id: str
        task: _types_pb2.TaskInfo
        sandbox: str
        container_name: str
        def __init__(self, framework_id: _Optional[str] = ..., task: _Optional[_Union[_types_pb2.TaskInfo, _Mapping]] = ..., sandbox: _Optional[str] = ..., container_name: _Optional[str] = ...) -> None: ...
    class Launch(_message.Message):
        __slots__ = ("tasks",)
        TASKS_FIELD_NUMBER: _ClassVar[int]
        tasks: _containers.RepeatedCompositeFieldContainer[ExecutorEvent.LaunchTask]
        def __init__(self, tasks: _Optional[_Iterable[_Union[ExecutorEvent.LaunchTask, _Mapping]]] = ...) -> None: ...
    class Kill(_message.Message):
        __slots__ = ("framework_id", "task_id", "grace_ms", "reason")
        FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
        TASK_ID_FIELD_NUMBER: _ClassVar[int]
        GRACE_MS_FIELD_NUMBER: _ClassVar[int]
        REASON_FIELD_NUMBER: _ClassVar[int]
        framework_id: str
        task_id: str
        grace_ms: int
        reason: str
        def __init__(self, framework_id: _Optional[str] = ..., task_id: _Optional[str] = ..., grace_ms: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...
    class Recorded(_message.Message):
        __slots__ = ("sequence",)
        SEQUENCE_FIELD_NUMBER: _ClassVar[int]
        sequence: int
        def __init__(self, sequence: _Optional[int] = ...) -> None: ...
    class Stop(_message.Message):
        __slots__ = ("kill",)
        KILL_FIELD_NUMBER: _ClassVar[int]
        kill: bool
        def __init__(self, kill: _Optional[bool] = ...) -> None: ...
    class Welcome(_message.Message):
        __slots__ = ("protocol", "agent_id", "hostname", "framework_id", "executor_id")
        PROTOCOL_FIELD_NUMBER: _ClassVar[int]
        AGENT_ID_FIELD_NUMBER: _ClassVar[int]
        HOSTNAME_FIELD_NUMBER: _ClassVar[int]
        FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
        EXECUTOR_ID_FIELD_NUMBER: _ClassVar[int]
        protocol: int
        agent_id: str
        hostname: str
        framework_id: str
        executor_id: str
        def __init__(self, protocol: _Optional[int] = ..., agent_id: _Optional[str] = ..., hostname: _Optional[str] = ..., framework_id: _Optional[str] = ..., executor_id: _Optional[str] = ...) -> None: ...
    class Message(_message.Message):
        __slots__ = ("data",)
        DATA_FIELD_NUMBER: _ClassVar[int]
        data: bytes
        def __init__(self, data: _Optional[bytes] = ...) -> None: ...
    class Measure(_message.Message):
        __slots__ = ("every_ms",)
        EVERY_MS_FIELD_NUMBER: _ClassVar[int]
        every_ms: int
        def __init__(self, every_ms: _Optional[int] = ...) -> None: ...
    LAUNCH_FIELD_NUMBER: _ClassVar[int]
    KILL_FIELD_NUMBER: _ClassVar[int]
    RECORDED_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    launch: ExecutorEvent.Launch
    kill: ExecutorEvent.Kill
    recorded: ExecutorEvent.Recorded
    stop: ExecutorEvent.Stop
    measure: ExecutorEvent.Measure
    welcome: ExecutorEvent.Welcome
    message: ExecutorEvent.Message
    def __init__(self, launch: _Optional[_Union[ExecutorEvent.Launch, _Mapping]] = ..., kill: _Optional[_Union[ExecutorEvent.Kill, _Mapping]] = ..., recorded: _Optional[_Union[ExecutorEvent.Recorded, _Mapping]] = ..., stop: _Optional[_Union[ExecutorEvent.Stop, _Mapping]] = ..., measure: _Optional[_Union[ExecutorEvent.Measure, _Mapping]] = ..., welcome: _Optional[_Union[ExecutorEvent.Welcome, _Mapping]] = ..., message: _Optional[_Union[ExecutorEvent.Message, _Mapping]] = ...) -> None: ...
