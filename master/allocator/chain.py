"""What is asked of a framework and its role before any agent is looked at, each with what it compared."""

from collections import Counter
from collections.abc import Iterator, Sequence

from barter.core.cluster import Demand
from barter.core.resources import format_scalar
from barter.core.units import format_duration
from barter.master.allocator.explanation import Kind, ShareLevel, Step, Verdict
from barter.master.allocator.filters import Active, Refused
from barter.master.allocator.index import Index
from barter.master.allocator.model import Seeker
from barter.master.allocator.nodes import Group, Role
from barter.master.allocator.pieces import Looked
from barter.master.allocator.quota_changes import RoleQuota
from barter.master.allocator.room import need_of
from barter.master.allocator.spread import needs_all_counts

SOME = 3


class Chain:
    def __init__(
        self, index: Index, seeker: Seeker, demand: Demand, quota: RoleQuota, looked: Sequence[Looked], now: int
    ) -> None:
        self._index, self._seeker, self._demand, self._quota = index, seeker, demand, quota
        self._looked, self._now = looked, now
        self._fitting = any(each.fits for each in looked)

    def verdicts(self) -> tuple[Verdict, ...]:
        seeker, demand = self._seeker, self._demand
        roles = f"wants role {demand.role}, subscribed to {', '.join(seeker.roles)}"
        return (
            Verdict("connected", seeker.connected, f"{seeker.name} is {'' if seeker.connected else 'not '}connected"),
            Verdict("suppressed", demand.role not in seeker.suppressed, _suppression(seeker, demand.role)),
            Verdict("role", demand.role in seeker.roles, roles),
            *self._limits(),
            *self._headroom(),
            Verdict("share", True, self._share()),
            *self._awaited(),
            self._count(),
            *self._filters(),
            *self._states(),
        )

    def _limits(self) -> Iterator[Verdict]:
        """A limit that is reached is in the way of what is plain: a reservation may still serve."""
        for each in self._quota.limits(dict(need_of(self._demand).scalars)):
            used, limit, left, wanted = (
                format_scalar(each.resource, amount) for amount in (each.consumed, each.limit, each.left, each.wanted)
            )
            binds = ", which binds" if each.binds else ""
            told = f"{each.resource}: {used} of {limit} used, {left} left; a task wants {wanted}{binds}"
            never = each.wanted > each.limit
            more = ", more than the whole limit" if never else ""
            passed = each.wanted <= each.left or self._fitting
            yield Verdict(f"limit {each.role}", passed, told + more)

    def _headroom(self) -> Iterator[Verdict]:
        needed = dict(need_of(self._demand).scalars)
        for kind in sorted(self._index.tree.kinds & needed.keys()):
            kept = [each for each in self._quota.held_back() if each.resource == kind]
            if kept:
                free = format_scalar(kind, max(self._index.free.get(kind, 0), 0))
                whose = ", ".join(f"{format_scalar(kind, each.amount)} for {each.role}" for each in kept)
                passed = self._fitting or not self._quota.lacking(kind, needed[kind])
                yield Verdict("guarantees", passed, f"{kind}: {free} free, kept for others' guarantees: {whose}")

    def _share(self) -> str:
        """A place alone withholds nothing that fits."""
        levels = self.shares()
        if not levels:
            return f"role {self._demand.role} is not in line"
        return "; ".join(map(_level, levels))

    def shares(self) -> tuple[ShareLevel, ...]:
        """From the top of the tree down to the framework; empty where it is not in the tree."""
        leaf = self._index.leaf(self._seeker.framework_id, self._demand.role)
        if leaf is None:
            return ()
        found: list[ShareLevel] = []
        names: dict[str, str] = {each.framework_id: each.name for each in self._index.seekers.values()}
        group = [names.get(name, name) for _, name, _ in leaf.group.order]
        place = [child for _, _, child in leaf.group.order].index(leaf)
        found.append(
            ShareLevel(self._seeker.name, leaf.share, 1000, place + 1, len(group), tuple(group[:place][-SOME:]))
        )
        node: Role | Group = leaf.group
        above: Role | None = leaf.group.role
        while above is not None:
            if not (isinstance(node, Group) and len(above.order) == 1):
                found.append(_of_level(node, above))
            node, above = above, above.parent
        return tuple(reversed(found))

    def _awaited(self) -> Iterator[Verdict]:
        awaited = self._index.awaited
        if not awaited:
            return
        away = f"{awaited} {'agent is' if awaited == 1 else 'agents are'} not back since the master's start"
        if needs_all_counts(self._demand):
            yield Verdict("awaited", False, f"{away}, and a constraint has to count the instances on them")
        elif self._quota.role.limited:
            yield Verdict("awaited", False, f"{away}, and what runs there counts against a limit of the role")
        else:
            yield Verdict("awaited", True, f"{away}, which does not matter for this demand")

    def _count(self) -> Verdict:
        out = self._index.tally(self._seeker.framework_id, self._demand.demand_id).out
        open_count = max(self._demand.count - out, 0)
        told = f"{open_count} to be offered: {self._demand.count} wanted, {out} in unanswered offers"
        return Verdict("count", open_count > 0, told)

    def _filters(self) -> Iterator[Verdict]:
        """Refusals in force on agents that are otherwise possible, and until when."""
        ends: list[int] = []
        refused = otherwise = 0
        for each in self._looked:
            asked = next((no for no in each.failing if isinstance(no, Refused)), None)
            if asked is not None:
                refused += 1
                otherwise += len(each.names) == 1
                ends.append(asked.until_ms(each.agent) or self._now)
        if refused:
            first, last = (format_duration(end - self._now) for end in (min(ends), max(ends)))
            times = f"for another {first}" if first == last else f"the first for another {first}, the last for {last}"
            told = f"{_agents(refused)} refused by {self._seeker.name}, {times}"
            in_the_way = bool(otherwise) and not self._fitting
            yield Verdict("filters", not in_the_way, f"{told}; {otherwise} of them would fit" if otherwise else told)

    def _states(self) -> Iterator[Verdict]:
        away = Counter(
            each.agent.slot.reason_inactive or "not active"
            for each in self._looked
            if any(isinstance(no, Active) for no in each.failing)
        )
        active = len(self._looked) - sum(away.values())
        slots = (each.agent.slot for each in self._looked)
        leaving = sum(slot.active and bool(slot.unavailable_from_ms) for slot in slots)
        told = [f"{active} of {_agents(len(self._looked))} active", *(f"{n} {why}" for why, n in away.most_common(6))]
        if leaving:
            told.append(f"{leaving} with announced maintenance")
        yield Verdict("agents", active > 0, ", ".join(told))


def first_steps(index: Index, seeker: Seeker, demand: Demand) -> tuple[Step, ...]:
    """What the framework needs before any agent can be offered to it."""
    steps: list[Step] = []
    limited = RoleQuota(index, demand.role, public=demand.on_public).role.limited
    if index.awaited and (needs_all_counts(demand) or limited):
        steps.append(Step(Kind.WAIT, "wait until the agents are back, or given up after the agent timeout"))
    if not seeker.connected:
        steps.append(Step(Kind.START, f"start the framework {seeker.name} again: it is not connected"))
    if demand.role in seeker.suppressed:
        steps.append(Step(Kind.REVIVE, f"revive: the framework {seeker.name} suppressed its offers", role=demand.role))
    if demand.role not in seeker.roles:
        text = f"subscribe the framework {seeker.name} to role {demand.role}"
        steps.append(Step(Kind.SUBSCRIBE, text, role=demand.role))
    return tuple(steps)


def _suppression(seeker: Seeker, role: str) -> str:
    if not seeker.suppressed:
        return f"{seeker.name} takes offers"
    roles = ", ".join(sorted(seeker.suppressed))
    takes = "" if role in seeker.suppressed else f", but takes them for {role}"
    return f"{seeker.name} suppressed its offers for {roles}{takes}"


def _of_level(node: Role | Group, above: Role) -> ShareLevel:
    order = [child for _, _, child in above.order]
    names = [f"{above.name}'s own" if isinstance(each, Group) else each.name for each in order]
    place = order.index(node)
    weight = 1000 if isinstance(node, Group) else node.config.weight_milli
    return ShareLevel(names[place], node.share, weight, place + 1, len(order), tuple(names[:place][-SOME:]))


def _level(level: ShareLevel) -> str:
    weight = f" at weight {level.weight_milli / 1000:g}" if level.weight_milli != 1000 else ""
    before = f", behind {', '.join(level.before)}" if level.before else ""
    return f"{level.name} has share {level.share:.2f}{weight}, {level.place} of {level.among}{before}"


def _agents(count: int) -> str:
    return f"{count} {'agent' if count == 1 else 'agents'}"
