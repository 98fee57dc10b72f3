from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Condemned(_message.Message):
    __slots__ = ("agent_id", "volume_id")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    VOLUME_ID_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    volume_id: str
    def __init__(self, agent_id: _Optional[str] = ..., volume_id: _Optional[str] = ...) -> None: ...

class Maintenance(_message.Message):
    __slots__ = ("agent_id", "mode", "start_ms", "deadline_ms", "reason")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_MS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    mode: str
    start_ms: int
    deadline_ms: int
    reason: str
    def __init__(self, agent_id: _Optional[str] = ..., mode: _Optional[str] = ..., start_ms: _Optional[int] = ..., deadline_ms: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class Gone(_message.Message):
    __slots__ = ("agent_id", "reason")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    reason: str
    def __init__(self, agent_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class Removed(_message.Message):
    __slots__ = ("agent_id", "hostname", "removed_ms", "reason", "tasks", "tasks_unknown", "returned", "more_tasks")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    REMOVED_MS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    TASKS_UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    RETURNED_FIELD_NUMBER: _ClassVar[int]
    MORE_TASKS_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    hostname: str
    removed_ms: int
    reason: str
    tasks: _containers.RepeatedCompositeFieldContainer[RemovedTask]
    tasks_unknown: bool
    returned: bool
    more_tasks: bool
    def __init__(self, agent_id: _Optional[str] = ..., hostname: _Optional[str] = ..., removed_ms: _Optional[int] = ..., reason: _Optional[str] = ..., tasks: _Optional[_Iterable[_Union[RemovedTask, _Mapping]]] = ..., tasks_unknown: _Optional[bool] = ..., returned: _Optional[bool] = ..., more_tasks: _Optional[bool] = ...) -> None: ...

class RemovedTask(_message.Message):
    __slots__ = ("framework_id", "task_id")
    FRAMEWORK_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    framework_id: str
    task_id: str
    def __init__(self, framework_id: _Optional[str] = ..., task_id: _Optional[str] = ...) -> None: ...

class Removals(_message.Message):
    __slots__ = ("mode", "since_ms", "reason", "not_before_ms", "excused")
    MODE_FIELD_NUMBER: _ClassVar[int]
    SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    NOT_BEFORE_MS_FIELD_NUMBER: _ClassVar[int]
    EXCUSED_FIELD_NUMBER: _ClassVar[int]
    mode: str
    since_ms: int
    reason: str
    not_before_ms: int
    excused: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, mode: _Optional[str] = ..., since_ms: _Optional[int] = ..., reason: _Optional[str] = ..., not_before_ms: _Optional[int] = ..., excused: _Optional[_Iterable[str]] = ...) -> None: ...
