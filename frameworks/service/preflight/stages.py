"""What one instance asks of an agent, question by question: so that a refusal can say where the agents drop out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from barter.core import ranges as rng
from barter.core.constraints import Constraint, field_value
from barter.core.resources import format_scalar
from barter.frameworks.service.preflight.facts import AgentFacts, ClusterFacts
from barter.frameworks.service.preflight.room import counts, satisfies
from barter.sdk import Demand

SHOWN = 4


@dataclass(frozen=True, slots=True)
class Stage:
    """`path` is the field that asks, `wish` what it wants; `has` says what agents have of it that do not pass."""

    path: str
    wish: str
    passes: Callable[[AgentFacts], bool]
    has: Callable[[Sequence[AgentFacts]], str]


@dataclass(frozen=True, slots=True)
class Matching:
    """The agents that pass all stages, of `among`; `wishes` are those that some agent did not pass.

    `stopped` is the stage that none of `before` passed, where there is such a one.
    """

    agents: tuple[AgentFacts, ...]
    among: int
    wishes: tuple[str, ...]
    stopped: Stage | None = None
    before: tuple[AgentFacts, ...] = ()


def matching(demand: Demand, cluster: ClusterFacts) -> Matching:
    left, wishes = cluster.agents, list[str]()
    for stage in stages(demand):
        found = tuple(agent for agent in left if stage.passes(agent))
        if not found:
            return Matching((), len(cluster.agents), tuple(wishes), stage, left)
        if len(found) < len(left):
            wishes.append(stage.wish)
        left = found
    return Matching(left, len(cluster.agents), tuple(wishes))


def stages(demand: Demand) -> Iterator[Stage]:
    side = "public" if demand.on_public else "private"
    yield Stage("/instances", "that takes instances", lambda agent: agent.usable, _states)
    yield Stage(
        "/acceptedResourceRoles",
        f"that is {side}",
        lambda agent: agent.info.public == demand.on_public,
        lambda agents: f"{_all(agents)} {'private' if demand.on_public else 'public'}",
    )
    yield Stage(
        "/container" if demand.runtime == "docker" else "/cmd",
        f"with the {demand.runtime} runtime",
        lambda agent: demand.runtime in agent.info.runtimes,
        lambda agents: f"there is {', '.join(sorted({each for one in agents for each in one.info.runtimes}))}",
    )
    yield from (_constrained(index, each) for index, each in enumerate(demand.constraints))
    yield from (_scalar(demand, name, amount) for name, amount in demand.resources.scalars.items())
    yield from _ports(demand)


def _constrained(index: int, constraint: Constraint) -> Stage:
    wish = f"with an attribute {constraint.field}" if counts(constraint) else f"with {constraint}"

    def has(agents: Sequence[AgentFacts]) -> str:
        values = {field_value(agent.attributes, constraint.field) for agent in agents} - {None}
        return f"{constraint.field} is {shortened(sorted(map(str, values)))}" if values else "none has that attribute"

    return Stage(f"/constraints/{index}", wish, lambda agent: satisfies(agent, constraint), has)


def _scalar(demand: Demand, name: str, amount: int) -> Stage:
    def held(agent: AgentFacts) -> int:
        return agent.given_to(demand.role).scalars.get(name, 0)

    def has(agents: Sequence[AgentFacts]) -> str:
        largest = max(agents, key=held)
        of = "it" if len(agents) == 1 else f"the largest, {largest.info.hostname},"
        return f"{of} has {format_scalar(name, held(largest))}"

    wish = f"with {name} >= {format_scalar(name, amount)}"
    return Stage(f"/{name}", wish, lambda agent: held(agent) >= amount, has)


def _ports(demand: Demand) -> Iterator[Stage]:
    named, chosen = demand.resources.ports, demand.port_count

    def held(agent: AgentFacts) -> rng.Ranges:
        return agent.given_to(demand.role).ports

    def offered(agents: Sequence[AgentFacts]) -> str:
        return f"they offer {shortened(sorted({rng.render(held(agent)) or 'none' for agent in agents}))}"

    if named:
        wish = f"with host port {rng.render(named)}"
        yield Stage("/portDefinitions", wish, lambda agent: rng.contains(held(agent), named), offered)
    if chosen:
        needed = chosen + rng.size(named)
        wish = f"with {needed} {'port' if needed == 1 else 'ports'}"
        yield Stage("/portDefinitions", wish, lambda agent: rng.size(held(agent)) >= needed, offered)


def shortened(texts: Sequence[str]) -> str:
    return ", ".join(texts[:SHOWN]) + (f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else "")


def _all(agents: Sequence[AgentFacts]) -> str:
    return "it is" if len(agents) == 1 else f"all {len(agents)} are"


def _states(agents: Sequence[AgentFacts]) -> str:
    return f"{_all(agents)} {' or '.join(sorted({agent.state for agent in agents}))}"
