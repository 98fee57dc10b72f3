"""Agents by what says no to them: counted by filter, grouped by equal answers, and the largest piece that is free."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from barter.core import ranges as rng
from barter.core.resources import Resources
from barter.master.allocator.explanation import (
    EXAMPLES,
    FINDINGS,
    GROUPS,
    AgentGroup,
    Finding,
    LargestPiece,
    Reason,
    Verdict,
)
from barter.master.allocator.filters import Active, Filter, Refused, Runtime, Side
from barter.master.allocator.pieces import QUOTA, Looked, Pieces
from barter.master.allocator.resource_filters import ResourceFilter, Scalar


def reasons(looked: Sequence[Looked], filters: Sequence[Filter], pieces: Pieces) -> tuple[Reason, ...]:
    """For each filter that says no to some, in the order in which they are asked."""
    failing: defaultdict[str, list[Looked]] = defaultdict(list)
    for each in looked:
        for name in each.names:
            failing[name].append(each)
    found = [_reason(asked.name, failing[asked.name], _found(asked, failing[asked.name])) for asked in filters]
    found += [_reason(asked.name, failing[asked.name], _most(asked, failing[asked.name])) for asked in pieces.filters]
    found.append(_reason(QUOTA, failing[QUOTA], _over(failing[QUOTA], pieces)))
    return tuple(each for each in found if each.agents)


def _reason(name: str, failing: Sequence[Looked], findings: Iterable[Finding]) -> Reason:
    alone = sum(len(each.names) == 1 for each in failing)
    return Reason(name, len(failing), alone, tuple(findings), _examples(failing))


def _found(asked: Filter, failing: Sequence[Looked]) -> Iterable[Finding]:
    counted = Counter(asked.finding(each.agent) for each in failing)
    return [Finding(found, agents) for found, agents in counted.most_common(FINDINGS)]


def _most(asked: ResourceFilter, failing: Sequence[Looked]) -> Iterable[Finding]:
    """Of those without enough the one with the most."""
    if not failing:
        return ()
    most = min(failing, key=lambda each: asked.missing(each.piece.held))
    said = asked.detail(most.piece.held, most.piece.total)
    return (Finding(f"{said} on {most.hostname}" + (", the most there is" if len(failing) > 1 else ""), len(failing)),)


def _over(failing: Sequence[Looked], pieces: Pieces) -> Iterable[Finding]:
    plain = {id(each.piece.source): each.piece for each in failing}
    said = {key: pieces.quota_detail(piece) for key, piece in plain.items()}
    counted = Counter(said[id(each.piece.source)] for each in failing)
    return [Finding(found, agents) for found, agents in counted.most_common(FINDINGS)]


def _examples(looked: Sequence[Looked]) -> tuple[str, ...]:
    return tuple(each.hostname for each in looked[:EXAMPLES])


def grouped(looked: Sequence[Looked], filters: Sequence[Filter], pieces: Pieces) -> tuple[AgentGroup, ...]:
    """The largest groups first; what says no to the first of each, with what it compared."""
    groups: defaultdict[tuple[str, ...], list[Looked]] = defaultdict(list)
    for each in looked:
        groups[each.names].append(each)
    largest = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return tuple(
        AgentGroup(names, len(members), _examples(members), _noes(members[0], filters, pieces))
        for names, members in largest[:GROUPS]
    )


def _noes(looked: Looked, filters: Sequence[Filter], pieces: Pieces) -> tuple[Verdict, ...]:
    said = (asked.verdict(looked.agent) for asked in filters if asked in looked.failing)
    return (*said, *(each for each in pieces.verdicts(looked.piece) if not each.passed))


def largest_pieces(looked: Sequence[Looked], pieces: Pieces) -> tuple[LargestPiece, ...]:
    """Of all agents that are active and could run it; and of those that everything but resources allows."""
    if not pieces.filters:
        return ()
    able = [
        each for each in looked if not any(isinstance(no, Active | Side | Runtime | Refused) for no in each.failing)
    ]
    allowed = [each for each in able if not each.failing]
    found = [
        _piece(max(each, key=lambda one: _fraction(one, pieces)), pieces, allowed=False) for each in (able,) if each
    ]
    if len(allowed) < len(able):
        found += [
            _piece(max(each, key=lambda one: _fraction(one, pieces)), pieces, allowed=True)
            for each in (allowed,)
            if each
        ]
    return tuple(found)


def _fraction(looked: Looked, pieces: Pieces) -> tuple[int, int]:
    """How much of one task fits, by its scarcest resource; then by all of them."""
    parts = [min(asked.missing(looked.piece.held), 1000) for asked in pieces.filters]
    held = looked.piece.held.scalars
    spare = sum(min(held.get(name, 0) * 1000 // amount, 1_000_000) for name, amount in pieces.need.scalars)
    return -max(parts), spare - sum(parts)


def _piece(looked: Looked, pieces: Pieces, *, allowed: bool) -> LargestPiece:
    held = looked.piece.held
    wanted = {asked.resource for asked in pieces.filters if isinstance(asked, Scalar)}
    free = Resources({name: held.scalars.get(name, 0) for name in sorted(wanted)})
    ports = rng.size(held.ports) if pieces.need.port_count or pieces.need.named_ports else 0
    return LargestPiece(looked.agent.agent_id, looked.hostname, free, ports, looked.piece.name, allowed)
