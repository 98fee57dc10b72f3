"""The machine against a simulated HAProxy that answers its orders."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from barter.agent.edge import machine as edge
from barter.agent.edge.config import CONFIG, Candidate, Settings
from barter.agent.edge.machine import EdgeMachine, Phase
from barter.agent.edge.messages import (
    Action,
    Adopted,
    Applied,
    ApplyRuntime,
    Check,
    Checked,
    CountSessions,
    Died,
    Event,
    Failed,
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
from barter.agent.edge.served import FIRST_LOOK_MS, RAREST_LOOK_MS
from barter.agent.edge.slots import Slots, SlotState
from barter.agent.edge.view import ServiceEndpoints
from barter.core.cluster import Endpoint, Service, ServicePort, ServiceServed
from barter.core.ids import AgentId, FrameworkId, TaskId
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


def test_haproxy_starts_with_the_first_word_and_every_address_in_place() -> None:
    world = Simulated()
    world.feed(Tick())
    assert world.machine.next_wakeup() is None
    world.tell(entry("web", (1, 2, 3)), snapshot=True)
    assert world.config.count("server s") == 8
    assert world.ports("web") == [1, 2, 3]
    assert world.reloads == 0


def test_endpoint_changes_act_at_once_and_never_reload() -> None:
    world = serving(entry("web", (1, 2)))
    checks = world.checks
    world.tell(entry("web", tuple(range(1, 200))))
    assert world.ports("web") == list(range(1, 200))
    world.tell(entry("web", (1, 2), draining=(1,)))
    assert (world.ports("web"), world.ports("web", SlotState.DRAIN)) == ([2], [1])
    world.tell(entry("web", (2,)))
    assert (world.ports("web"), world.ports("web", SlotState.DRAIN)) == ([2], [])
    world.wait(10_000)
    assert (world.reloads, world.checks) == (0, checks)


def test_new_services_are_coalesced_into_one_reload() -> None:
    world = serving(entry("web", (1,)))
    for number in range(5):
        world.tell(entry(f"shop{number}", (10 + number,)))
        world.wait(20)
    assert world.reloads == 0
    world.wait(edge.QUIET_MS)
    assert world.reloads == 1
    assert all(world.ports(f"shop{number}") == [10 + number] for number in range(5))


def test_changes_without_rest_do_not_put_a_reload_off_for_ever() -> None:
    world = serving(entry("web", (1,)))
    for number in range(40):
        world.tell(entry(f"shop{number:02}", (10,)))
        world.wait(20)
    assert 1 <= world.reloads <= 3


def test_a_removed_service_leaves_haproxy() -> None:
    world = serving(entry("web", (1,)), entry("shop", (2,)))
    world.tell(removed=("shop",))
    assert world.ports("shop") == []
    world.wait(edge.QUIET_MS)
    assert "shop" not in world.config
    assert world.reloads == 1


def test_broken_services_are_found_among_many_and_the_rest_is_served() -> None:
    world = Simulated()
    world.refuses = lambda config: "bad keyword" if "shop03::" in config or "shop17::" in config else ""
    world.tell(*(entry(f"shop{number:02}", (number + 1,)) for number in range(32)), snapshot=True)
    assert world.machine.desired.excluded.keys() == {"shop03", "shop17"}
    assert world.said("HAProxy refuses its configuration: bad keyword") == 2
    assert world.ports("shop31") == [32]
    assert world.checks < 32
    world.refuses = lambda config: ""
    world.tell(entry("shop03", (4,), host="other.localhost"))
    world.wait(edge.LONGEST_MS)
    assert world.ports("shop03") == [4]
    assert world.said("served again") == 1
    world.wait(edge.BROKEN_RETRY_MS)
    assert world.machine.desired.excluded == {}


def test_services_sound_alone_that_break_together_leave_the_served_ones_be() -> None:
    world = serving(entry("web", (1,)))
    world.refuses = lambda config: "clash" if "shop::" in config and "web::" in config else ""
    world.tell(entry("shop", (2,)))
    world.wait(edge.LONGEST_MS)
    assert world.machine.desired.excluded.keys() == {"shop"}
    assert (world.ports("web"), world.reloads) == ([1], 0)


def test_a_taken_service_port_excludes_its_service_until_it_is_free() -> None:
    world = serving(entry("web", (1,)))
    world.taken = {Address("127.0.0.1", 10_000): "taken"}
    world.tell(entry("shop", (2,), number=10_000))
    world.wait(3 * edge.TAKEN_RETRY_MS)
    assert world.machine.desired.excluded == {"shop": "taken"}
    assert (world.reloads, world.said("taken")) == (0, 1)
    world.taken = {}
    world.wait(2 * edge.TAKEN_RETRY_MS)
    assert world.ports("shop") == [2]
    assert world.said("served again") == 1


def test_the_edges_own_port_taken_is_told_once_and_tried_on() -> None:
    world = Simulated()
    world.taken = {Address("127.0.0.1", 8000): "cannot listen on 127.0.0.1:8000"}
    world.tell(entry("web", (1,)), snapshot=True)
    world.wait(60_000)
    assert world.machine.phase is Phase.DOWN
    assert world.said("cannot listen") == 1
    world.taken = {}
    world.wait(edge.LONGEST_BACKOFF_MS)
    assert world.ports("web") == [1]


def test_a_failed_reload_keeps_what_is_served_and_is_tried_again() -> None:
    world = serving(entry("web", (1,)))
    orders = world.machine.step(Told((entry("shop", (2,)),)), world.now)
    world.now += edge.QUIET_MS
    orders = world.machine.step(Tick(), world.now)
    checked = next(world.answer(order) for order in orders if isinstance(order, Check))
    assert checked is not None
    orders = world.machine.step(checked, world.now)
    assert [type(order) for order in orders] == [Reload]
    assert world.machine.step(Told((entry("web", (1, 7)),)), world.now) == []
    world.feed(Failed(world.machine.desired.structure, "out of memory"))
    assert world.ports("web") == [1, 7]
    world.wait(edge.BLOCKED_RETRY_MS)
    assert world.ports("shop") == [2]


def test_a_failed_reload_that_names_a_port_excludes_its_service() -> None:
    world = serving(entry("web", (1,)))
    world.machine.step(Told((entry("shop", (2,), number=10_000),)), world.now)
    world.now += edge.QUIET_MS
    check = world.machine.step(Tick(), world.now)[0]
    assert isinstance(check, Check)
    assert Address("127.0.0.1", 10_000) in check.probe
    assert Address("127.0.0.1", 8000) not in check.probe
    world.machine.step(Checked(check.candidate.structure), world.now)
    world.feed(Failed(check.candidate.structure, "Starting frontend port-10000: cannot bind socket"))
    assert world.machine.desired.excluded.keys() == {"shop"}


def test_a_dead_haproxy_is_started_with_what_is_known_then() -> None:
    world = serving(entry("web", (1, 2)))
    world.feed(Died("killed"))
    world.tell(entry("web", (2, 3)))
    world.slots = {}
    world.wait(edge.LONGEST_BACKOFF_MS)
    assert world.ports("web") == [2, 3]
    assert world.machine.reloads == 0


def test_a_dying_haproxy_is_started_ever_more_slowly() -> None:
    world = serving(entry("web", (1,)))
    waits = []
    for _ in range(8):
        world.feed(Died("killed"))
        at = world.machine.next_wakeup()
        assert at is not None
        waits.append(at - world.now)
        world.wait(at - world.now)
        assert world.machine.phase is Phase.UP
    assert waits == [200, 400, 800, 1600, 3200, 5000, 5000, 5000]
    world.wait(edge.STEADY_MS)
    world.feed(Died("killed"))
    assert world.machine.next_wakeup() == world.now + edge.FIRST_BACKOFF_MS


def test_a_refused_runtime_command_is_followed_by_reading_what_is_so() -> None:
    world = serving(entry("web", (1,)))
    world.broken_socket = "no answer"
    world.tell(entry("web", (1, 2)))
    assert world.ports("web") == [1]
    world.wait(edge.RESYNC_MS)
    assert world.ports("web") == [1, 2]
    assert world.said("no answer") == 1


def test_taking_over_goes_on_without_a_check_or_reload() -> None:
    before = serving(entry("web", (1, 2)), entry("shop", (5,), number=10_000))
    live = before.machine.live
    services = (entry("web").service, entry("shop", number=10_000).service)
    world = Simulated()
    world.slots = before.slots
    world.feed(Adopted(live.structure, services, {backend: dict(slots) for backend, slots in before.slots.items()}))
    world.feed(Told((entry("web", (2, 3)),), snapshot=True, settled=False))
    assert world.ports("web") == [1, 2, 3]
    assert world.ports("shop") == [5]
    world.feed(Told(settled=True))
    assert world.ports("web") == [2, 3]
    assert world.checks == world.reloads == 0
    world.wait(edge.LONGEST_MS)
    assert (world.checks, world.reloads) == (1, 1)
    assert "shop" not in world.config


def test_a_service_told_only_by_its_tasks_is_served_as_before_until_its_framework_is_back() -> None:
    world = serving(entry("web", (1, 2)))
    bare = ServiceEndpoints(Service("web"), entry("web", (1,)).endpoints)
    world.feed(Told((bare,), snapshot=True, settled=False))
    world.wait(edge.LONGEST_MS)
    assert world.ports("web") == [1, 2]
    world.feed(Told((entry("web", (1, 2)),), settled=True))
    world.wait(edge.LONGEST_MS)
    assert world.ports("web") == [1, 2]
    assert world.reloads == 0


def test_taking_over_another_shape_reloads() -> None:
    world = Simulated()
    world.feed(Adopted("f" * 16, (entry("web").service,), {}))
    world.wait(edge.LONGEST_MS)
    assert world.reloads == 1


NAMES = st.sampled_from(["web", "shop", "blog"])
PORT_SETS = st.frozensets(st.integers(1, 30), max_size=20).map(lambda ports: tuple(sorted(ports)))
STORY = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), NAMES, PORT_SETS, PORT_SETS),
        st.tuples(st.just("remove"), NAMES, st.just(()), st.just(())),
        st.tuples(st.just("die"), NAMES, st.just(()), st.just(())),
        st.tuples(st.just("break"), NAMES, st.just(()), st.just(())),
        st.tuples(st.just("wait"), NAMES, st.just(()), st.just(())),
    ),
    max_size=12,
)


@given(STORY)
def test_any_story_ends_with_what_was_told_last(story: list[tuple[str, str, tuple[int, ...], tuple[int, ...]]]) -> None:
    world = serving()
    told: dict[str, ServiceEndpoints] = {}
    for what, name, ports, draining in story:
        reloads, defined = world.reloads, name in told and not world.machine.desired.stale
        match what:
            case "tell":
                told[name] = entry(name, ports, draining=draining)
                world.tell(told[name])
                assert world.reloads == reloads or not defined, "an endpoint change never reloads"
            case "remove":
                told.pop(name, None)
                world.tell(removed=(name,))
            case "die":
                world.slots = {}
                world.feed(Died("killed"))
            case "break":
                world.broken_socket = "broken"
            case "wait":
                world.wait(300)
        for slots in world.slots.values():
            used = [slot.address for slot in slots.values() if slot.state is not SlotState.MAINT]
            assert len(used) == len(set(used)), "a slot is never shared"
    world.wait(30_000)
    assert world.slots.keys() == {f"{name}::http" for name in told}
    for name, last in told.items():
        assert world.ports(name) == sorted({e.port for e in last.endpoints if not e.draining})
        drained = tuple(sorted(TaskId(e.task_id) for e in last.endpoints if e.draining))
        serving_ones = tuple(sorted(TaskId(e.task_id) for e in last.endpoints if not e.draining))
        assert world.served[name] == ServiceServed(name, serving_ones, drained)
    assert world.served.keys() == told.keys()
    assert world.machine.next_wakeup() is None


def served_by(world: Simulated, service_id: str = "web") -> tuple[list[str], list[str]]:
    return list(world.served[service_id].serving), list(world.served[service_id].drained)


def test_what_drains_is_told_as_drained_once_two_looks_find_nothing() -> None:
    world = serving(entry("web", (1, 2)))
    assert served_by(world) == (["web.1", "web.2"], [])
    world.sessions = {"web::http": {Address("10.0.0.1", 1): 3, Address("10.0.0.1", 2): 5}}
    world.tell(entry("web", (1, 2), weights={1: 0}))
    assert served_by(world) == (["web.2"], [])
    world.wait(10_000)
    assert served_by(world) == (["web.2"], [])
    assert 10 < world.looks < 40
    world.sessions["web::http"] = {Address("10.0.0.1", 2): 5}
    world.wait(2 * FIRST_LOOK_MS + 2 * RAREST_LOOK_MS)
    assert served_by(world) == (["web.2"], ["web.1"])
    looks = world.looks
    world.wait(60_000)
    assert world.looks == looks
    world.tell(entry("web", (1, 2), weights={1: 30}))
    assert served_by(world) == (["web.1", "web.2"], [])


def test_weights_change_at_once_and_are_rendered_at_the_next_reload() -> None:
    world = serving(entry("web", (1, 2)))
    world.tell(entry("web", (1, 2, 3), weights={1: 7, 3: 256}))
    assert world.weights("web") == {1: 7, 2: 100, 3: 256}
    assert world.reloads == 0
    world.tell(entry("shop", (9,)))
    world.wait(edge.LONGEST_MS)
    assert world.reloads == 1
    assert "10.0.0.1:1 weight 7\n" in world.config
    assert world.weights("web") == {1: 7, 2: 100, 3: 256}
    world.tell(entry("web", (4, 2, 3), weights={3: 1}))
    assert world.weights("web") == {2: 100, 3: 1, 4: 100}


def test_another_master_is_told_all_and_a_dead_haproxy_serves_nothing() -> None:
    world = serving(entry("web", (1,)), entry("shop", (2,)))
    world.served = {}
    world.tell(entry("web", (1,)), entry("shop", (2,)), snapshot=True)
    assert world.served.keys() == {"web", "shop"}
    world.feed(Died("killed"))
    assert world.served == {}
    world.wait(edge.LONGEST_BACKOFF_MS)
    assert served_by(world, "shop") == (["shop.2"], [])


def test_what_cannot_be_counted_is_not_drained() -> None:
    world = serving(entry("web", (1, 2)))
    world.unanswered = True
    world.tell(entry("web", (1, 2), draining=(1,)))
    world.wait(5_000)
    assert served_by(world) == (["web.2"], [])
    world.unanswered = False
    world.wait(2 * RAREST_LOOK_MS + FIRST_LOOK_MS)
    assert served_by(world) == (["web.2"], ["web.1"])
