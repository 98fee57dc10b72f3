"""Copies a container's output into its sandbox, and can go on where an earlier executor stopped.

The engine stamps each line with its time. A note beside the executor's journal says up to which time how much was
written; what the files hold beyond it was written after the note, so exactly that much is skipped on the way back.
"""

import contextlib
import json
import os
import struct
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from barter.agent.runtime.engine import Engine, Failures
from barter.agent.runtime.keeper.output import LIMIT
from barter.agent.runtime.plain_file import open_to_append
from barter.agent.runtime.spawn import STDERR, STDOUT

_NOTE_EVERY = 1 << 20
_HEADER = struct.Struct(">BxxxI")


@dataclass(slots=True)
class _Sink:
    """One sandbox file. `base` counts the bytes rotated away, `noted` what was written when the note was made."""

    path: Path
    base: int = 0
    noted: int = 0
    descriptor: int = -1
    size: int = 0

    def open(self) -> None:
        self.descriptor = open_to_append(self.path)
        self.size = os.fstat(self.descriptor).st_size

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    @property
    def total(self) -> int:
        return self.base + self.size

    def write(self, data: bytes) -> bool:
        """Append; whether the file was rotated after it."""
        os.write(self.descriptor, data)
        self.size += len(data)
        if self.size <= LIMIT:
            return False
        self.close()
        self.path.replace(f"{self.path}.1")
        self.base += self.size
        self.open()
        return True


class ContainerLog:
    """The copy of one container's output; `copy` may be called again after it failed."""

    def __init__(self, engine: Engine, container_id: str, sandbox: str, notes: Path) -> None:
        self._engine = engine
        self._id = container_id
        self._sinks = {1: _Sink(Path(sandbox) / STDOUT), 2: _Sink(Path(sandbox) / STDERR)}
        self._note = notes / container_id[:20]
        self._upto = ""
        self._since_note = 0
        self._load()

    def copy(self, *, follow: bool) -> bool:
        """Copy what the engine has, with `follow` until the container ends; whether all of it was copied."""
        try:
            for sink in self._sinks.values():
                sink.open()
            skip = {number: max(sink.total - sink.noted, 0) for number, sink in self._sinks.items()}
            self._read(skip, follow=follow)
        except (*Failures, ValueError):
            return False
        finally:
            for sink in self._sinks.values():
                sink.noted = sink.total
                sink.close()
        return True

    def forget(self) -> None:
        self._note.unlink(missing_ok=True)

    def _read(self, skip: dict[int, int], *, follow: bool) -> None:
        client = self._engine.client
        parameters = {"stdout": 1, "stderr": 1, "timestamps": 1, "follow": int(follow)}
        if self._upto:
            parameters["since"] = self._since()
        url = f"{client.base_url}/v{client.api_version}/containers/{self._id}/logs"
        with client.get(url, params=parameters, stream=True, timeout=(10, None if follow else 60)) as answer:
            if answer.status_code == 404:
                return
            answer.raise_for_status()
            after = self._upto
            while header := _exactly(answer.raw, _HEADER.size):
                stream, length = _HEADER.unpack(header)
                stamp, _, data = _exactly(answer.raw, length).partition(b" ")
                when = stamp.decode("ascii", "replace")
                if when <= after:
                    continue
                skipped = min(skip.get(stream, 0), len(data))
                if skipped:
                    skip[stream] -= skipped
                    data = data[skipped:]
                self._write(stream, data, when)

    def _write(self, stream: int, data: bytes, when: str) -> None:
        sink = self._sinks.get(stream)
        if sink is None:
            return
        rotated = bool(data) and sink.write(data)
        self._upto = when
        self._since_note += len(data)
        if rotated or self._since_note >= _NOTE_EVERY:
            self._save()

    def _since(self) -> int:
        """The second of the last line: `since` is the engine's own clock, in whole seconds to be safe."""
        return int(datetime.fromisoformat(self._upto[:19] + "+00:00").timestamp())

    def _load(self) -> None:
        with contextlib.suppress(OSError, ValueError, KeyError):
            note: dict[str, Any] = json.loads(self._note.read_text())
            for number, sink in self._sinks.items():
                sink.base, sink.noted = note["base"][number - 1], note["total"][number - 1]
            self._upto = note["upto"]

    def _save(self) -> None:
        self._since_note = 0
        note = {
            "upto": self._upto,
            "base": [sink.base for sink in self._sinks.values()],
            "total": [sink.total for sink in self._sinks.values()],
        }
        beside = self._note.with_suffix(".new")
        beside.write_text(json.dumps(note))
        beside.replace(self._note)


def _exactly(raw: Any, count: int) -> bytes:
    """`count` bytes, or none at the stream's end."""
    data = bytes(raw.read(count))
    while data and len(data) < count:
        more = raw.read(count - len(data))
        if not more:
            return b""
        data += more
    return data
