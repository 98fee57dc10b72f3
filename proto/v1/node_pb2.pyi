from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReadLogRequest(_message.Message):
    __slots__ = ("framework_id", "task_id", "stream", "tail", "follow")
    FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    TAIL_FIELD_NUMBER: _ClassVar[int]
    FOLLOW_FIELD_NUMBER: _ClassVar[int]
    framework_id: str
    task_id: str
    stream: str
    tail: int
    follow: bool
    def __init__(self, framework_id: _Optional[str] = ..., task_id: _Optional[str] = ..., stream: _Optional[str] = ..., tail: _Optional[int] = ..., follow: _Optional[bool] = ...) -> None: ...

class LogChunk(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class UsageRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class UsageReply(_message.Message):
    __slots__ = ("agent_id", "tasks")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    tasks: _containers.RepeatedCompositeFieldContainer[TaskUsage]
    def __init__(self, agent_id: _Optional[str] = ..., tasks: _Optional[_Iterable[_Union[TaskUsage, _Mapping]]] = ...) -> None: ...

class TaskUsage(_message.Message):
    __slots__ = ("framework_id", "task_id", "measured_ms", "cpus", "mem", "cpu_us", "read", "written", "received", "sent")
    FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    MEASURED_MS_FIELD_NUMBER: _ClassVar[int]
    CPUS_FIELD_NUMBER: _ClassVar[int]
    MEM_FIELD_NUMBER: _ClassVar[int]
    CPU_US_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    WRITTEN_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_FIELD_NUMBER: _ClassVar[int]
    SENT_FIELD_NUMBER: _ClassVar[int]
    framework_id: str
    task_id: str
    measured_ms: int
    cpus: int
    mem: int
    cpu_us: int
    read: int
    written: int
    received: int
    sent: int
    def __init__(self, framework_id: _Optional[str] = ..., task_id: _Optional[str] = ..., measured_ms: _Optional[int] = ..., cpus: _Optional[int] = ..., mem: _Optional[int] = ..., cpu_us: _Optional[int] = ..., read: _Optional[int] = ..., written: _Optional[int] = ..., received: _Optional[int] = ..., sent: _Optional[int] = ...) -> None: ...
