"""Identifiers, and the one rule for what an identifier may look like."""

import re
from typing import NewType

AgentId = NewType("AgentId", str)
FrameworkId = NewType("FrameworkId", str)
OfferId = NewType("OfferId", str)
TaskId = NewType("TaskId", str)
DemandId = NewType("DemandId", str)
ReservationId = NewType("ReservationId", str)
VolumeId = NewType("VolumeId", str)
InverseOfferId = NewType("InverseOfferId", str)
ExecutorId = NewType("ExecutorId", str)

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,254}")


def check_id(kind: str, value: str) -> str:
    """Return `value` when it may name a folder, a container and a znode; raise ValueError otherwise."""
    if _PLAIN.fullmatch(value) is None or ".." in value:
        raise ValueError(
            f"{kind} {value[:80]!r} is not usable: 1 to 255 of letters, digits, '.', '_', '-', "
            "starting with a letter or digit, without '..'"
        )
    return value
