"""Frameworks the master has not admitted itself: removed ones, and those of a registry that was lost."""

from barter.core.cluster import FrameworkInfo
from barter.core.ids import FrameworkId
from barter.master.cluster import Cluster
from barter.master.state import Framework
from barter.master.timers import FailoverEnds


def was_removed(cluster: Cluster, framework_id: FrameworkId) -> bool:
    """Ids of this cluster are durable before anyone hears of them: one that is not known was removed."""
    return framework_id not in cluster.frameworks and framework_id.startswith(f"{cluster.cluster_id}-")


def known_or_adopted(cluster: Cluster, framework_id: FrameworkId, now: int) -> Framework | None:
    """The framework an agent speaks of; None when it was removed.

    One of another cluster's registry is taken in as disconnected, so that a lost registry kills no task.
    """
    framework = cluster.frameworks.get(framework_id)
    if framework is not None or was_removed(cluster, framework_id):
        return framework
    framework = Framework(FrameworkInfo(name=framework_id, framework_id=framework_id))
    cluster.frameworks[framework_id] = framework
    cluster.timers.at(now + framework.info.failover_timeout_ms, FailoverEnds(framework_id, framework.absences))
    cluster.touch(framework=framework)
    cluster.history.record(now, "framework_adopted", framework_id, "an agent has tasks of it")
    return framework
