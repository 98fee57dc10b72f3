"""Several apps of one change on the same agents: what they need in all, against what there is."""

from collections import Counter
from collections.abc import Iterator, Sequence

from barter.core import ranges as rng
from barter.core.resources import format_scalar
from barter.core.roles import is_within
from barter.frameworks.service.preflight.facts import AgentFacts, ClusterFacts, Impossible
from barter.frameworks.service.preflight.room import could_serve, fit
from barter.frameworks.service.preflight.stages import shortened
from barter.sdk import Demand

App = tuple[str, Demand, int]


def together(apps: Sequence[App], cluster: ClusterFacts) -> tuple[Impossible, ...]:
    """Hall's condition: those that can only run on certain agents need no more in all than these have."""
    if len(apps) < 2:
        return ()
    places = [_places(demand, cluster) for _, demand, _ in apps]
    choices = dict.fromkeys((*places, frozenset[str]().union(*places)))
    for among in choices:
        inside = [app for app, place in zip(apps, places, strict=True) if place <= among]
        agents = [agent for agent in cluster.agents if agent.agent_id in among]
        why = _short(inside, agents) if len(inside) > 1 else ""
        if why:
            largest = max(inside, key=lambda app: app[2])
            return (Impossible(largest[0], "/instances", why),)
    return tuple(_over_limits(apps, cluster))


def _over_limits(apps: Sequence[App], cluster: ClusterFacts) -> Iterator[Impossible]:
    for role, limit in cluster.limits.items():
        inside = [app for app in apps if is_within(app[1].role, role)]
        for kind, most in limit.items():
            needed = sum(demand.resources.scalars.get(kind, 0) * count for _, demand, count in inside)
            if needed > most:
                total, limited = format_scalar(kind, needed), format_scalar(kind, most)
                why = f"together these {len(inside)} need {total} {kind}, the limit of role {role} is {limited}"
                yield Impossible(inside[0][0], "/instances", f"{why}: raise it with `barter quota set`")
                return


def _places(demand: Demand, cluster: ClusterFacts) -> frozenset[str]:
    able = (agent for agent in cluster.agents if could_serve(agent, demand))
    return frozenset(agent.agent_id for agent in able if fit(agent.given_to(demand.role), demand))


def _short(apps: Sequence[App], agents: Sequence[AgentFacts]) -> str:
    kinds = dict.fromkeys(kind for _, demand, _ in apps for kind in demand.resources.scalars)
    for kind in kinds:
        needs = {app_id: demand.resources.scalars.get(kind, 0) * count for app_id, demand, count in apps}
        has = sum(agent.info.resources.scalars.get(kind, 0) for agent in agents)
        if sum(needs.values()) > has:
            total, there = format_scalar(kind, sum(needs.values())), format_scalar(kind, has)
            told = {app_id: format_scalar(kind, amount) for app_id, amount in needs.items()}
            return _said(f"{total} {kind}", told, agents, there)
    return _short_of_ports(apps, agents)


def _short_of_ports(apps: Sequence[App], agents: Sequence[AgentFacts]) -> str:
    needs = {app_id: (demand.port_count + rng.size(demand.resources.ports)) * count for app_id, demand, count in apps}
    has = sum(rng.size(agent.info.resources.ports) for agent in agents)
    if sum(needs.values()) > has:
        told = {app_id: str(amount) for app_id, amount in needs.items()}
        return _said(f"{sum(needs.values())} ports", told, agents, str(has))
    wanted: Counter[int] = Counter()
    for _, demand, count in apps:
        wanted.update(dict.fromkeys(rng.numbers(demand.resources.ports), count))
    for port, times in wanted.items():
        there = sum(rng.contains(agent.info.resources.ports, ((port, port),)) for agent in agents)
        if times > there:
            told = {app_id: str(count) for app_id, demand, count in apps if port in rng.numbers(demand.resources.ports)}
            return _said(f"host port {port} on {times} agents", told, agents, str(there))
    return ""


def _said(needed: str, each: dict[str, str], agents: Sequence[AgentFacts], there: str) -> str:
    apps = shortened([f"{amount} for {app_id}" for app_id, amount in each.items()])
    where = "the only agent" if len(agents) == 1 else f"the {len(agents)} agents"
    return (
        f"together these need {needed} ({apps}), {where} they can run on have {there}: add agents, or fewer instances"
    )
