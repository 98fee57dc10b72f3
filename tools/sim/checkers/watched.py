"""Where checkers of what frameworks promise find these frameworks in a cluster."""

from typing import TypeVar

from barter.core.task_state import TaskState
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.workloads.workload import Workload

WorkloadT = TypeVar("WorkloadT", bound=Workload)

AWAY = frozenset({TaskState.UNREACHABLE, TaskState.LOST, TaskState.GONE, TaskState.GONE_BY_OPERATOR, TaskState.UNKNOWN})
"""States in which nobody claims to know whether the task still runs."""


def find(cluster: SimCluster, kind: type[WorkloadT]) -> tuple[SimFramework, WorkloadT] | None:
    """The first framework that runs such a workload."""
    for framework in cluster.frameworks.values():
        if isinstance(framework.program, kind):
            return framework, framework.program
    return None
