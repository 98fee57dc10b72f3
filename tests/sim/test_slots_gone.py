"""What an operator marks gone while it runs is replaced on his word: the checker of strict apps knows that."""

from dataclasses import replace

from barter.core.units import MIB
from barter.frameworks.service.app import App, Upgrade
from barter.master import events as ev
from barter.tools.sim.checkers.slots import Slots
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.config import Timing, usual_agents
from barter.tools.sim.operators import Operators
from barter.tools.sim.workloads import asks
from barter.tools.sim.workloads.service import ServiceWorkload
from barter.tools.sim.world import SECOND_US, World

STRICT = replace(
    App("/web", cmd="sleep infinity", cpus=100, mem=32 * MIB, instances=3, ports=()),
    upgrade=Upgrade(0, 0),
    unreachable=None,
)


def test_its_instances_do_not_count_any_more() -> None:
    world = World(1)
    cluster = SimCluster(world, Timing())
    cluster.add_agents(usual_agents(6))
    workload = ServiceWorkload()
    cluster.add_framework(workload.name, workload)
    world.at(SECOND_US, lambda: workload.act(asks.Put(1_000, "/web", STRICT)))
    world.seen.add(Slots())
    cluster.start()
    world.run_until(20 * SECOND_US)
    lost = next(host for host in cluster.hosts.values() if host.tasks)
    cluster.network.cut(lost.name, cluster.master.host)
    cluster.network.cut(cluster.master.host, lost.name)
    world.run_until(80 * SECOND_US)
    operators = Operators(cluster)
    operators.insist(ev.MarkGone(0, operators.agent_id(lost.name)))
    world.run_until(120 * SECOND_US)
    assert lost.tasks
    assert sum(len(host.tasks) for host in cluster.hosts.values()) == 3 + len(lost.tasks)
