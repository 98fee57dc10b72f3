"""A shard of the registry as bytes: many entries in one znode, checked, and compressed where that helps."""

import struct
import zlib
from collections.abc import Mapping
from enum import IntEnum

from barter.master.registry import UnusableRegistry

SHARD_FORMAT = 1
_MAGIC = b"BRG"
_HEAD = struct.Struct(">3sBBII")
"""Magic, format, packing, length and crc32 of what is packed."""
_ENTRY = struct.Struct(">HI")
"""Lengths of name and body, which follow."""
# Of a protobuf message with short strings the first level saves nearly what the sixth does, in half the time.
_LEVEL = 1


class _Packing(IntEnum):
    PLAIN = 0
    ZLIB = 1


def size_of(name: str, body: bytes) -> int:
    """Bytes that an entry takes before compression; names are plain ASCII mostly, so this is close."""
    return _ENTRY.size + len(name) + len(body)


def to_bytes(entries: Mapping[str, bytes]) -> bytes:
    parts: list[bytes] = []
    for name, body in entries.items():
        encoded = name.encode()
        parts += (_ENTRY.pack(len(encoded), len(body)), encoded, body)
    plain = b"".join(parts)
    packed = zlib.compress(plain, _LEVEL)
    packing, kept = (_Packing.ZLIB, packed) if len(packed) < len(plain) else (_Packing.PLAIN, plain)
    return _HEAD.pack(_MAGIC, SHARD_FORMAT, packing, len(plain), zlib.crc32(plain)) + kept


def from_bytes(node: str, data: bytes) -> dict[str, bytes]:
    """Raises UnusableRegistry, which names the node."""
    if len(data) < _HEAD.size or not data.startswith(_MAGIC):
        raise _damaged(node, f"{len(data)} bytes that do not begin as a shard of the registry does")
    _, found, packing, length, crc = _HEAD.unpack_from(data)
    if found > SHARD_FORMAT:
        raise UnusableRegistry(
            f"{node} has shard format {found}, this version knows up to {SHARD_FORMAT}: "
            "start the version of Barter that wrote it, or a newer one"
        )
    if found < SHARD_FORMAT:
        raise _damaged(node, f"shard format {found}, which there never was")
    plain = _unpacked(node, packing, data[_HEAD.size :], length)
    if len(plain) != length:
        raise _damaged(node, f"{len(plain)} bytes of {length} are there")
    if zlib.crc32(plain) != crc:
        raise _damaged(node, "its checksum is another")
    return _entries(node, plain)


def _unpacked(node: str, packing: int, kept: bytes, length: int) -> bytes:
    if packing == _Packing.PLAIN:
        return kept
    if packing != _Packing.ZLIB:
        raise _damaged(node, f"packing {packing} is not known")
    stream = zlib.decompressobj()
    try:
        # No more than promised: damage must not fill the memory.
        plain = stream.decompress(kept, length + 1)
    except zlib.error as error:
        raise _damaged(node, str(error)) from error
    if not stream.eof or stream.unused_data:
        raise _damaged(node, "it ends too early or too late")
    return plain


def _entries(node: str, plain: bytes) -> dict[str, bytes]:
    entries: dict[str, bytes] = {}
    at = 0
    while at < len(plain):
        if at + _ENTRY.size > len(plain):
            raise _damaged(node, "its last entry is cut off")
        name_length, body_length = _ENTRY.unpack_from(plain, at)
        start = at + _ENTRY.size
        at = start + name_length + body_length
        if at > len(plain):
            raise _damaged(node, "its last entry is cut off")
        try:
            name = plain[start : start + name_length].decode()
        except UnicodeDecodeError as error:
            raise _damaged(node, "a name in it is no text") from error
        entries[name] = plain[start + name_length : at]
    return entries


def _damaged(node: str, why: str) -> UnusableRegistry:
    return UnusableRegistry(
        f"{node} is damaged: {why}; nothing was changed: restore a backup under another path (`barter restore`)"
    )
