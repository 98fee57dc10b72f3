"""The smallest changes that would place a demand, found from what each agent's filters say no to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from barter.core.cluster import Demand
from barter.core.constraints import Operator, home
from barter.core.units import format_duration
from barter.master.allocator.filters import Active, Constrained, Filter, Refused, Runtime
from barter.master.allocator.index import AgentRecord
from barter.master.allocator.resource_filters import ResourceFilter
from barter.master.allocator.shrink import shrink

WAIT, SHRINK_ONE, SHRINK_SEVERAL, DROP, RETURN, RUNTIME, ADD = range(7)


@dataclass(frozen=True, slots=True)
class Change:
    """`kind` orders them, then `cost`, in thousandths of what is wanted (or ms to wait); `demand` as it would fit."""

    kind: int
    cost: int
    text: str
    demand: Demand | None = None


@dataclass(frozen=True, slots=True)
class Failing:
    """An agent and the filters that say no to it."""

    agent: AgentRecord
    filters: tuple[Filter, ...]

    def only(self, *kinds: type[Filter]) -> bool:
        return bool(self.filters) and all(isinstance(each, kinds) for each in self.filters)


def smallest_changes(
    demand: Demand, filters: Sequence[Filter], failing: Sequence[Failing], now: int
) -> tuple[Change, ...]:
    """The smallest first; none where an agent fits."""
    if not failing:
        return (Change(ADD, 0, "start an agent: barter start agent --master HOST:PORT"),)
    if any(not each.filters for each in failing):
        return ()
    found = chain(
        _wait(failing, now),
        _shrink(demand, failing),
        _constraints(demand, filters, failing),
        _return(failing),
        _runtime(demand, failing),
        [Change(ADD, 0, _whole_agent(demand, filters))],
    )
    return tuple(sorted(found, key=lambda change: (change.kind, change.cost, change.text)))


def _wait(failing: Sequence[Failing], now: int) -> Iterable[Change]:
    ends = [
        end
        for each in failing
        if each.only(Refused)
        for asked in each.filters
        if isinstance(asked, Refused) and (end := asked.until_ms(each.agent)) is not None
    ]
    if ends:
        left = min(ends) - now
        yield Change(WAIT, left, f"revive, or wait until the filter ends in {format_duration(left)}")


def _shrink(demand: Demand, failing: Sequence[Failing]) -> Iterable[Change]:
    """For each resource that alone falls short on an agent, and for several at once, where it takes the least."""
    best: dict[str, Change] = {}
    for each in failing:
        short = [asked for asked in each.filters if isinstance(asked, ResourceFilter)]
        if len(short) != len(each.filters):
            continue
        changed = shrink(demand, short, each.agent)
        if changed is None:
            continue
        text = f"{changed.text} (on agent {each.agent.slot.info.hostname})"
        kind, name = (SHRINK_ONE, short[0].name) if len(short) == 1 else (SHRINK_SEVERAL, "")
        change = Change(kind, changed.cost, text, changed.demand)
        if name not in best or (change.cost, text) < (best[name].cost, best[name].text):
            best[name] = change
    yield from best.values()


def _constraints(demand: Demand, filters: Sequence[Filter], failing: Sequence[Failing]) -> Iterable[Change]:
    for asked in filters:
        if not isinstance(asked, Constrained):
            continue
        alone = sum(each.filters == (asked,) for each in failing)
        if alone:
            agents = "agent" if alone == 1 else "agents"
            rest = tuple(each for each in demand.constraints if each != asked.constraint)
            text = f"drop the constraint {asked.constraint}: would fit on {alone} {agents}"
            yield Change(DROP, 0, text, replace(demand, constraints=rest))


def _return(failing: Sequence[Failing]) -> Iterable[Change]:
    for each in failing:
        if each.only(Active):
            info = each.agent.slot.info
            yield Change(RETURN, 0, f"agent {info.hostname} active again: {Active().detail(each.agent)}")


def _runtime(demand: Demand, failing: Sequence[Failing]) -> Iterable[Change]:
    hosts = [each.agent.slot.info.hostname for each in failing if each.only(Runtime)]
    if hosts:
        yield Change(RUNTIME, 0, f"the {demand.runtime} runtime on agent {min(hosts)}")


def _whole_agent(demand: Demand, filters: Sequence[Filter]) -> str:
    """What always helps: an agent that has it all."""
    side = "public" if demand.on_public else "private"
    satisfying = [_satisfying(each) for each in filters if isinstance(each, Constrained)]
    needs = [str(demand.resources)] if demand.resources else []
    if demand.port_count:
        needs.append(f"{demand.port_count} {'port' if demand.port_count == 1 else 'ports'}")
    free = [f"{' and '.join(needs)} free"] if needs else []
    return f"one more {side} agent with {', '.join([f'the {demand.runtime} runtime', *satisfying, *free])}"


def _satisfying(asked: Constrained) -> str:
    """The attribute of a new agent that a constraint is satisfied with."""
    field, value = asked.constraint.field, asked.constraint.value
    placed, known = asked.spread.by_value(field), asked.spread.known(field)
    match asked.constraint.operator:
        case Operator.LIKE:
            return f"a {field} like {value}"
        case Operator.UNLIKE:
            return f"no {field} like {value}"
        case Operator.IS:
            return f"{field}={value}"
        case Operator.CLUSTER:
            there = value or home(placed)
            return f"{field}={there}" if there else f"a {field}"
        case Operator.GROUP_BY:
            groups = known | placed.keys()
            fewest = min((placed[each] for each in groups), default=0)
            behind = sorted(each for each in groups if placed[each] == fewest)
            if not behind or len(groups) < int(value or 0):
                return _other_than(field, groups)
            return f"{field}={' or '.join(behind)}"
        case Operator.UNIQUE:
            return _other_than(field, placed)
        case Operator.MAX_PER:
            return _other_than(field, [each for each, count in placed.items() if count >= int(value)])


def _other_than(field: str, taken: Iterable[str]) -> str:
    names = " or ".join(sorted(taken))
    return f"a {field} other than {names}" if names else f"a {field}"
