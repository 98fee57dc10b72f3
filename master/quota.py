"""Whether a change of quotas adds up, with the arithmetic where it does not."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from barter.core.resources import format_scalar
from barter.core.roles import DEFAULT_ROLE, RoleConfig, check_role, lineage

LARGEST_AMOUNT = 1 << 53
Scalars = Mapping[str, int]
Configs = Mapping[str, RoleConfig]


@dataclass(frozen=True, slots=True)
class Problems:
    """A sentence each. Those of capacity yield to force, the others never do."""

    wrong: tuple[str, ...] = ()
    capacity: tuple[str, ...] = ()


def problems(
    before: Configs, changed: Iterable[RoleConfig], total: Scalars, held: Callable[[str], Scalars]
) -> Problems:
    """What stands against setting these: only what they bring with them.

    `total` is what the known private agents have, `held` what tasks and reservations of a role and those below it hold.
    """
    changed = tuple(changed)
    wrong = [*_twice(changed), *(found for each in changed for found in _wrong(each))]
    if wrong:
        return Problems(tuple(wrong))
    after = {**before, **{each.role: each for each in changed}}
    known = set(_hierarchy(before))
    wrong = [found for found in _hierarchy(after) if found not in known]
    capacity = [*_over_total(before, after, total), *_over_limits(before, changed, total, held)]
    return Problems(tuple(wrong), tuple(capacity))


def _twice(changed: tuple[RoleConfig, ...]) -> Iterator[str]:
    names = Counter(each.role for each in changed)
    yield from (f"role {name[:80]} is named twice" for name, times in names.items() if times > 1)


def _wrong(config: RoleConfig) -> Iterator[str]:
    """What no cluster could make right."""
    try:
        role = check_role(config.role)
    except ValueError as error:
        yield str(error)
        return
    if not 0 < config.weight_milli <= LARGEST_AMOUNT:
        yield f"role {role}: weight {config.weight_milli / 1000:g} is not above 0, or absurdly large"
    if role == DEFAULT_ROLE and (config.guarantee or config.limit):
        yield f"role {role}: it is everybody's, and has no quota: give its frameworks a role of their own"
    for what, amounts in (("guarantee", config.guarantee), ("limit", config.limit)):
        for kind, amount in amounts.items():
            if not 0 <= amount <= LARGEST_AMOUNT:
                yield f"role {role}: {what} of {kind}: {amount} is negative or absurdly large"
    for kind, least in config.guarantee.items():
        if least > config.limit.get(kind, least):
            yield f"role {role}: guarantee {said(kind, least)} is above its limit {said(kind, config.limit[kind])}"


def _hierarchy(configs: Configs) -> Iterator[str]:
    """Where children do not fit into what their parents have."""
    needed = guarantees_needed(configs)
    children = _by_parent(needed)
    for role in sorted(needed):
        own, parts = configs.get(role) or RoleConfig(role), children.get(role, [])
        for kind in sorted({kind for part in parts for kind in needed[part]}):
            below, sums = sum(needed[part].get(kind, 0) for part in parts), _sum(needed, parts, kind)
            if kind in own.guarantee and below > own.guarantee[kind]:
                yield f"guarantees below {role}: {sums}, {role} has {said(kind, own.guarantee[kind])}"
            elif below > own.limit.get(kind, below):
                yield f"guarantees below {role}: {sums}, above the limit of {role}, {said(kind, own.limit[kind])}"
    for role, config in sorted(configs.items()):
        for kind, limit in sorted(config.limit.items()):
            for above in list(lineage(role))[1:]:
                upper = configs[above].limit.get(kind) if above in configs else None
                if upper is not None and limit > upper:
                    yield f"limit of {role}: {said(kind, limit)}, above that of {above}, {said(kind, upper)}"
                if upper is not None:
                    break


def _over_total(before: Configs, after: Configs, total: Scalars) -> Iterator[str]:
    """Guarantees of the top roles that the agents together do not have, where the change raised them."""
    was, now = guarantees_needed(before), guarantees_needed(after)
    tops = [role for role in sorted(now) if "/" not in role]
    for kind in sorted({kind for role in tops for kind in now[role]}):
        wanted = sum(now[role].get(kind, 0) for role in tops)
        former = sum(was[role].get(kind, 0) for role in was if "/" not in role)
        if wanted > total.get(kind, 0) and wanted > former:
            has = _bare(kind, total.get(kind, 0))
            yield f"guarantees of top roles: {_sum(now, tops, kind)}, private agents have {has}"


def _over_limits(
    before: Configs, changed: Iterable[RoleConfig], total: Scalars, held: Callable[[str], Scalars]
) -> Iterator[str]:
    """Limits under what is held already, and such of which no agent has any, where the change brings them."""
    for config in changed:
        former = before[config.role].limit if config.role in before else {}
        lowered = {kind: limit for kind, limit in config.limit.items() if limit < former.get(kind, LARGEST_AMOUNT + 1)}
        holds = held(config.role) if lowered else {}
        for kind, limit in sorted(lowered.items()):
            if total and kind not in total:
                yield f"limit of {config.role}: no agent has {kind}, they have {', '.join(sorted(total))}"
            elif holds.get(kind, 0) > limit:
                holding = f"its tasks and reservations hold {said(kind, holds[kind])}"
                yield f"limit of {config.role}: {said(kind, limit)}, {holding}"


def guarantees_needed(configs: Configs, consumed: Callable[[str], Scalars] = lambda role: {}) -> dict[str, Scalars]:
    """By role, parents included, what its guarantee or those below it together ask beyond what is consumed."""
    roles = {above for role, config in configs.items() if config.guarantee for above in lineage(role)}
    needed: dict[str, Scalars] = {}
    children = _by_parent(roles)
    for role in sorted(roles, key=lambda role: -role.count("/")):
        own = configs[role].guarantee if role in configs else {}
        has = consumed(role) if own else {}
        parts = [needed[child] for child in children.get(role, [])]
        below = {kind: sum(part.get(kind, 0) for part in parts) for part in parts for kind in part}
        lacking = {kind: max(least - has.get(kind, 0), below.get(kind, 0)) for kind, least in own.items()}
        needed[role] = {**below, **lacking}
    return needed


def _by_parent(roles: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for role in sorted(roles):
        found.setdefault(role.rpartition("/")[0], []).append(role)
    return found


def said(kind: str, amount: int) -> str:
    """`70 cpus`, `10GiB mem`."""
    return f"{_bare(kind, amount)} {kind}"


def _bare(kind: str, amount: int) -> str:
    return format_scalar(kind, amount)


def _sum(needed: Mapping[str, Scalars], roles: Iterable[str], kind: str) -> str:
    """`eng 40 + ops 30 = 70 cpus`."""
    parts = [(role, needed[role].get(kind, 0)) for role in roles if needed[role].get(kind, 0)]
    terms = " + ".join(f"{role} {_bare(kind, amount)}" for role, amount in parts)
    return f"{terms} = {said(kind, sum(amount for _, amount in parts))}"
