"""What operators set for roles: weights, guarantees, limits."""

from barter.master.cluster import Cluster
from barter.master.events import SetRoles
from barter.master.facts import RoleSet


def set_roles(cluster: Cluster, event: SetRoles, now: int) -> str:
    """All of it or nothing; returns why not."""
    for config in event.roles:
        if config.usual:
            cluster.roles.pop(config.role, None)
        else:
            cluster.roles[config.role] = config
        cluster.persist(RoleSet(config), "an operator set it")
        cluster.history.record(now, "role_set", config.role, f"weight {config.weight_milli / 1000:g}")
    cluster.allocator.set_roles(cluster.roles)
    return ""
