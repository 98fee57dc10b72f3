"""Why a demand is or is not placed: the same filters a pass asks, all of them, with what they compared."""

from barter.core.cluster import Demand
from barter.core.ids import FrameworkId
from barter.master.allocator.chain import Chain, first_steps
from barter.master.allocator.changes import Case, smallest_changes
from barter.master.allocator.explanation import AgentVerdicts, Change, Explanation, Kind, Step, Verdict
from barter.master.allocator.filters import Constrained, Filter, VolumeHere
from barter.master.allocator.grouping import grouped, largest_pieces, reasons
from barter.master.allocator.index import AgentRecord, Index
from barter.master.allocator.model import Seeker
from barter.master.allocator.never import never
from barter.master.allocator.pieces import QUOTA, Looked, Pieces
from barter.master.allocator.placement import steady_filters
from barter.master.allocator.quota_changes import RoleQuota
from barter.master.allocator.room import need_of
from barter.master.allocator.rooms import Rooms
from barter.master.allocator.spread import Spread, counts_instances


def explain(
    index: Index, framework_id: FrameworkId, demand: Demand, now: int, *, every_agent: bool = True
) -> Explanation:
    """Every verdict on the framework and on agents, and the smallest changes where no agent fits.

    Without `every_agent` the agents are grouped and counted only.
    """
    seeker = index.seekers.get(framework_id)
    if seeker is None:
        gone = Verdict("connected", False, f"the master knows no framework {framework_id}")
        return Explanation((gone,), changes=(Change((Step(Kind.START, "start the framework again"),)),))
    index.tree.refresh()
    filters = _agent_filters(index, seeker, demand, now)
    quota = RoleQuota(index, demand.role, public=demand.on_public)
    pieces = Pieces(demand, quota.allowed)
    agents = sorted(index.agents.values(), key=lambda each: (each.slot.info.hostname, each.agent_id))
    looked = _look(agents, filters, pieces)
    chain = Chain(index, seeker, demand, quota, looked, now)
    case = Case(demand, filters, pieces, looked, quota, first_steps(index, seeker, demand), now)
    return Explanation(
        chain.verdicts(),
        quota.limits(dict(pieces.need.scalars)),
        quota.held_back(),
        chain.shares(),
        len(looked),
        sum(each.fits for each in looked),
        never(demand, filters, pieces, agents),
        reasons(looked, filters, pieces),
        grouped(looked, filters, pieces),
        largest_pieces(looked, pieces),
        smallest_changes(case),
        tuple(_of_agent(each, filters, pieces) for each in looked) if every_agent else (),
    )


def _look(agents: list[AgentRecord], filters: tuple[Filter, ...], pieces: Pieces) -> list[Looked]:
    """Sets of those that say no are few, so their names are made once for each."""
    names: dict[tuple[tuple[int, ...], tuple[int, ...], bool], tuple[str, ...]] = {}
    looked: list[Looked] = []
    for agent in agents:
        failing, piece = tuple([asked for asked in filters if not asked.passes(agent)]), pieces.best(agent.slot)
        key = tuple(map(id, failing)), tuple(map(id, piece.short)), piece.over
        said = names.get(key)
        if said is None:
            over = (QUOTA,) if piece.over else ()
            said = names[key] = (*(no.name for no in failing), *(no.name for no in piece.short), *over)
        looked.append(Looked(agent, failing, piece, said))
    return looked


def _agent_filters(index: Index, seeker: Seeker, demand: Demand, now: int) -> tuple[Filter, ...]:
    need, spread = need_of(demand), Spread(index, seeker.framework_id, demand)
    counting = (Constrained(each, spread) for each in demand.constraints if counts_instances(each))
    volume = (_volume(index, demand),) if demand.volume else ()
    return (*steady_filters(index, seeker, demand, need, spread, now), *counting, *volume)


def _volume(index: Index, demand: Demand) -> VolumeHere:
    holder = index.catalog.holder(demand.volume)
    record: AgentRecord | None = None if holder is None else index.agents.get(holder)
    where = "" if record is None else f"agent {record.slot.info.hostname}"
    return VolumeHere(Rooms(index), demand.volume, demand.role, where)


def _of_agent(looked: Looked, filters: tuple[Filter, ...], pieces: Pieces) -> AgentVerdicts:
    said = tuple(asked.verdict(looked.agent) for asked in filters)
    return AgentVerdicts(looked.agent.agent_id, looked.hostname, (*said, *pieces.verdicts(looked.piece)))
