"""One more agent that would do: what always helps, unless what is asked of it contradicts itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from barter.core.cluster import Demand
from barter.core.constraints import HOSTNAME, Operator, canonical, field_value, home
from barter.core.patterns import matches
from barter.core.resources import BYTE_SCALARS, Resources, format_scalar
from barter.core.units import parse_bytes
from barter.master.allocator.explanation import NewAgent
from barter.master.allocator.filters import Constrained, Filter
from barter.master.allocator.index import AgentRecord
from barter.master.allocator.room import Need

NAMED = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of one field: one of these values (None: any), none of the `others`, like and unlike patterns."""

    field: str
    text: str
    one_of: frozenset[str] | None = None
    others: frozenset[str] = frozenset()
    like: str = ""
    unlike: str = ""

    def allows(self, value: str) -> bool:
        return (
            (self.one_of is None or value in self.one_of)
            and value not in self.others
            and (not self.like or matches(self.like, value))
            and (not self.unlike or not matches(self.unlike, value))
        )


def new_agent(demand: Demand, need: Need, filters: Sequence[Filter], agents: Iterable[AgentRecord]) -> NewAgent | None:
    """None where no agent could satisfy all of the constraints as its instances stand."""
    wanted = [found for asked in filters if isinstance(asked, Constrained) for found in _wanted(asked)]
    for field in {canonical(each.field) for each in wanted}:
        if not _possible(field, [each for each in wanted if canonical(each.field) == field], agents):
            return None
    attributes = tuple((each.field, each.text) for each in wanted if each.text)
    return NewAgent(demand.on_public, demand.runtime, attributes, need.resources, need.port_count)


def described(agent: NewAgent) -> str:
    side = "public" if agent.public else "private"
    needs = [str(agent.resources)] if agent.resources else []
    if agent.ports:
        needs.append(f"{agent.ports} {'port' if agent.ports == 1 else 'ports'}")
    free = [f"{' and '.join(needs)} free"] if needs else []
    parts = [f"the {agent.runtime} runtime", *(text for _, text in agent.attributes), *free]
    return f"one more {side} agent with {', '.join(parts)}"


def with_room(agent: NewAgent, kind: str, amount: int) -> NewAgent:
    """With at least so much of a kind, sizes rounded up to what can be said."""
    if kind in BYTE_SCALARS and parse_bytes(format_scalar(kind, amount)) != amount:
        amount += (1 << 20) - amount % (1 << 20)
    held = agent.resources
    scalars = {**held.scalars, kind: max(held.scalars.get(kind, 0), amount)}
    return NewAgent(
        agent.public, agent.runtime, agent.attributes, Resources(scalars, held.ranges, held.sets), agent.ports
    )


def _possible(field: str, wanted: Sequence[Wanted], agents: Iterable[AgentRecord]) -> bool:
    """Whether some value would do: of patterns only values are tried that are named or known."""
    chosen = [each.one_of for each in wanted if each.one_of is not None]
    if chosen:
        return any(all(each.allows(value) for each in wanted) for value in frozenset.intersection(*chosen))
    patterns = [each.like for each in wanted if each.like]
    if len(patterns) + any(each.others or each.unlike for each in wanted) < 2:
        return True
    known = {field_value(each.attributes, field) for each in agents} - {None}
    return any(all(each.allows(value) for each in wanted) for value in (*patterns, *known) if value is not None)


def _wanted(asked: Constrained) -> Iterable[Wanted]:
    field, value = asked.constraint.field, asked.constraint.value
    placed, known = asked.spread.by_value(field), asked.spread.known(field)
    match asked.constraint.operator:
        case Operator.LIKE:
            yield Wanted(field, f"a {field} like {value}", like=value)
        case Operator.UNLIKE:
            if canonical(field) != HOSTNAME:
                yield Wanted(field, f"no {field} like {value}", unlike=value)
        case Operator.IS:
            yield _one_of(field, [value])
        case Operator.CLUSTER:
            there = value or home(placed)
            yield _one_of(field, [there]) if there else _other_than(field, ())
        case Operator.GROUP_BY:
            groups = known | placed.keys()
            fewest = min((placed[each] for each in groups), default=0)
            behind = sorted(each for each in groups if placed[each] == fewest)
            if not behind or len(groups) < int(value or 0):
                yield _other_than(field, groups)
            else:
                yield _one_of(field, behind)
        case Operator.UNIQUE:
            yield _other_than(field, [each for each, count in placed.items() if count])
        case Operator.MAX_PER:
            yield _other_than(field, [each for each, count in placed.items() if count >= int(value)])


def _one_of(field: str, values: Iterable[str]) -> Wanted:
    found = list(values)
    return Wanted(field, f"{field}={_or(found)}", frozenset(found))


def _other_than(field: str, taken: Iterable[str]) -> Wanted:
    found = sorted(taken)
    text = f"a {field} other than {_or(found)}" if found else f"a {field}"
    # A new agent has a hostname of its own anyway.
    return Wanted(field, "" if canonical(field) == HOSTNAME else text, None, frozenset(found))


def _or(values: Sequence[str]) -> str:
    if len(values) > NAMED:
        return f"{' or '.join(values[:NAMED])} or {len(values) - NAMED} more"
    return " or ".join(values)
