"""What roles lack of what they are guaranteed."""

from collections import Counter
from collections.abc import Mapping

from barter.core.cluster import Demand
from barter.core.roles import lineage
from barter.master.cluster import Cluster

NOTHING_PROMISED: Mapping[str, Mapping[str, int]] = {}


def lacking(
    cluster: Cluster, demand: Demand, promised: Mapping[str, Mapping[str, int]] = NOTHING_PROMISED
) -> tuple[str, dict[str, int]] | None:
    """The nearest role above with a guarantee that is not met, and by how much; None also for revocable demands.

    `promised` is what by role counts as consumed already.
    """
    if demand.revocable:
        return None
    for role in lineage(demand.role):
        config = cluster.roles.get(role)
        if config is None or not config.guarantee:
            continue
        has = Counter(cluster.allocator.consumption(role))
        has.update(promised.get(role, {}))
        missing = {kind: max(least - has[kind], 0) for kind, least in config.guarantee.items()}
        if any(missing.values()):
            return role, missing
    return None
