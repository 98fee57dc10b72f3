"""Which tasks wait for their artifacts: a file for each, so that an executor's kill -9 ends none of them.

Its successor fetches anew what has not started, and starts it then. A file goes once its task has started, or its end
is recorded. Nothing is synced to the disk: after a reboot what is found may be out of date, and counts for nothing.
"""

import base64
import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from barter.agent.executor.events import NotStarted, Order, TaskKey
from barter.agent.executor.wire import order_from_wire, order_to_wire
from barter.agent.runtime.proc import boot_id
from barter.core.tasks import Reason
from barter.proto.v1 import executor_pb2 as pb


class Pending:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._boot = boot_id()
        self._waiting: dict[TaskKey, str] = {}
        self._failed: dict[TaskKey, NotStarted] = {}

    def open(self, running: Iterable[TaskKey]) -> list[Order]:
        """What an earlier executor had not started; `running` are the tasks that runtimes know. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known, orders = set(running), list[Order]()
        for entry in sorted(os.scandir(self._folder), key=lambda each: each.name):
            order, failed = self._read(entry.path)
            if order is None or order.key in known:
                os.unlink(entry.path)
                continue
            orders.append(order)
            self._waiting[order.key] = _text(order)
            if failed is not None:
                self._failed[order.key] = failed
        return orders

    def begin(self, order: Order) -> NotStarted | None:
        """How it ended already, under an earlier executor; else it waits from now on. Raises OSError."""
        if (failed := self._failed.get(order.key)) is None:
            text = _text(order)
            self._write(order.key, {"order": text})
            self._waiting[order.key] = text
        return failed

    def failed(self, end: NotStarted) -> None:
        """It will not start, which is to be told even if this executor is killed now."""
        if (text := self._waiting.get(end.key)) is not None:
            with contextlib.suppress(OSError):
                self._write(end.key, {"order": text, "failed": [end.reason, end.message]})

    def over(self, keys: Iterable[TaskKey]) -> None:
        """They have started, or their end is known."""
        for key in keys:
            if self._waiting.pop(key, None) is None:
                continue
            self._failed.pop(key, None)
            with contextlib.suppress(OSError):
                self._path(key).unlink()

    def _path(self, key: TaskKey) -> Path:
        return self._folder / hashlib.sha256("/".join(key).encode()).hexdigest()[:40]

    def _write(self, key: TaskKey, record: dict[str, object]) -> None:
        path = self._path(key)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({"boot": self._boot, **record}))
        fresh.replace(path)

    def _read(self, path: str) -> tuple[Order | None, NotStarted | None]:
        try:
            record = json.loads(Path(path).read_text())
            if record["boot"] != self._boot or path.endswith(".new"):
                return None, None
            order = order_from_wire(pb.ExecutorEvent.LaunchTask.FromString(base64.b64decode(record["order"])))
            if "failed" not in record:
                return order, None
            reason, message = record["failed"]
            return order, NotStarted(order.key, Reason(reason), message)
        except (OSError, ValueError, KeyError, TypeError):
            return None, None


def _text(order: Order) -> str:
    return base64.b64encode(order_to_wire(order).SerializeToString()).decode()
