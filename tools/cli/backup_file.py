"""A backup as a file: a line of JSON that says what it is, a line for each row, and a checksum of all that."""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from barter.master.registry_rows import Contents, Row

VERSION = 1
REGISTRY, STATE = "registry", "state"


class Damaged(Exception):
    """It is no backup, is not whole, or comes from a newer version."""


@dataclass(frozen=True, slots=True)
class Backup:
    """`of` the registry, or of the state of `framework`, whose rows have the kind STATE and no cluster."""

    of: str
    contents: Contents
    when: str
    framework: str = ""


def to_bytes(backup: Backup) -> bytes:
    contents = backup.contents
    head = {
        "barter": "backup",
        "version": VERSION,
        "of": backup.of,
        "framework": backup.framework,
        "format": contents.format,
        "cluster": contents.cluster_id,
        "epoch": contents.epoch,
        "when": backup.when,
        "rows": len(contents.rows),
    }
    lines = [json.dumps(head)]
    lines += (json.dumps([kind, name, base64.b64encode(body).decode()]) for kind, name, body in contents.rows)
    text = "".join(f"{line}\n" for line in lines).encode()
    return text + json.dumps({"sha256": hashlib.sha256(text).hexdigest()}).encode() + b"\n"


def from_bytes(data: bytes) -> Backup:
    """Raises Damaged, which says why."""
    text, _, last = data.removesuffix(b"\n").rpartition(b"\n")
    text += b"\n"
    head = _head(text)
    if _object(last).get("sha256") != hashlib.sha256(text).hexdigest():
        raise Damaged("its checksum is another: it was cut off or changed")
    try:
        rows = tuple(_row(line) for line in text.splitlines()[1:])
        if len(rows) != head["rows"]:
            raise Damaged(f"{len(rows)} of {head['rows']} rows are there")
        contents = Contents(int(head["format"]), str(head["cluster"]), int(head["epoch"]), rows)
        return Backup(str(head["of"]), contents, str(head["when"]), str(head["framework"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(f"it says what no version of Barter writes: {error}") from None


def _head(text: bytes) -> dict[str, Any]:
    head = _object(text.partition(b"\n")[0])
    if head.get("barter") != "backup":
        raise Damaged("it is no backup of Barter's")
    version = head.get("version")
    if not isinstance(version, int) or version < 1:
        raise Damaged(f"its version {version!r} is none")
    if version > VERSION:
        raise Damaged(f"it has version {version}, this Barter knows up to {VERSION}: use the version that wrote it")
    return head


def _row(line: bytes) -> Row:
    kind, name, body = json.loads(line)
    return Row(str(kind), str(name), base64.b64decode(body, validate=True))


def _object(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
