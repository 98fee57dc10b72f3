"""Whether any agent here could ever take one task of a demand, if nothing else ran."""

from collections.abc import Sequence

from barter.core.cluster import Demand
from barter.core.resources import format_scalar
from barter.master.allocator.filters import Constrained, Filter, Runtime, Side
from barter.master.allocator.index import AgentRecord
from barter.master.allocator.pieces import Pieces
from barter.master.allocator.resource_filters import ResourceFilter, Scalar
from barter.master.allocator.spread import counts_instances


def never(demand: Demand, filters: Sequence[Filter], pieces: Pieces, agents: Sequence[AgentRecord]) -> str:
    """Why none could; empty where one could, or where there is no agent."""
    left, among = list(agents), "agents"
    if not left:
        return ""
    for asked in filters:
        if isinstance(asked, Side | Runtime) or (
            isinstance(asked, Constrained) and not counts_instances(asked.constraint)
        ):
            found = [each for each in left if asked.passes(each)]
            if not found:
                return f"no agent could ever: {_wish(asked, demand)}, and none of the {len(left)} {among} is such"
            left, among = found, "agents that may run it" if len(found) < len(agents) else "agents"
    for wanted in pieces.filters:
        enough = [each for each in left if wanted.passes(each.slot.info.resources)]
        if not enough:
            return f"no agent could ever: {_lack(wanted, left, among)}"
        left = enough
    return ""


def _lack(wanted: ResourceFilter, left: Sequence[AgentRecord], among: str) -> str:
    if not isinstance(wanted, Scalar):
        return f"wants {wanted.wish}, and none of the {len(left)} {among} has that"
    most = max(each.slot.info.resources.scalars.get(wanted.resource, 0) for each in left)
    which = "the largest" if among == "agents" else f"the largest of the {len(left)} {among}"
    if len(left) == 1:
        which = f"the only one{among.removeprefix('agents')}"
    return f"wants {wanted.wish}, {which} has {format_scalar(wanted.resource, most)}"


def _wish(asked: Filter, demand: Demand) -> str:
    match asked:
        case Side():
            return f"wants a {'public' if demand.on_public else 'private'} agent"
        case Runtime():
            return f"wants the {asked.runtime} runtime"
    return f"wants {asked.name.removeprefix('constraint ')}"
