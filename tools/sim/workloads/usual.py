"""The frameworks of the campaign, put into a cluster with all that is asked of them."""

from collections.abc import Sequence
from functools import partial

from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.workloads.batch import BatchWorkload
from barter.tools.sim.workloads.classic import ClassicWorkload
from barter.tools.sim.workloads.service import ServiceWorkload
from barter.tools.sim.workloads.workload import Act, Workload


def usual() -> tuple[Workload, ...]:
    """New ones for each world."""
    return ServiceWorkload(), BatchWorkload(), ClassicWorkload()


def drawn(cluster: SimCluster, workload: Workload, duration_ms: int) -> Sequence[Act]:
    """What is asked of it in this world, unless some of it is left out."""
    return workload.operator_actions(cluster.world.random(f"acts {workload.name}"), duration_ms)


def add(cluster: SimCluster, workload: Workload, acts: Sequence[Act]) -> SimFramework:
    """Its process, and what is asked of it: who asks while it is down gives up."""
    framework = cluster.add_framework(workload.name, workload)
    for act in acts:
        cluster.world.at(act.at_ms * 1_000, partial(_ask, framework, workload, act))
    return framework


def _ask(framework: SimFramework, workload: Workload, act: Act) -> None:
    if framework.up:
        framework.within_life(partial(workload.act, act))()
