"""The smallest changes that would place a demand, found from what each agent's filters say no to.

What stands in the way of all of it (a suppressed role, a limit) and what does on one agent are changed together: a
change named is enough. Of agents to which the same filters say no, the one that takes the least is named.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from barter.core.cluster import Demand
from barter.core.constraints import Constraint, Operator
from barter.core.resources import Resources
from barter.core.units import format_duration
from barter.master.allocator.explanation import Change, Kind, Step
from barter.master.allocator.filters import Active, Constrained, Containers, Filter, Refused, Runtime
from barter.master.allocator.new_agent import described, new_agent, with_room
from barter.master.allocator.pieces import Looked, Pieces
from barter.master.allocator.quota_changes import RoleQuota
from barter.master.allocator.room import need_of
from barter.master.allocator.rooms import CPUS
from barter.master.allocator.shrink import Shrunk, shrink

WAIT, SHRINK_ONE, SHRINK_SEVERAL, _, DROP, RETURN, RUNTIME, _, ADD = range(9)
RELAX = SHRINK_SEVERAL
SHOWN, MOST_STEPS = 6, 3
# What an operator undoes by `barter activate`.
BY_OPERATORS = ("drain", "deactivated")


@dataclass(frozen=True, slots=True)
class Case:
    """`first` are the steps that the framework needs anyway; one that revives forgets its refusals."""

    demand: Demand
    filters: tuple[Filter, ...]
    pieces: Pieces
    looked: Sequence[Looked]
    quota: RoleQuota
    first: tuple[Step, ...]
    now: int

    @property
    def revives(self) -> bool:
        return any(step.kind is Kind.REVIVE for step in self.first)


def smallest_changes(case: Case) -> tuple[Change, ...]:
    """The smallest first; where an agent fits, only what the framework needs."""
    if any(_fits(case, each) for each in case.looked):
        return (Change(case.first),) if case.first else ()
    options = chain.from_iterable(_on_agent(case, each, alone) for each, alone in _representatives(case))
    few = (each for each in options if len(each.steps) - len(case.first) <= MOST_STEPS)
    found = _undominated(sorted(few, key=_order))[:SHOWN]
    return (*found, *_one_more_agent(case))


def _fits(case: Case, looked: Looked) -> bool:
    return looked.piece.fits and not _in_the_way(case, looked)


def _in_the_way(case: Case, looked: Looked) -> tuple[Filter, ...]:
    return tuple(each for each in looked.failing if not (case.revives and isinstance(each, Refused)))


def _representatives(case: Case) -> Iterable[tuple[Looked, int]]:
    """Of agents with the same reasons the one that takes the least, with how many they are."""
    best: dict[tuple[object, ...], tuple[int, str, Looked]] = {}
    counts: Counter[tuple[object, ...]] = Counter()
    for each in case.looked:
        failing = _in_the_way(case, each)
        away = _away(each.agent.slot.reason_inactive) if any(isinstance(no, Active) for no in failing) else ""
        short = tuple(map(id, each.piece.short))
        key = (tuple(map(id, failing)), short, each.piece.over, each.piece.source.own is None, away)
        counts[key] += 1
        cost = each.piece.missing
        for no in failing:
            if isinstance(no, Refused):
                cost += no.until_ms(each.agent) or 0
            elif isinstance(no, Constrained):
                cost += no.here(each.agent)
        found = best.get(key)
        if found is None or (cost, each.hostname) < found[:2]:
            best[key] = (cost, each.hostname, each)
    return [(looked, counts[key]) for key, (_, _, looked) in best.items()]


def _on_agent(case: Case, looked: Looked, alike: int) -> Iterable[Change]:
    steps, demand = list[Step](), case.demand
    failing = _in_the_way(case, looked)
    only = len(failing) == 1 and looked.piece.fits
    for asked in failing:
        if isinstance(asked, Refused):
            continue
        step = _step(asked, looked, alike if only else 0)
        if step is None:
            return
        steps.append(step)
        if isinstance(asked, Constrained):
            demand = _without(demand, asked, looked)
    yield from _with_room(case, looked, tuple(steps), demand)


def _without(demand: Demand, asked: Constrained, looked: Looked) -> Demand:
    """The demand without the constraint, or with one that allows one more where it counts instances."""
    relaxed = _relaxed(asked, looked)
    kept = ((relaxed if each == asked.constraint else each) for each in demand.constraints)
    return replace(demand, constraints=tuple(each for each in kept if each is not None))


def _relaxed(asked: Constrained, looked: Looked) -> Constraint | None:
    """None where there is no looser one but none at all."""
    if asked.constraint.operator is not Operator.MAX_PER or not (here := asked.here(looked.agent)):
        return None
    return replace(asked.constraint, value=str(here + 1))


def _with_room(case: Case, looked: Looked, steps: tuple[Step, ...], demand: Demand) -> Iterable[Change]:
    """With the demand cut to what is free and quotas raised for it, or cut to what quotas leave too."""
    scalars = dict(case.pieces.need.scalars)
    shrunk = shrink(demand, looked.piece, scalars, {})
    if shrunk is not None:
        plain = {kind: shrunk.demand.resources.scalars[kind] for kind in _plain_kinds(looked) if kind in scalars}
        raised = case.quota.raised(plain)
        if raised is not None:
            yield _change(case, looked, (*steps, *_shrinking(shrunk, looked), *raised), shrunk.demand)
    if looked.piece.over:
        shrunk = shrink(demand, looked.piece, scalars, case.pieces.allowed or {})
        if shrunk is not None:
            yield _change(case, looked, (*steps, *_shrinking(shrunk, looked)), shrunk.demand)


def _change(case: Case, looked: Looked, steps: tuple[Step, ...], demand: Demand) -> Change:
    waits = () if case.revives else tuple(_waiting(case, looked, demand))
    return Change((*case.first, *waits, *steps), None if demand == case.demand else demand)


def _waiting(case: Case, looked: Looked, demand: Demand) -> Iterable[Step]:
    """Less of the agent may be refused where the whole of it is not."""
    for asked in case.filters:
        if isinstance(asked, Refused):
            until_ms = replace(asked, need=need_of(demand)).until_ms(looked.agent)
            if until_ms is not None:
                left = until_ms - case.now
                text = f"revive, or wait until the filter ends in {format_duration(left)}"
                yield Step(Kind.WAIT, text, WAIT, left, looked.agent.agent_id, until_ms=until_ms)


def _plain_kinds(looked: Looked) -> Iterable[str]:
    return looked.piece.source.plain.resources.scalars


def _shrinking(shrunk: Shrunk, looked: Looked) -> Iterable[Step]:
    if shrunk.parts:
        rank = SHRINK_ONE if len(shrunk.parts) == 1 else SHRINK_SEVERAL
        where = f"in reservation {looked.piece.name} " if looked.piece.source.reservation_id else ""
        text = f"{' and '.join(shrunk.parts)} ({where}on agent {looked.hostname})"
        yield Step(Kind.SHRINK, text, rank, shrunk.cost, looked.agent.agent_id)


def _step(asked: Filter, looked: Looked, alone: int) -> Step | None:
    """What makes the filter say yes; None where nothing an operator or framework can change does."""
    agent_id, host = looked.agent.agent_id, looked.hostname
    match asked:
        case Constrained() if (relaxed := _relaxed(asked, looked)) is not None:
            return Step(Kind.RELAX, f"{relaxed} instead of {asked.constraint.value}", RELAX, asked.here(looked.agent))
        case Constrained():
            fits = f": would fit on {alone} {'agent' if alone == 1 else 'agents'}" if alone else ""
            return Step(Kind.DROP, f"drop the {asked.name}{fits}", DROP)
        case Active():
            why = looked.agent.slot.reason_inactive or "not active"
            if _away(why) == "operators":
                return Step(Kind.ACTIVATE, f"activate agent {host}: it is {why}", RETURN, 0, agent_id)
            return Step(Kind.RETURN, f"agent {host} active again: {asked.detail(looked.agent)}", RETURN, 1, agent_id)
        case Runtime():
            return Step(Kind.RUNTIME, f"the {asked.runtime} runtime on agent {host}", RUNTIME, 0, agent_id)
        case Containers():
            text = f"one container less on agent {host}, or a higher --max-containers there"
            return Step(Kind.CONTAINERS, text, RUNTIME, 1, agent_id)
    return None


def _away(reason: str) -> str:
    """By whom it comes back."""
    return "operators" if reason.startswith(BY_OPERATORS) else reason.partition(" ")[0]


def _one_more_agent(case: Case) -> Iterable[Change]:
    if case.demand.volume:
        return
    need = case.pieces.need
    agent = new_agent(case.demand, need, case.filters, [each.agent for each in case.looked])
    if agent is None:
        return
    if case.demand.revocable:
        lent = Resources({kind: each for kind, each in agent.resources.scalars.items() if kind in CPUS})
        own = f" of which {lent} may be lent" if lent else ""
        yield Change((*case.first, Step(Kind.ADD, _said(case, described(agent) + own), ADD)))
        return
    for kind, amount in need.scalars:
        lacking = case.quota.lacking(kind, amount)
        agent = with_room(agent, kind, lacking) if lacking else agent
    raised = tuple(case.quota.raised_limits(dict(need.scalars)))
    yield Change((*case.first, *raised, Step(Kind.ADD, _said(case, described(agent)), ADD)), agent=agent)


def _said(case: Case, agent: str) -> str:
    return agent if case.looked else f"start an agent (barter start agent --master HOST:PORT): {agent}"


def _order(change: Change) -> tuple[int, int, int, str]:
    return (
        len(change.steps),
        max((step.rank for step in change.steps), default=0),
        sum(step.cost for step in change.steps),
        change.text,
    )


def _undominated(changes: Iterable[Change]) -> list[Change]:
    """Without those that hold all steps of a smaller one, and more."""
    kept: list[Change] = []
    seen: list[frozenset[tuple[Kind, str]]] = []
    for change in changes:
        keys = frozenset(map(_key, change.steps))
        if not any(each <= keys for each in seen):
            kept.append(change)
            seen.append(keys)
    return kept


def _key(step: Step) -> tuple[Kind, str]:
    match step.kind:
        case Kind.RELAX:
            return step.kind, step.text.partition(" MAX_PER")[0]
        case Kind.DROP:
            return step.kind, step.text.partition(": would")[0]
        case Kind.SHRINK:
            return step.kind, " ".join(sorted(part.partition(" ")[0] for part in step.text.split(" and ")))
        case Kind.LIMIT | Kind.GUARANTEE:
            return step.kind, f"{step.role} {step.resource}"
        case Kind.WAIT | Kind.RETURN | Kind.ACTIVATE | Kind.RUNTIME | Kind.CONTAINERS:
            return step.kind, ""
    return step.kind, step.text
