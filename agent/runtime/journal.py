"""What an executor must know of its process tasks after kill -9: one line per event in a file of the work folder.

A line goes out before a task starts, so that no process can run that the next executor does not look for. Nothing
is synced to the disk: the lines have to survive the executor, and no process survives the machine.
"""

import base64
import contextlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from barter.agent.executor.events import Ended, Order, TaskKey
from barter.agent.executor.wire import order_from_wire, order_to_wire
from barter.agent.runtime.proc import boot_id
from barter.proto.v1 import executor_pb2 as pb

_COMPACT_AFTER = 20_000


@dataclass(slots=True)
class Entry:
    """`pid` is 0 while it is not known whether the task's process was started."""

    order: Order
    pid: int = 0
    started: int = 0
    cgroups: tuple[str, ...] = ()
    killing: bool = False
    ended: Ended | None = None


class Journal:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._boot = boot_id()
        self._live: dict[TaskKey, Entry] = {}
        self._written = 0
        self._file = -1

    def open(self) -> dict[TaskKey, Entry]:
        """Read what is there, rewrite it without what is over, and return it; of another boot nothing runs."""
        same_boot = True
        lines = self._path.read_text().splitlines() if self._path.exists() else []
        for line in lines:
            # The last line may be cut short by the kill.
            with contextlib.suppress(ValueError, KeyError, IndexError):
                record = json.loads(line)
                if "boot" in record:
                    same_boot = record["boot"] == self._boot
                else:
                    self._apply(record)
        if not same_boot:
            for entry in self._live.values():
                entry.pid = 0
        self._compact()
        return dict(self._live)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        if not self._live:
            self._path.unlink(missing_ok=True)

    def intend(self, orders: Sequence[Order]) -> None:
        for order in orders:
            self._live[order.key] = Entry(order)
        self._write(_order_record(order) for order in orders)

    def started(self, entries: Sequence[tuple[TaskKey, int, int, tuple[str, ...]]]) -> None:
        """Of each: key, pid, start time, cgroups."""
        for key, pid, started, cgroups in entries:
            if (entry := self._live.get(key)) is not None:
                entry.pid, entry.started, entry.cgroups = pid, started, cgroups
        self._write({"pid": [*key, pid, started, list(cgroups)]} for key, pid, started, cgroups in entries)

    def killing(self, key: TaskKey) -> None:
        if (entry := self._live.get(key)) is not None and not entry.killing:
            entry.killing = True
            self._write([{"kill": list(key)}])

    def ended(self, ends: Sequence[Ended]) -> None:
        for end in ends:
            if (entry := self._live.get(end.key)) is not None:
                entry.ended = end
        self._write(_end_record(end) for end in ends)

    def forget(self, keys: Sequence[TaskKey]) -> None:
        for key in keys:
            self._live.pop(key, None)
        self._write({"over": list(key)} for key in keys)
        if self._written > _COMPACT_AFTER + 4 * len(self._live):
            self._compact()

    def _apply(self, record: dict[str, list[object] | str]) -> None:
        if "order" in record:
            wire = pb.ExecutorEvent.LaunchTask.FromString(base64.b64decode(str(record["order"])))
            order = order_from_wire(wire)
            self._live[order.key] = Entry(order)
            return
        kind, values = next((name, value) for name, value in record.items() if isinstance(value, list))
        key = TaskKey(*values[:2])  # type: ignore[arg-type]
        if kind == "over":
            self._live.pop(key, None)
            return
        entry = self._live[key]
        match kind, values[2:]:
            case "pid", [int(pid), int(started), list(cgroups)]:
                entry.pid, entry.started, entry.cgroups = pid, started, tuple(str(folder) for folder in cgroups)
            case "kill", []:
                entry.killing = True
            case "end", [(int() | None) as code, str(signal), bool(memory)]:
                entry.ended = Ended(key, code, signal, memory)

    def _write(self, records: Iterable[dict[str, object]]) -> None:
        lines = [json.dumps(record, separators=(",", ":")) for record in records]
        if lines:
            self._written += len(lines)
            os.write(self._file, ("\n".join(lines) + "\n").encode())

    def _compact(self) -> None:
        records: list[dict[str, object]] = [{"boot": self._boot}]
        for key, entry in self._live.items():
            records.append(_order_record(entry.order))
            if entry.pid:
                records.append({"pid": [*key, entry.pid, entry.started, list(entry.cgroups)]})
            if entry.killing:
                records.append({"kill": list(key)})
            if entry.ended is not None:
                records.append(_end_record(entry.ended))
        beside = self._path.with_suffix(".new")
        beside.write_text("".join(json.dumps(record) + "\n" for record in records))
        beside.replace(self._path)
        if self._file >= 0:
            os.close(self._file)
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        self._written = len(records)


def _order_record(order: Order) -> dict[str, object]:
    return {"order": base64.b64encode(order_to_wire(order).SerializeToString()).decode()}


def _end_record(end: Ended) -> dict[str, object]:
    return {"end": [*end.key, end.exit_code, end.signal, end.out_of_memory]}
