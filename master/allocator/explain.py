"""Why a demand is or is not placed: the same filters a pass asks, all of them, with what they compared."""

from barter.core.cluster import Demand
from barter.core.ids import FrameworkId
from barter.master.allocator.changes import Failing, smallest_changes
from barter.master.allocator.filters import Constrained, Filter
from barter.master.allocator.index import Index
from barter.master.allocator.model import AgentVerdicts, Explanation, Seeker, Verdict
from barter.master.allocator.placement import steady_filters
from barter.master.allocator.resource_filters import resource_filters
from barter.master.allocator.room import need_of
from barter.master.allocator.shares import Line, Shares
from barter.master.allocator.spread import Spread, counts_instances, needs_all_counts


def explain(index: Index, framework_id: FrameworkId, demand: Demand, now: int) -> Explanation:
    """Every verdict on the framework and on each agent, and the smallest changes where no agent fits."""
    seeker = index.seekers.get(framework_id)
    if seeker is None:
        gone = Verdict("connected", False, f"the master knows no framework {framework_id}")
        return Explanation((gone,), (), ("start the framework again",))
    filters = _all_filters(index, seeker, demand, now)
    agents = sorted(index.agents.values(), key=lambda each: (each.slot.info.hostname, each.agent_id))
    verdicts = [tuple(asked.verdict(each) for asked in filters) for each in agents]
    failing = [
        Failing(each, tuple(asked for asked, verdict in zip(filters, said, strict=True) if not verdict.passed))
        for each, said in zip(agents, verdicts, strict=True)
    ]
    answers = tuple(
        AgentVerdicts(each.agent_id, each.slot.info.hostname, said) for each, said in zip(agents, verdicts, strict=True)
    )
    found = smallest_changes(demand, filters, failing, now)
    changes = (*_framework_changes(index, seeker, demand), *(each.text for each in found))
    return Explanation(_framework_verdicts(index, seeker, demand), answers, changes)


def _all_filters(index: Index, seeker: Seeker, demand: Demand, now: int) -> tuple[Filter, ...]:
    need, spread = need_of(demand), Spread(index, seeker.framework_id, demand)
    counting = (Constrained(each, spread) for each in demand.constraints if counts_instances(each))
    return (*steady_filters(index, seeker, demand, need, spread, now), *counting, *resource_filters(need))


def _framework_verdicts(index: Index, seeker: Seeker, demand: Demand) -> tuple[Verdict, ...]:
    out = index.tally(seeker.framework_id, demand.demand_id).out
    open_count = max(demand.count - out, 0)
    counted = [Verdict("counts", not index.awaited, _awaited(index.awaited))] if needs_all_counts(demand) else []
    return (
        *counted,
        Verdict("connected", seeker.connected, f"{seeker.name} is {'' if seeker.connected else 'not '}connected"),
        Verdict("suppressed", demand.role not in seeker.suppressed, _suppression(seeker, demand.role)),
        Verdict(
            "role", demand.role in seeker.roles, f"wants role {demand.role}, subscribed to {', '.join(seeker.roles)}"
        ),
        Verdict("share", True, _share(index, seeker, demand)),
        Verdict(
            "count", open_count > 0, f"{open_count} to be offered: {demand.count} wanted, {out} in unanswered offers"
        ),
    )


def _awaited(count: int) -> str:
    if not count:
        return "no agent is awaited: all instances are counted"
    return f"{count} agents are not back since the master's start, and a constraint has to count the instances on them"


def _suppression(seeker: Seeker, role: str) -> str:
    return f"{seeker.name} suppressed its offers" if role in seeker.suppressed else f"{seeker.name} takes offers"


def _share(index: Index, seeker: Seeker, demand: Demand) -> str:
    """Its place among those that may be offered anything; a place alone withholds nothing that fits."""
    shares = Shares(index.total, index.seekers.values())
    line = list(Line(shares, index.seeking()))
    mine = (demand.role, seeker.framework_id)
    share = f"role {demand.role}: share {shares.role.get(demand.role, 0.0):.2f}"
    if mine not in line:
        return f"{share}, not in line"
    before = len({each for _, each in line[: line.index(mine)]} - {seeker.framework_id})
    frameworks = "framework" if before == 1 else "frameworks"
    return f"{share}, {before + 1} of {len({each for _, each in line})} in line; {before} {frameworks} before it"


def _framework_changes(index: Index, seeker: Seeker, demand: Demand) -> tuple[str, ...]:
    changes: list[str] = []
    if index.awaited and needs_all_counts(demand):
        changes.append("wait until the agents are back, or given up after the agent timeout")
    if not seeker.connected:
        changes.append(f"start the framework {seeker.name} again: it is not connected")
    if demand.role in seeker.suppressed:
        changes.append(f"revive: the framework {seeker.name} suppressed its offers")
    if demand.role not in seeker.roles:
        changes.append(f"subscribe the framework {seeker.name} to role {demand.role}")
    return tuple(changes)
