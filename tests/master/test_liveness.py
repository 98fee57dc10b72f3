"""When an agent counts as unreachable: its own timeout, by what the master had time to hear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.cluster import FrameworkInfo
from barter.core.ids import AgentId, FrameworkId
from barter.core.machine import Tick
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.cluster import Timing
from barter.master.facts import Recovered
from barter.master.liveness import LATE_MS, LOOK_MS, LOOKS_MOST, RAREST_BEAT_MS, heartbeat_ms, timeout_ms
from barter.master.machine import Master
from barter.master.state import Agent
from barter.master.views import agents
from tests.master.world import A1, AGENT, World, agent

TIMEOUT = 4_500


def small() -> World:
    world = World()
    world.cluster.timing = Timing()
    return world


def unreachable(world: World) -> bool:
    return world.cluster.agents[A1].unreachable


def beat(world: World) -> None:
    world.do(ev.AgentHeartbeat(AGENT, A1))


def crowd(world: World, count: int) -> None:
    """So many more agents that the master knows of."""
    for number in range(count):
        info = agent(AgentId(f"b{number}"))
        world.cluster.agents[info.agent_id] = Agent(info)


def test_a_silent_agent_is_unreachable_after_four_beats() -> None:
    world = small()
    world.register()
    world.wait(TIMEOUT - 1)
    assert not unreachable(world)
    world.wait(1)
    assert unreachable(world)
    assert "was not heard of for 4.5 s, 4 of its heartbeats" in world.cluster.history.last(1)[0].reason


def test_a_lost_stream_gives_as_long_to_come_back() -> None:
    world = small()
    world.register()
    world.wait(3_000)
    world.do(ev.AgentDisconnected(AGENT, A1))
    world.wait(TIMEOUT - 1)
    assert not unreachable(world)
    world.wait(1)
    assert unreachable(world)


def test_a_word_between_two_looks_clears_the_suspicion() -> None:
    world = small()
    world.register()
    world.wait(TIMEOUT - LOOK_MS)
    beat(world)
    world.wait(TIMEOUT - 1)
    assert not unreachable(world)


@given(st.integers(TIMEOUT - LOOK_MS, 600_000))
def test_after_a_stall_what_came_meanwhile_is_heard_first(stalled: int) -> None:
    world = small()
    world.register()
    world.now += stalled
    world.master.step(Tick(), world.now)
    assert not unreachable(world)
    world.now += LOOK_MS - 1
    beat(world)
    world.wait(TIMEOUT - 1)
    assert not unreachable(world)
    world.wait(1)
    assert unreachable(world)


@given(st.lists(st.integers(0, 4 * LOOK_MS), min_size=LOOKS_MOST + 2, max_size=LOOKS_MOST + 2))
def test_a_master_that_is_late_again_and_again_looks_again_but_not_for_ever(lates: list[int]) -> None:
    world = small()
    world.register()
    late: list[bool] = []
    while not unreachable(world):
        wakeup = world.master.next_wakeup()
        assert wakeup is not None
        world.now = wakeup + lates[len(late)]
        late.append(world.now - wakeup > LATE_MS)
        world.master.step(Tick(), world.now)
    assert late[1:] == [True] * (len(late) - 2) + [late[-1]]
    assert not late[-1] or len(late) > LOOKS_MOST


def test_many_agents_say_more_rarely_that_they_are_there() -> None:
    world = small()
    world.register()
    assert world.sent(msg.Registered) == [msg.Registered(1_000)]
    crowd(world, 2_999)
    assert timeout_ms(world.cluster, world.cluster.agents[A1]) == 12_000
    beat(world)
    assert world.sent(msg.Registered) == [msg.Registered(3_000)]
    assert timeout_ms(world.cluster, world.cluster.agents[A1]) == 12_000
    beat(world)
    assert world.sent(msg.Registered) == []
    [told] = [each for each in agents(world.cluster) if each.info.agent_id == A1]
    assert (told.heartbeat_ms, told.timeout_ms) == (3_000, 12_000)
    world.wait(11_999)
    assert not unreachable(world)
    world.wait(1)
    assert unreachable(world)


@given(st.integers(0, 40_000), st.integers(1, 30_000))
def test_a_thousand_beats_in_a_second_or_each_ten(count: int, least: int) -> None:
    world = small()
    world.register()
    world.cluster.timing = Timing(heartbeat_ms=least)
    world.cluster.agents |= dict.fromkeys(map(AgentId, map(str, range(count))), world.cluster.agents[A1])
    told = heartbeat_ms(world.cluster)
    assert told >= least
    assert (count + 1) / told <= 1 or told >= RAREST_BEAT_MS
    assert told == least or told <= RAREST_BEAT_MS


@pytest.mark.parametrize(("count", "timeout"), [(1, 4_500), (2_000, 8_000), (8_000, 30_000), (20_000, 30_000)])
def test_how_long_an_agent_of_so_many_may_be_silent(count: int, timeout: int) -> None:
    world = small()
    world.register()
    world.cluster.agents |= dict.fromkeys(map(AgentId, map(str, range(1, count))), world.cluster.agents[A1])
    assert timeout_ms(world.cluster, world.cluster.agents[A1]) == timeout


def test_no_offer_of_an_agent_before_it_is_back() -> None:
    known = FrameworkInfo("f", FrameworkId("abc123-1-0001"))
    world = World(Recovered("abc123", 2, (agent(), agent(AgentId("a2"))), (known,)))
    world.subscribe(framework_id="abc123-1-0001")
    world.wait(10_000)
    assert world.offers() == []
    world.register()
    assert {offer.agent_id for offer in world.offers()} == {A1}


def test_after_a_start_agents_have_longer_to_find_the_master() -> None:
    world = World()
    world.master = Master(Recovered("abc123", 2, (agent(),)), Timing(), world.now)
    world.cluster = world.master.cluster
    world.wait(29_999)
    assert not unreachable(world)
    world.wait(1)
    assert unreachable(world)
    assert "for 30 s, since this master leads" in world.cluster.history.last(1)[0].reason
