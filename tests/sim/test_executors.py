"""The executors of one machine, whatever dies while they come up."""

import pytest

from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.config import Timing, usual_agents
from barter.tools.sim.executors import BOOT_US
from barter.tools.sim.world import World

SECOND = 1_000_000


def one_machine(seed: int) -> tuple[World, SimCluster]:
    world = World(seed)
    cluster = SimCluster(world, Timing())
    cluster.add_agents(usual_agents(1))
    cluster.start()
    return world, cluster


@pytest.mark.parametrize("seed", range(5))
def test_one_works_though_its_agent_died_while_it_came_up(seed: int) -> None:
    """The next agent starts another one; whichever has the folder first is the executor of both."""
    world, cluster = one_machine(seed)
    agent = cluster.agents["agent-0"]
    while agent.executor is None:
        world.run_until(world.now_us + 10)
    first = agent.executor
    agent.down_us = BOOT_US[0] // 2
    agent.crash("kill -9")
    world.run_until(world.now_us + BOOT_US[0] - 10_000)
    assert agent.up
    assert first.up
    second = agent.executor
    assert second is not first
    world.run_until(world.now_us + 10 * SECOND)
    working = agent.executors.working
    assert working in (first, second)
    assert first.up + (second is not None and second.up) == 1
    assert working is not None
    assert agent.machine.executor.connected == working.identity


def test_an_executor_is_started_again_after_each_end() -> None:
    world, cluster = one_machine(1)
    agent = cluster.agents["agent-0"]
    seen = set()
    for _ in range(3):
        world.run_until(world.now_us + 30 * SECOND)
        assert agent.executor is not None
        seen.add(agent.executor.identity)
        agent.executor.crash("kill -9")
    assert len(seen) == 3


def test_a_machine_without_power_has_none() -> None:
    world, cluster = one_machine(1)
    agent = cluster.agents["agent-0"]
    world.run_until(10 * SECOND)
    before = agent.executor
    cluster.power_off("agent-0")
    assert agent.executor is None
    world.run_until(20 * SECOND)
    cluster.power_on("agent-0")
    world.run_until(30 * SECOND)
    assert agent.executor not in (None, before)
