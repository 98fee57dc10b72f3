"""How the keeper talks and takes notes: lists of byte strings, each with its length. Stays the same over versions.

A reader ignores what it does not know: a kind of message, and further strings at the end of one.

    executor: start NAME ORDER TAG SANDBOX PROGRAM ARGV ENV CGROUPS ENTER LEAVE USER RLIMITS NICE OWNER WRAPPED
              check ID SANDBOX PROGRAM ARGV ENV USER ENTER LEAVE · drop ID
              signal NAME NUMBER WHOLE · forget NAME ... · leave
    keeper:   keeper VERSION PID, then of each task held, then ready
              held NAME ORDER KILLING CGROUPS WRAPPED · started NAME PID · refused NAME ERRNO STEP
              ended NAME CODE MS OOM DISK_FULL · checked ID CODE
"""

import struct
from collections.abc import Iterable

VERSION = b"1"
_LENGTH = struct.Struct("<I")
Message = list[bytes]


def pack(parts: Iterable[bytes]) -> bytes:
    """One message, or a list within one."""
    body = b"".join([item for part in parts for item in (_LENGTH.pack(len(part)), part)])
    return _LENGTH.pack(len(body)) + body


def number(value: int) -> bytes:
    return b"%d" % value


def unpack(data: bytes) -> Message:
    """Of one `pack`; raises ValueError on anything else."""
    messages, used = split(data)
    if len(messages) != 1 or used != len(data):
        raise ValueError("not one whole list")
    return messages[0]


def split(data: bytes | bytearray) -> tuple[list[Message], int]:
    """The whole messages at the beginning, and how many bytes they take; raises ValueError on what is none."""
    messages: list[Message] = []
    start = 0
    while start + 4 <= len(data):
        (length,) = _LENGTH.unpack_from(data, start)
        if start + 4 + length > len(data):
            break
        messages.append(_parts(data, start + 4, start + 4 + length))
        start += 4 + length
    return messages, start


def _parts(data: bytes | bytearray, at: int, end: int) -> Message:
    parts: Message = []
    while at < end:
        if at + 4 > end:
            raise ValueError("a string's length is cut short")
        (length,) = _LENGTH.unpack_from(data, at)
        at += 4 + length
        if at > end:
            raise ValueError("a string is longer than its list")
        parts.append(bytes(data[at - length : at]))
    return parts
