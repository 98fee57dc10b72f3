"""An update of what the edge serves leaves nothing unserved that an instance of before serves."""

from dataclasses import replace

import pytest

from barter.frameworks.service.app import App, Port
from barter.frameworks.service.draining import UNSURE_MS
from barter.frameworks.service.handover import joint_service
from barter.frameworks.service.routes import service
from barter.sdk import ServicePort, TaskState
from tests.service.simulated import World


def web(name: str, number: int, vhosts: str = "a.localhost", **labels: str) -> App:
    served = {"HAPROXY_GROUP": "external", **({"HAPROXY_0_VHOST": vhosts} if vhosts else {}), **labels}
    return App("/web", cmd="serve", ports=(Port(name=name, service_port=number),), labels=served)


OLD = web("http", 10_000)


@pytest.mark.parametrize(
    ("now", "ports"),
    [
        (OLD, (ServicePort("http", 10_000, "http", ("a.localhost",)),)),
        (web("www", 10_000), (ServicePort("www", 10_000, "http", ("a.localhost",), ("http",)),)),
        (web("http", 10_000, "b.localhost"), (ServicePort("http", 10_000, "http", ("b.localhost", "a.localhost")),)),
        (
            web("http", 10_001),
            (
                ServicePort("http", 10_001, "http", ("a.localhost",)),
                ServicePort("http-was-1", 10_000, "http", (), ("http",)),
            ),
        ),
        (
            web("www", 10_001, "b.localhost,a.localhost"),
            (
                ServicePort("www", 10_001, "http", ("b.localhost", "a.localhost"), ("http",)),
                ServicePort("http", 10_000, "http", (), ("www",)),
            ),
        ),
        (
            web("www", 10_001, "b.localhost"),
            (
                ServicePort("www", 10_001, "http", ("b.localhost",)),
                ServicePort("http", 10_000, "http", ("a.localhost",)),
            ),
        ),
        (
            App("/web", cmd="serve", ports=(Port(name="http"),)),
            (
                ServicePort("http", protocol="tcp"),
                ServicePort("http-was-1", 10_000, "http", ("a.localhost",), ("http",)),
            ),
        ),
    ],
)
def test_what_was_served_is_served_still(now: App, ports: tuple[ServicePort, ...]) -> None:
    assert joint_service(now, [OLD], lambda _: True).ports == ports


def test_of_several_definitions_all_are_served_and_each_claim_once() -> None:
    [first, *others] = joint_service(web("c", 3), [web("b", 2, "b.localhost"), web("a", 1)], lambda _: True).ports
    assert first == ServicePort("c", 3, "http", ("a.localhost",), ("a",))
    assert others == [ServicePort("b", 2, "http", ("b.localhost",)), ServicePort("a", 1, "http", (), ("c",))]


def test_what_another_app_has_by_now_is_left_to_it() -> None:
    now = web("www", 10_001, "b.localhost")
    assert joint_service(now, [OLD], lambda claim: claim != "host name a.localhost").ports[1:] == (
        ServicePort("http", 10_000, "http"),
    )
    assert joint_service(now, [OLD], lambda _: False) == service(now)


def test_in_an_update_both_are_served_until_the_last_of_before_has_ended() -> None:
    world = World()
    world.step()
    world.put(OLD)
    world.settle()
    [old] = world.living()
    new = replace(web("www", 10_000, "b.localhost"), cmd="serve 2")
    world.put(new)
    world.offer()
    both = (ServicePort("www", 10_000, "http", ("b.localhost", "a.localhost"), ("http",)),)
    [told] = world.services
    assert told.ports == both
    world.restart()
    [told] = world.services
    assert told.ports == both
    world.pass_time(UNSURE_MS)
    [coming] = [one for one in world.living() if one is not old]
    world.become(coming, TaskState.RUNNING)
    assert old.asked_to_end
    world.become(old, TaskState.KILLED)
    [told] = world.services
    assert told.ports == service(new).ports


def test_another_app_takes_what_this_one_gives_up_at_once() -> None:
    world = World()
    world.step()
    world.put(OLD)
    world.settle()
    world.put(replace(web("http", 10_000, "b.localhost"), cmd="serve 2"))
    world.put(replace(web("http", 10_005), app_id="/other"))
    [ours, other] = world.services
    assert [port.vhosts for port in ours.ports] == [("b.localhost",)]
    assert [port.vhosts for port in other.ports] == [("a.localhost",)]
