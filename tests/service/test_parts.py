"""The small parts: paths, times, ports, environment, backoff, routes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core import ranges as rng
from barter.core.ids import check_id
from barter.core.tasks import Network
from barter.core.units import MIB
from barter.frameworks.service import ports
from barter.frameworks.service.app import App, Delays, Image, Port, Upgrade
from barter.frameworks.service.backoff import Backoff
from barter.frameworks.service.environment import environment
from barter.frameworks.service.paths import check_path, key_of, task_id_of
from barter.frameworks.service.routes import claims, service
from barter.frameworks.service.timestamps import from_iso, iso
from barter.sdk import ServicePort

FAR_MS = 4_102_444_800_000 * 2


@given(st.integers(0, FAR_MS))
def test_times_are_those_of_the_calendar(ms: int) -> None:
    told = datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{ms % 1000:03}Z"
    assert iso(ms) == told
    assert from_iso(told) == ms


@pytest.mark.parametrize("text", ["", "today", "2015-09-29T15:59:51Z", "2015-09-29T15:59:51.164+02:00"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a version"):
        from_iso(text)


@given(st.lists(st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True), min_size=1, max_size=5))
def test_every_path_gives_usable_names(segments: list[str]) -> None:
    path = "/" + "/".join(f"x{segment}" for segment in segments)
    assert check_path(path) == check_path(path[1:]) == path
    check_id("demand", key_of(path))
    check_id("task", task_id_of(path, 12, 345))


@given(
    st.lists(st.sampled_from([0, 0, 31002, 31005]), max_size=5, unique_by=lambda port: port or object()),
    st.frozensets(st.integers(31000, 31009)),
    st.integers(0, 10**6),
    st.integers(0, 4),
)
def test_ports_are_free_ones_each_taken_once(wanted: list[int], free: frozenset[int], turn: int, most: int) -> None:
    taken = ports.take([Port(host_port=port) for port in wanted], rng.of_numbers(free), turn, most)
    insisted = {port for port in wanted if port}
    any_free = wanted.count(0)
    room = len(free - insisted) // any_free if any_free else most
    assert len(taken) == (min(most, room, 1 if insisted else most) if insisted <= free else 0)
    assert {number for chosen in taken for number in chosen} <= free
    assert len({number for chosen in taken for number in chosen}) == len(taken) * len(wanted)
    assert all(port in (0, number) for chosen in taken for port, number in zip(wanted, chosen, strict=True))


def test_a_port_is_found_by_the_number_it_was_defined_with() -> None:
    on_host = App("/a", cmd="x", ports=(Port(service_port=9000), Port("web", 9100, 0, 9100)))
    env = environment(on_host, 1, "h", (31000, 9100), "t")
    assert (env["PORT_9000"], env["PORT_9100"], env["PORT_WEB"]) == ("31000", "9100", "9100")
    mapped = App("/a", image=Image("x"), network=Network.BRIDGE, ports=(Port("", 0, 8080, 9000),))
    env = environment(mapped, 1, "h", (31000,), "t")
    assert (env["PORT_8080"], "PORT_9000" in env) == ("31000", False)


def test_the_environment_is_the_documented_one() -> None:
    app = App("/prod/web", cmd="x", cpus=500, mem=32 * MIB, ports=(Port("http"), Port("admin-ui")),
              labels={"tier.one": "front", "long": "x" * 600}, env={"HOST": "mine", "A": "b"})  # fmt: skip
    assert environment(app, 1443542391164, "10.0.0.1", (31000, 31005), "prod_web.instance-1-1") == {
        "HOST": "mine",
        "A": "b",
        "MESOS_TASK_ID": "prod_web.instance-1-1",
        "PORT": "31000",
        "PORT0": "31000",
        "PORT1": "31005",
        "PORTS": "31000,31005",
        "PORT_HTTP": "31000",
        "PORT_ADMIN-UI": "31005",
        "PORT_ADMIN_UI": "31005",
        "PORT_31000": "31000",
        "PORT_31005": "31005",
        "MARATHON_APP_ID": "/prod/web",
        "MARATHON_APP_VERSION": "2015-09-29T15:59:51.164Z",
        "MARATHON_APP_RESOURCE_CPUS": "0.5",
        "MARATHON_APP_RESOURCE_MEM": "32",
        "MARATHON_APP_RESOURCE_DISK": "0",
        "MARATHON_APP_RESOURCE_GPUS": "0",
        "MARATHON_APP_LABELS": "TIER_ONE",
        "MARATHON_APP_LABEL_TIER_ONE": "front",
    }


def test_a_bridged_app_finds_its_host_port_under_the_container_port() -> None:
    app = App("/web", image=Image("busybox"), network=Network.BRIDGE, ports=(Port(container_port=8080),))
    env = environment(app, 0, "h", (31000,), "t")
    assert (env["PORT0"], env["PORT_8080"], env["MARATHON_APP_DOCKER_IMAGE"]) == ("31000", "31000", "busybox")
    assert "PORT" not in environment(App("/a", cmd="x", ports=()), 0, "h", (), "t")


def test_waits_grow_up_to_the_longest() -> None:
    backoff, delays, now, waits = Backoff(), Delays(1_000, 2_000_000, 5_000), 0, []
    for _ in range(6):
        backoff.fail(delays, now)
        waits.append(backoff.until - now if backoff.until else 0)
        now = max(backoff.until, now)
    assert waits == [0, 1_000, 2_000, 4_000, 5_000, 5_000]
    backoff.fail(delays, now - 1)
    assert backoff.failures == 6
    backoff.lift()
    assert (backoff.failures, backoff.until) == (6, 0)
    backoff.reset()
    assert (backoff.failures, backoff.until) == (0, 0)


@given(st.integers(0, 1000), st.integers(0, 10**6), st.integers(0, 10**6))
def test_bounds_of_an_upgrade_enclose_the_count(instances: int, least: int, over: int) -> None:
    bounds = Upgrade(least, over)
    assert 0 <= bounds.fewest_ready(instances) <= instances <= bounds.most(instances) <= 2 * instances


def test_only_what_is_opened_is_served() -> None:
    app = App("/prod/web", cmd="x", ports=(Port("http", service_port=10001), Port(), Port("dns", protocol="udp")),
              labels={"HAPROXY_GROUP": "internal,external", "HAPROXY_0_VHOST": "A.localhost, b.localhost",
                      "HAPROXY_1_GROUP": "internal"})  # fmt: skip
    told = service(app)
    assert told.service_id == "prod.web"
    assert told.ports == (
        ServicePort("http", 10001, "http", ("a.localhost", "b.localhost")),
        ServicePort("port1", protocol="tcp"),
        ServicePort("dns", protocol="tcp"),
    )
    assert claims(app) == {
        "host name a.localhost": "/labels/HAPROXY_0_VHOST",
        "host name b.localhost": "/labels/HAPROXY_0_VHOST",
        "service port 10001": "/portDefinitions/0/port",
    }
    assert service(App("/a", cmd="x", ports=(Port(service_port=9),))).ports == (ServicePort("port0", protocol="tcp"),)
