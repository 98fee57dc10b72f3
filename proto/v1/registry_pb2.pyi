from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

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
