"""From the slots as HAProxy has them to the targets as they should be: runtime-socket commands, never a reload."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from barter.agent.edge.model import Address, Targets
from barter.agent.edge.slots import FREE, Slot, Slots, SlotState, pool_size, slot_name
from barter.core.cluster import FULL_WEIGHT


@dataclass(frozen=True, slots=True)
class SetAddress:
    backend: str
    slot: str
    address: Address
    reason: str

    def line(self) -> str:
        return f"set server {self.backend}/{self.slot} addr {self.address.host} port {self.address.port}"


@dataclass(frozen=True, slots=True)
class SetState:
    backend: str
    slot: str
    state: SlotState
    reason: str

    def line(self) -> str:
        return f"set server {self.backend}/{self.slot} state {self.state}"


@dataclass(frozen=True, slots=True)
class SetWeight:
    backend: str
    slot: str
    weight: int
    reason: str

    def line(self) -> str:
        return f"set server {self.backend}/{self.slot} weight {self.weight}"


@dataclass(frozen=True, slots=True)
class AddSlot:
    """A dynamic server: it starts in maintenance and lasts until the next reload renders the pool anew."""

    backend: str
    slot: str
    address: Address
    reason: str

    def line(self) -> str:
        return f"add server {self.backend}/{self.slot} {self.address} weight {FULL_WEIGHT}"


Command = SetAddress | SetState | SetWeight | AddSlot


def plan(backend: str, targets: Targets, slots: Slots) -> list[Command]:
    """What brings `slots` to `targets`, new servers before old ones go. A slot has one address, an address one slot."""
    homes = _homes(slots)
    commands: list[Command] = []
    for address in sorted(targets.active & homes.keys()):
        commands += _weigh(backend, homes[address], targets)
        if homes[address].state is not SlotState.READY:
            commands.append(SetState(backend, homes[address].name, SlotState.READY, f"{address} takes requests again"))
    commands += _move_in(backend, sorted(targets.active - homes.keys()), slots, targets)
    for slot in slots.values():
        if slot.state is SlotState.MAINT or (slot.address in targets.active and homes[slot.address] == slot):
            continue
        if slot.address in targets.draining and homes[slot.address] == slot:
            if slot.state is SlotState.READY:
                commands.append(SetState(backend, slot.name, SlotState.DRAIN, f"{slot.address} is draining"))
        else:
            commands.append(SetState(backend, slot.name, SlotState.MAINT, f"{slot.address} is gone"))
    return commands


def apply(command: Command, slots: Slots) -> None:
    """What HAProxy does on `command`."""
    match command:
        case AddSlot(slot=name, address=address):
            slots[name] = Slot(name, address)
        case SetAddress(slot=name, address=address):
            slots[name] = replace(slots[name], address=address)
        case SetState(slot=name, state=state):
            slots[name] = replace(slots[name], state=state)
        case SetWeight(slot=name, weight=weight):
            slots[name] = replace(slots[name], weight=weight)


def _homes(slots: Slots) -> dict[Address, Slot]:
    """The slot that keeps each address in use: the first one."""
    homes: dict[Address, Slot] = {}
    for slot in slots.values():
        if slot.state is not SlotState.MAINT:
            homes.setdefault(slot.address, slot)
    return homes


def _weigh(backend: str, slot: Slot, targets: Targets, address: Address | None = None) -> Iterator[Command]:
    """Give the slot the weight of the address that it has, or is to have."""
    weight = targets.weight_of(address or slot.address)
    if slot.weight != weight:
        yield SetWeight(backend, slot.name, weight, f"{address or slot.address} has weight {weight}")


def _move_in(backend: str, addresses: list[Address], slots: Slots, targets: Targets) -> Iterator[Command]:
    if not addresses:
        return
    free = [slot for slot in slots.values() if slot.state is SlotState.MAINT]
    for address, slot in zip(addresses, free, strict=False):
        if slot.address != address:
            yield SetAddress(backend, slot.name, address, f"{address} is new")
        yield from _weigh(backend, slot, targets, address)
        yield SetState(backend, slot.name, SlotState.READY, f"{address} is new")
    waiting = addresses[len(free) :]
    if not waiting:
        return
    last = max((int(name[1:]) for name in slots), default=0)
    used = len(slots) - len(free) + len(addresses)
    spare = [FREE] * max(pool_size(used) - len(slots) - len(waiting), 0)
    for number, address in enumerate([*waiting, *spare], last + 1):
        reason = f"all {len(slots)} slots are in use" if address == FREE else f"{address} is new, no slot was free"
        yield AddSlot(backend, slot_name(number), address, reason)
        if address != FREE:
            yield from _weigh(backend, Slot(slot_name(number)), targets, address)
            yield SetState(backend, slot_name(number), SlotState.READY, f"{address} is new")
