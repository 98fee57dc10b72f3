"""What happened to a demand since it began to wait, and not what happened to all others."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from barter.core.cluster import AgentInfo, Demand
from barter.core.constraints import refusal
from barter.core.ids import AgentId
from barter.core.roles import lineage
from barter.master.allocator.explanation import Explanation
from barter.master.allocator.spread import counts_instances
from barter.master.cluster import Cluster
from barter.master.history import Entry
from barter.master.state import Framework
from barter.master.waiting import story_of

SHOWN, TOGETHER, NAMED = 50, 4, 3


def of_demand(cluster: Cluster, framework: Framework, demand: Demand, explanation: Explanation) -> tuple[Entry, ...]:
    """Its offers; its framework, the roles whose quotas it waits for, and the agents it may go to. The newest last."""
    since_ms = framework.waiting.get(demand.demand_id, 0)
    roles = {*lineage(demand.role), *(each.role for each in explanation.held_back)}
    own = cluster.history.story(story_of(framework.framework_id, demand.demand_id))
    rare = (entry for entry in cluster.history.rare() if _concerns(cluster, framework, demand, roles, entry))
    since = (entry for entry in (*own, *rare) if entry.timestamp_ms >= since_ms)
    return tuple(_folded(sorted(since, key=lambda entry: (entry.timestamp_ms, entry.sequence))))[-SHOWN:]


def _concerns(cluster: Cluster, framework: Framework, demand: Demand, roles: set[str], entry: Entry) -> bool:
    if entry.kind.startswith("framework_"):
        return entry.subject == framework.framework_id
    if entry.kind.startswith("role_"):
        return entry.subject in roles
    if entry.kind.startswith("volume_"):
        return bool(demand.volume) and (entry.subject == demand.volume or demand.volume in entry.reason)
    if entry.kind in ("reserved", "unreserved"):
        return any(role in entry.reason.replace(",", " ").split() for role in roles)
    agent = cluster.agents.get(AgentId(entry.subject))
    return agent is None or _may_run(agent.info, demand)


def _may_run(info: AgentInfo, demand: Demand) -> bool:
    """By its side, its runtime and what does not depend on instances."""
    if info.public != demand.on_public or demand.runtime not in info.runtimes:
        return False
    steady = (each for each in demand.constraints if not counts_instances(each))
    attributes = info.placement_attributes
    return not any(refusal(each, attributes, Counter(), frozenset()) for each in steady)


def _folded(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Many of a kind in a row become one entry, at the time of the last."""
    for kind, run in groupby(entries, key=lambda entry: entry.kind):
        alike = list(run)
        if len(alike) < TOGETHER or not kind.startswith("agent_"):
            yield from alike
            continue
        names = ", ".join(entry.reason.partition(":")[0] or entry.subject for entry in alike[:NAMED])
        last = alike[-1]
        yield Entry(last.sequence, last.timestamp_ms, kind, f"{len(alike)} agents", f"{names}, ...")
