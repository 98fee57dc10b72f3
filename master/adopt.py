"""Frameworks the master does not know: removed ones, and those of a registry that was lost, or restored."""

from barter.core.cluster import FrameworkInfo
from barter.core.ids import FrameworkId
from barter.master.cluster import Cluster
from barter.master.registry import EPOCHS_AHEAD
from barter.master.state import Framework
from barter.master.timers import FailoverEnds


def was_removed(cluster: Cluster, framework_id: FrameworkId) -> bool:
    """Ids of this cluster are durable before anyone hears of them: one that is not known was removed.

    Unless it is from before a restore: then it may have been admitted after the backup.
    """
    if framework_id in cluster.frameworks or not framework_id.startswith(f"{cluster.cluster_id}-"):
        return False
    epoch = framework_id.removeprefix(f"{cluster.cluster_id}-").partition("-")[0]
    return not (epoch.isdecimal() and int(epoch) // EPOCHS_AHEAD < cluster.epoch // EPOCHS_AHEAD)


def known_or_adopted(cluster: Cluster, framework_id: FrameworkId, now: int) -> Framework | None:
    """The framework an agent speaks of; None when it was removed.

    One of another registry is taken in as disconnected, so that one that was lost kills no task.
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
