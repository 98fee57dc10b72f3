"""The machine against a simulated HAProxy that answers its orders."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from barter.agent.edge import machine as edge
from barter.agent.edge.machine import Phase
from barter.agent.edge.messages import (
    Adopted,
    Check,
    Checked,
    Died,
    Failed,
    Reload,
    Told,
)
from barter.agent.edge.model import Address
from barter.agent.edge.slots import SlotState
from barter.agent.edge.view import ServiceEndpoints
from barter.core.cluster import Service, ServicePort, ServiceServed
from barter.core.ids import TaskId
from barter.core.machine import Tick
from tests.edge.simulated import Simulated, entry, serving


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


def test_a_port_of_another_name_leaves_no_gap_before_it_is_there() -> None:
    world = serving(entry("web", (1, 2)))
    endpoints = entry("web", (1, 2), draining=(2,)).endpoints
    both = (*endpoints, *(replace(endpoint, port_name="www") for endpoint in endpoints))
    world.tell(ServiceEndpoints(Service("web", (ServicePort("www", vhosts=("web.localhost",)),)), both))
    assert (world.ports("web"), world.ports("web", SlotState.DRAIN), world.reloads) == ([1], [2], 0)
    world.wait(1_000)
    assert world.reloads == 1
    assert set(world.slots) == set(world.machine.desired.targets) == {"web::www"}
    assert [slot.address.port for slot in world.slots["web::www"].values() if slot.state is SlotState.READY] == [1]


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
