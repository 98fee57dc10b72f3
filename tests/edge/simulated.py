"""HAProxy as the edge's machine sees it: it answers orders at once."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from barter.agent.edge import machine as edge
from barter.agent.edge.config import CONFIG, Candidate, Settings
from barter.agent.edge.machine import EdgeMachine, Phase
from barter.agent.edge.messages import (
    Action,
    Applied,
    ApplyRuntime,
    Check,
    Checked,
    CountSessions,
    Event,
    ReadSlots,
    Reload,
    Report,
    Running,
    SessionsCounted,
    SlotsRead,
    Start,
    TellServed,
    Told,
)
from barter.agent.edge.model import Address
from barter.agent.edge.plan import apply
from barter.agent.edge.slots import Slots, SlotState
from barter.agent.edge.view import ServiceEndpoints
from barter.core.cluster import Endpoint, Service, ServicePort, ServiceServed
from barter.core.ids import AgentId, FrameworkId
from barter.core.machine import Tick

SETTINGS = Settings(8000, 9090)


def entry(
    service_id: str,
    ports: tuple[int, ...] = (),
    *,
    draining: tuple[int, ...] = (),
    weights: Mapping[int, int] = MappingProxyType({}),
    number: int = 0,
    host: str = "",
) -> ServiceEndpoints:
    port = ServicePort("http", number, "http", (host or f"{service_id}.localhost",))
    endpoints = tuple(
        Endpoint(
            service_id,
            "http",
            f"{service_id}.{at}",
            FrameworkId("f"),
            AgentId("a"),
            "10.0.0.1",
            at,
            draining=at in draining,
            weight=weights.get(at, 100),
        )
        for at in ports
    )
    return ServiceEndpoints(Service(service_id, (port,)), endpoints)


class Simulated:
    """HAProxy as the machine sees it: it answers each order at once, as told by `refuses` and `taken`."""

    def __init__(self) -> None:
        self.machine = EdgeMachine(SETTINGS)
        self.now = 1_000
        self.slots: dict[str, Slots] = {}
        self.config = ""
        self.reloads = 0
        self.checks = 0
        self.reports: list[Report] = []
        self.refuses: Callable[[str], str] = lambda config: ""
        self.taken: dict[Address, str] = {}
        self.broken_socket = ""
        self.looks = 0
        self.unanswered = False
        self.sessions: dict[str, dict[Address, int]] = {}
        self.served: dict[str, ServiceServed] = {}

    def tell(self, *services: ServiceEndpoints, removed: tuple[str, ...] = (), snapshot: bool = False) -> None:
        self.feed(Told(services, removed, snapshot))

    def feed(self, event: Event | Tick) -> None:
        waiting: list[Event | Tick] = [event]
        while waiting:
            for action in self.machine.step(waiting.pop(0), self.now):
                answer = self.answer(action)
                if answer is not None:
                    waiting.append(answer)

    def wait(self, ms: int) -> None:
        """Let time pass, with every Tick that the machine asks for."""
        end = self.now + ms
        while (at := self.machine.next_wakeup()) is not None and at <= end:
            assert self.checks < 1_000, "the machine spins"
            self.now = max(at, self.now)
            self.feed(Tick())
        self.now = end

    def answer(self, action: Action) -> Event | None:
        match action:
            case Report():
                self.reports.append(action)
                return None
            case Check(candidate, probe):
                self.checks += 1
                taken = {address: words for address, words in self.taken.items() if address in probe}
                words = "" if taken else self.refuses(candidate.files[CONFIG])
                return Checked(candidate.structure, words, taken)
            case Start(candidate):
                return self.run(candidate)
            case Reload(candidate):
                self.reloads += 1
                return self.run(candidate)
            case ApplyRuntime(_, commands):
                if self.broken_socket:
                    words, self.broken_socket = self.broken_socket, ""
                    return Applied(words)
                for command in commands:
                    apply(command, self.slots[command.backend])
                return Applied()
            case ReadSlots():
                return SlotsRead({backend: dict(slots) for backend, slots in self.slots.items()})
            case CountSessions(_, backends):
                self.looks += 1
                if self.unanswered:
                    return SessionsCounted({})
                return SessionsCounted({backend: self.sessions.get(backend, {}) for backend in backends})
            case TellServed(services, removed):
                self.served |= {served.service_id: served for served in services}
                for service_id in removed:
                    del self.served[service_id]
                return None

    def run(self, candidate: Candidate) -> Running:
        self.config = candidate.files[CONFIG]
        self.slots = {backend: dict(slots) for backend, slots in candidate.slots.items()}
        return Running(candidate.structure, {backend: dict(slots) for backend, slots in candidate.slots.items()})

    def ports(self, service_id: str, state: SlotState = SlotState.READY) -> list[int]:
        slots = self.slots.get(f"{service_id}::http", {})
        return sorted(slot.address.port for slot in slots.values() if slot.state is state)

    def weights(self, service_id: str) -> dict[int, int]:
        slots = self.slots.get(f"{service_id}::http", {})
        return {slot.address.port: slot.weight for slot in slots.values() if slot.state is SlotState.READY}

    def said(self, words: str) -> int:
        return sum(words in report.message for report in self.reports)


def serving(*services: ServiceEndpoints) -> Simulated:
    world = Simulated()
    world.tell(*services, snapshot=True)
    world.wait(edge.LONGEST_MS)
    assert world.machine.phase is Phase.UP
    return world
