"""What operators see of roles."""

from barter.master import placement
from barter.master.allocator.model import RoleStanding
from barter.master.cluster import Cluster


def roles(cluster: Cluster) -> tuple[RoleStanding, ...]:
    """Those that are configured or in use, and all above such, by name."""
    placement.tell(cluster)
    return cluster.allocator.roles()
