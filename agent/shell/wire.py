"""Core values on the wire, each encoded once per batch however often the batch needs it."""

from barter.core.tasks import TaskInfo, TaskStatus
from barter.proto import codec
from barter.proto.v1 import types_pb2 as pb


class Wires:
    """Lives for one batch, whose actions keep the values alive, so that their identity is a key."""

    def __init__(self) -> None:
        self._tasks: dict[int, pb.TaskInfo] = {}
        self._statuses: dict[int, pb.TaskStatus] = {}

    def task(self, value: TaskInfo) -> pb.TaskInfo:
        wire = self._tasks.get(id(value))
        if wire is None:
            wire = self._tasks[id(value)] = codec.task_to_wire(value)
        return wire

    def status(self, value: TaskStatus) -> pb.TaskStatus:
        wire = self._statuses.get(id(value))
        if wire is None:
            wire = self._statuses[id(value)] = codec.status_to_wire(value)
        return wire
