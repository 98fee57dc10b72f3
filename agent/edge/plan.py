"""From the slots as HAProxy has them to the targets as they should be: runtime-socket commands, never a reload."""

from collections.abc import Iterator
from dataclasses import dataclass

from barter.agent.edge.model import Address, Targets
from barter.agent.edge.slots import FREE, Slot, Slots, SlotState, pool_size, slot_name


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
class AddSlot:
    """A dynamic server: it starts in maintenance and lasts until the next reload renders the pool anew."""

    backend: str
    slot: str
    address: Address
    reason: str

    def line(self) -> str:
        return f"add server {self.backend}/{self.slot} {self.address}"


Command = SetAddress | SetState | AddSlot


def plan(backend: str, targets: Targets, slots: Slots) -> list[Command]:
    """What brings `slots` to `targets`, new servers before old ones go. A slot has one address, an address one slot."""
    homes = _homes(slots)
    commands: list[Command] = []
    for address in sorted(targets.active & homes.keys()):
        if homes[address].state is not SlotState.READY:
            commands.append(SetState(backend, homes[address].name, SlotState.READY, f"{address} takes requests again"))
    commands += _move_in(backend, sorted(targets.active - homes.keys()), slots)
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
            slots[name] = Slot(name, address, slots[name].state)
        case SetState(slot=name, state=state):
            slots[name] = Slot(name, slots[name].address, state)


def _homes(slots: Slots) -> dict[Address, Slot]:
    """The slot that keeps each address in use: the first one."""
    homes: dict[Address, Slot] = {}
    for slot in slots.values():
        if slot.state is not SlotState.MAINT:
            homes.setdefault(slot.address, slot)
    return homes


def _move_in(backend: str, addresses: list[Address], slots: Slots) -> Iterator[Command]:
    if not addresses:
        return
    free = [slot for slot in slots.values() if slot.state is SlotState.MAINT]
    for address, slot in zip(addresses, free, strict=False):
        if slot.address != address:
            yield SetAddress(backend, slot.name, address, f"{address} is new")
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
            yield SetState(backend, slot_name(number), SlotState.READY, f"{address} is new")
