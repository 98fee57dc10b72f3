"""Server slots: the fixed places of a backend that endpoints move in and out of without a reload."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from barter.agent.edge.model import NO_TARGETS, Address, Targets, read_address
from barter.core.cluster import FULL_WEIGHT

FREE = Address("127.0.0.1", 1)
_SMALLEST_POOL = 8

# HAProxy's SRV_ADMF_* bits (include/haproxy/server-t.h): forced, inherited, resolver, host-name maintenance; drains.
_MAINTENANCE, _DRAIN = 0x01 | 0x02 | 0x20 | 0x40, 0x08 | 0x10


class SlotState(StrEnum):
    """Under the runtime socket's own words; a slot in maintenance is free."""

    READY = "ready"
    DRAIN = "drain"
    MAINT = "maint"


@dataclass(frozen=True, slots=True)
class Slot:
    name: str
    address: Address = FREE
    state: SlotState = SlotState.MAINT
    weight: int = FULL_WEIGHT


Slots = dict[str, Slot]
"""A backend's slots by name."""


def slot_name(number: int) -> str:
    return f"s{number}"


def pool_size(count: int) -> int:
    """The slots to have for `count` endpoints: a power of two with a quarter to spare."""
    return max(_SMALLEST_POOL, 1 << (count + count // 4).bit_length())


def fill(targets: Targets = NO_TARGETS) -> Slots:
    """A fresh pool with every active address in a slot, in order."""
    slots = [
        Slot(slot_name(number), address, SlotState.READY, targets.weight_of(address))
        for number, address in enumerate(sorted(targets.active), 1)
    ]
    slots += [Slot(slot_name(number)) for number in range(len(slots) + 1, pool_size(len(slots)) + 1)]
    return {slot.name: slot for slot in slots}


def parse_servers_state(text: str) -> dict[str, Slots]:
    """Read the answer to `show servers state` (version 1): the slots by backend.

    Raises ValueError when it is something else.
    """
    version, _, rest = text.lstrip().partition("\n")
    header, _, rest = rest.partition("\n")
    columns = header.removeprefix("#").split()
    if version.strip() != "1" or "srv_admin_state" not in columns:
        raise ValueError(f"not an answer to show servers state: {text[:120]!r}")
    backends: dict[str, Slots] = {}
    for line in rest.splitlines():
        if values := line.split():
            row = dict(zip(columns, values, strict=True))
            slot = Slot(row["srv_name"], _address(row), _state(int(row["srv_admin_state"])), int(row["srv_uweight"]))
            backends.setdefault(row["be_name"], {})[slot.name] = slot
    return backends


def _address(row: Mapping[str, str]) -> Address:
    return read_address(row["srv_addr"], int(row["srv_port"]))


def _state(admin: int) -> SlotState:
    if admin & _MAINTENANCE:
        return SlotState.MAINT
    return SlotState.DRAIN if admin & _DRAIN else SlotState.READY
