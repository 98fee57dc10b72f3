"""What an executor of before the keeper left: its process tasks are handed to the keeper, once.

Those executors were the parents of their tasks and kept a journal of JSON lines. Needed as long as an agent may be
upgraded from one of them: to be removed with version 0.2.
"""

import base64
import contextlib
import json
import os
import signal
from pathlib import Path

from barter.agent.executor.wire import order_from_wire
from barter.agent.runtime.keeper.keeper import NOTES, PID
from barter.agent.runtime.keeper.notes import End, Notes, Task
from barter.agent.runtime.proc import boot_id, start_time
from barter.agent.runtime.start_message import name_of, tag_of
from barter.agent.runtime.watch import gone
from barter.proto.v1 import executor_pb2 as pb
from barter.shell.log import logger

JOURNAL = "processes"
AGAIN_S = 5.0
_log = logger("executor")


def waits(folder: Path) -> bool:
    """Whether there are tasks yet to be taken over."""
    return (folder / JOURNAL).exists()


async def begin(folder: Path) -> list[Task]:
    """Take over; the tasks for which that is to be tried again, as on a full disk. Raises OSError if it cannot read."""
    try:
        await take_over(folder)
    except OSError as error:
        _log.warning("tasks of an executor without keeper are not taken over yet, trying again", why=str(error))
        return list(_read(folder / JOURNAL).values())
    return []


async def take_over(folder: Path) -> None:
    """Add the journal's tasks to the keeper's notes and remove it; raises OSError. A keeper that lives is replaced.

    The next keeper finds their processes by pid and start time, or by their sandbox, and tells how the others ended
    where the journal does, else with an unknown code.
    """
    journal = folder / JOURNAL
    if not journal.exists():
        return
    tasks = _read(journal)
    fresh = journal.with_suffix(".new")
    if tasks:
        # A keeper that lives is not ended in vain.
        try:
            fresh.write_bytes(bytes(journal.stat().st_size))
        finally:
            fresh.unlink(missing_ok=True)
        await _end_keeper(folder)
        # Whoever is killed here does it again: what the notes know already is not added twice.
        notes = Notes(str(folder / NOTES), boot_id())
        notes.tasks = {**tasks, **notes.tasks}
        try:
            notes.compact()
        finally:
            notes.close()
        _log.info("tasks of an executor without keeper are taken over", tasks=len(tasks))
    journal.unlink()
    fresh.unlink(missing_ok=True)


def _read(journal: Path) -> dict[bytes, Task]:
    """All tasks that are not over; of another boot nothing runs."""
    boot: object = ""
    tasks: dict[bytes, Task] = {}
    for line in journal.read_text().splitlines():
        # The last line may be cut short by a kill.
        with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError):
            record = json.loads(line)
            boot = record.get("boot", boot)
            _apply(tasks, record)
    if boot != boot_id():
        for task in tasks.values():
            task.pid = task.started = 0
    return tasks


def _apply(tasks: dict[bytes, Task], record: dict[str, str | list[object]]) -> None:
    for kind, value in record.items():
        if kind == "order":
            wire = base64.b64decode(str(value))
            order = order_from_wire(pb.ExecutorEvent.LaunchTask.FromString(wire))
            name = name_of(order.key)
            tasks[name] = Task(name, wire, tag_of(name), order.sandbox, "", ())
        elif isinstance(value, list):
            name = f"{value[0]}/{value[1]}".encode()
            match kind, value[2:]:
                case "over", []:
                    tasks.pop(name, None)
                case "pid", [int(pid), int(started), list(cgroups)]:
                    tasks[name].pid, tasks[name].started = pid, started
                    tasks[name].cgroups = tuple(str(folder) for folder in cgroups)
                case "kill", []:
                    tasks[name].killing = True
                case "end", [(int() | None) as code, str(sign), bool(memory)]:
                    # After a signal the journal has 128 more than its number.
                    ended = 128 - code if sign and code is not None else code
                    tasks[name].end = End(ended, 0, out_of_memory=memory)


async def _end_keeper(folder: Path) -> None:
    """One that lives, as when an agent went back to the former version for a time, would not read the notes again."""
    try:
        pid, started = (int(part) for part in (folder / PID).read_text().split())
    except (OSError, ValueError):
        return
    if started and start_time(pid) == started:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
        await gone(pid)
