"""The table of faults: drawn beforehand, struck, and over when all is healed."""

import re
from collections.abc import Sequence
from random import Random

import pytest

from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.config import Timing, usual_agents
from barter.tools.sim.faults.model import Fault
from barter.tools.sim.faults.table import TABLE, draw, strike
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.observe import Observer
from barter.tools.sim.population import Deed
from barter.tools.sim.workloads.classic import ClassicWorkload
from barter.tools.sim.world import SECOND_US, World

SECOND = 1_000_000
FROM, UNTIL = 20 * SECOND, 600 * SECOND


class Struck(Observer):
    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, fault: Fault) -> None:
        self.faults.append(fault)


def cluster_of(seed: int) -> SimCluster:
    cluster = SimCluster(World(seed), Timing(), masters=3)
    cluster.add_agents(usual_agents(3))
    workload = ClassicWorkload()
    cluster.add_framework(workload.name, workload)
    workload.operator_actions(Random(seed), UNTIL // 1000)
    return cluster


def drawn(seed: int, at_least: int = 20, **rates: float) -> Sequence[Deed]:
    cluster = cluster_of(seed)
    return draw(
        cluster.world, cluster, {name.replace("_", "-"): rate for name, rate in rates.items()}, FROM, UNTIL, at_least
    )


def words(deeds: Sequence[Deed]) -> list[str]:
    return [deed.text for deed in deeds]


def test_the_same_seed_draws_the_same() -> None:
    assert words(drawn(1)) == words(drawn(1))
    assert words(drawn(1)) != words(drawn(2))


@pytest.mark.parametrize("at_least", [1, 50, 200])
def test_there_are_at_least_so_many_and_in_their_time(at_least: int) -> None:
    deeds = drawn(3, at_least)
    assert len(deeds) >= at_least
    assert all(FROM <= deed.at_us < UNTIL for deed in deeds)


def test_no_fault_lasts_longer_than_faults_may() -> None:
    for deed in drawn(4, 300):
        lasting = re.search(r" for (\d+\.\d) s", deed.text)
        assert lasting is None or deed.at_us / SECOND + float(lasting[1]) <= UNTIL / SECOND + 0.1


def test_a_rate_replaces_the_tables_and_moves_no_other() -> None:
    usual, without = words(drawn(5, 0)), words(drawn(5, 0, master_crash=0))
    assert [text for text in usual if " master-crash " not in text] == without
    assert len(usual) > len(without)
    none = {name.replace("-", "_"): 0.0 for name in TABLE}
    assert drawn(5, 50, **none) == []


@pytest.mark.parametrize("kind", TABLE)
def test_each_kind_strikes_and_heals(kind: str) -> None:
    """While it lasts something may be down or cut; after `heal` all is up, mended and calm, and nothing comes back."""
    none = dict.fromkeys(TABLE, 0.0)
    cluster = cluster_of(6)
    struck = Struck()
    cluster.world.seen.add(struck)
    for deed in draw(cluster.world, cluster, {**none, kind: 40.0}, FROM, UNTIL, 5):
        cluster.world.at(deed.at_us, deed.do)
    cluster.start()
    cluster.world.run_until(UNTIL)
    assert len(struck.faults) >= 5
    assert {fault.kind for fault in struck.faults} == {kind}
    cluster.heal()
    _assert_calm(cluster)
    cluster.world.run_until(UNTIL + 120 * SECOND)
    _assert_calm(cluster)
    for agent in cluster.agents.values():
        assert agent.machine.link.registered
        assert agent.machine.executor.connected
    framework = cluster.frameworks["classic"]
    assert isinstance(framework, SimFramework)
    assert framework.driver.session.connected


def _assert_calm(cluster: SimCluster) -> None:
    now = cluster.world.now_us
    for process in cluster.processes():
        assert process.up, process.name
        assert process.paused_until_us <= now
        assert process.disk.doom is None
        assert process.disk.sends_left is None
    assert cluster.machines_down == {}
    assert cluster.network.slowness == {}
    assert cluster.ensemble is not None
    assert (cluster.ensemble.loses, cluster.ensemble.loses_watches, cluster.ensemble.slow_us) == ({}, 0, 0)
    assert all(server.up and not server.cuts for server in cluster.ensemble.servers.values())
    for name in cluster.agents:
        assert not any(cluster.network.is_cut(name, master.host) for master in cluster.masters)
        assert not any(cluster.network.is_cut(master.host, name) for master in cluster.masters)
        assert cluster.engines[name].up
        assert (cluster.engines[name].errors, cluster.engines[name].losses) == (0, 0)


def test_of_faults_that_overlap_the_strongest_counts_until_the_last_ends() -> None:
    cluster = cluster_of(1)
    engine = cluster.engines["agent-0"]
    for us, times in ((60 * SECOND_US, 5), (10 * SECOND_US, 40), (20 * SECOND_US, 3)):
        strike(cluster, Fault(0, "engine-slow", "agent-0", us, times))
    found = []
    for second in (1, 11, 21, 61):
        cluster.world.run_until(second * SECOND_US)
        found.append(engine.slowness)
    assert found == [40, 5, 5, 1]
