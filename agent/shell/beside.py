"""Finds what runs of a process task, so that a command can run beside it: read from the notes of the tasks' keeper."""

import os
from dataclasses import dataclass
from pathlib import Path

from barter.agent.executor.events import TaskKey
from barter.agent.executor.wire import order_from_wire
from barter.agent.runtime.environment import process_environment
from barter.agent.runtime.keeper import wire
from barter.agent.runtime.keeper.keeper import NOTES
from barter.agent.runtime.proc import start_time
from barter.agent.runtime.start_message import name_of
from barter.proto.v1 import executor_pb2 as pb

_MARK = b"BARTER_TASK_ID="


@dataclass(frozen=True, slots=True)
class Beside:
    """`pid` is the process whose namespaces to enter; `user` is empty, or uid and gid."""

    pid: int
    cgroups: tuple[str, ...]
    folder: str
    user: tuple[int, ...]
    env: dict[str, str]


def beside(work_dir: Path, key: TaskKey) -> Beside | None:
    """None where no process of the task lives; raises OSError, or ValueError on notes of a later version."""
    intent, pid, started = _noted(work_dir / "executor" / NOTES, name_of(key))
    if not intent or not pid or start_time(pid) != started:
        return None
    order = order_from_wire(pb.ExecutorEvent.LaunchTask.FromString(intent[2]))
    owner = intent[5].decode()
    if not (inner := _inner(pid)):
        return None
    env = _environment(inner) or process_environment(order)
    # Who is looked for by it after a crash is the task itself.
    folder = env.pop("BARTER_SANDBOX", order.sandbox)
    return Beside(
        pid=inner,
        cgroups=tuple(os.fsdecode(each) for each in wire.unpack(intent[6])),
        folder=folder,
        user=tuple(int(part) for part in owner.split(":")) if owner else (),
        env=env,
    )


def _noted(path: Path, name: bytes) -> tuple[wire.Message, int, int]:
    """The task's intent, its pid and start time; of one that is over, nothing."""
    intent, pid, started = wire.Message(), 0, 0
    records, _ = wire.split(path.read_bytes())
    for record in records:
        if len(record) < 2 or record[1] != name:
            continue
        match record[0]:
            case b"intent":
                intent = record
            case b"pid":
                pid, started = int(record[2]), int(record[3])
            case b"over" | b"end":
                intent, pid = [], 0
    return intent, pid, started


def _inner(pid: int) -> int:
    """The task's own process where its first one only wraps it in namespaces; 0 while that is being made."""
    while os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "bwrap":
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            children = file.read().split()
        if not children:
            return 0
        pid = int(children[0])
    return pid


def _environment(pid: int) -> dict[str, str]:
    """What the process was started with; nothing where it wrote over it."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            items = file.read().split(b"\0")
    except OSError:
        return {}
    if not any(item.startswith(_MARK) for item in items):
        return {}
    pairs = (os.fsdecode(item).partition("=") for item in items if b"=" in item)
    return {name: value for name, _, value in pairs}
