"""How a znode holds a value: one line that says what follows and its checksum, then the bytes.

barter 1 plain 5d41402a
barter 1 packed ...        by zlib, where that is smaller
barter 1 parts ...         JSON: the names of the znodes that hold it together, and whether it is packed
barter 1 part ...          one of those
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from barter.sdk.store import StoreRefused

FORMAT = 1
KEY, PART = "key-", "part-"
_LEAST_PACKED = 256


@dataclass(frozen=True, slots=True)
class Parted:
    """A value in several znodes: their names in order."""

    names: tuple[str, ...]
    packed: bool


def node_of(key: str) -> str:
    """The name of a key's znode; raises ValueError on a key that has no UTF-8."""
    return KEY + quote(key, safe="")


def key_of(node: str) -> str:
    return unquote(node.removeprefix(KEY))


def part_name(generation: int, number: int) -> str:
    return f"{PART}{generation}-{number}"


def pack(value: bytes) -> tuple[bytes, bool]:
    """The shorter of the value and the same compressed, and whether it is that."""
    if len(value) < _LEAST_PACKED:
        return value, False
    packed = zlib.compress(value, 1)
    return (packed, True) if len(packed) < len(value) else (value, False)


def inline(stored: bytes, *, packed: bool) -> bytes:
    """A znode that holds a whole value."""
    return sealed("packed" if packed else "plain", stored)


def parted(value: Parted) -> bytes:
    return sealed("parts", json.dumps({"names": value.names, "packed": value.packed}).encode())


def part(stored: bytes) -> bytes:
    return sealed("part", stored)


def sealed(kind: str, body: bytes) -> bytes:
    return b"barter %d %s %08x\n%s" % (FORMAT, kind.encode(), zlib.crc32(body), body)


def opened(path: str, data: bytes) -> tuple[str, bytes]:
    """The kind and the body; raises StoreRefused naming `path`."""
    line, newline, body = data.partition(b"\n")
    words = line.split(b" ")
    if words[0] == b"barter" and len(words) > 1 and words[1].isdigit() and int(words[1]) > FORMAT:
        raise StoreRefused(path, f"it has format {int(words[1])}, and this version reads up to {FORMAT}")
    if not newline or len(words) != 4 or words[:2] != [b"barter", b"%d" % FORMAT]:
        raise StoreRefused(path, f"it is no value of this store: it begins with {data[:20]!r}")
    if words[3] != b"%08x" % zlib.crc32(body):
        raise StoreRefused(path, "it is damaged: its checksum is another")
    return words[2].decode(errors="replace"), body


def names_in(path: str, kind: str, body: bytes) -> Parted | None:
    """Where a value is that is not in its own znode. Raises StoreRefused."""
    if kind != "parts":
        return None
    try:
        said = json.loads(body)
        return Parted(tuple(map(str, said["names"])), bool(said["packed"]))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreRefused(path, f"it does not say where its parts are: {error!r}") from None


def together(path: str, names: tuple[str, ...], nodes: Mapping[str, bytes]) -> bytes:
    """What the parts hold together; raises StoreRefused naming `path` or the part."""
    bodies: list[bytes] = []
    for name in names:
        if name not in nodes:
            raise StoreRefused(path, f"it is incomplete: {name} beside it is missing")
        kind, body = opened(f"{path.rpartition('/')[0]}/{name}", nodes[name])
        if kind != "part":
            raise StoreRefused(path, f"it has {name} for a part, which is {kind}")
        bodies.append(body)
    return b"".join(bodies)


def unpacked(path: str, stored: bytes, *, packed: bool) -> bytes:
    try:
        return zlib.decompress(stored) if packed else stored
    except zlib.error as error:
        raise StoreRefused(path, f"it is damaged: {error}") from None
