"""What the edge tells the master is in place in HAProxy, and what of it has drained."""

from barter.agent.edge import machine as edge
from barter.agent.edge.messages import (
    Died,
)
from barter.agent.edge.model import Address
from barter.agent.edge.served import FIRST_LOOK_MS, RAREST_LOOK_MS
from tests.edge.simulated import Simulated, entry, serving


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
