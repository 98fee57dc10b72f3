"""What an agent is, as it registered, and whether what it would say of itself now may follow on that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from barter.core import ranges as rng
from barter.core.cluster import AgentInfo
from barter.core.resources import Resources, format_scalar

HOSTNAME = "hostname"
ValueT = TypeVar("ValueT")


class ChangeRefused(ValueError):
    """What is less or other than it was, and the ways out."""


@dataclass(frozen=True, slots=True)
class Description:
    """`given` are the kinds of resources, and "hostname", that were stated at its start: the others were found."""

    info: AgentInfo
    given: frozenset[str] = frozenset()


def check_change(before: Description, now: Description) -> None:
    """More of anything may be there, and what was only found may be less. Raises ChangeRefused on what else changed."""
    if not (problems := [*_resources(before, now), *_identity(before, now)]):
        return
    host = before.info.hostname
    raise ChangeRefused(
        f"agent {before.info.agent_id} ({host}) registered as something else, and what was placed there counts on it: "
        f"{'; '.join(problems)}. Its tasks run on, nothing was touched. Start it as it was. To give that up, start it "
        f"as it was, `barter drain {host} --wait`, end it by SIGUSR1 so that it leaves for good, and start it as it is "
        f"to be. If it cannot be as it was: `barter gone {host}`, and start it with an empty --work-dir"
    )


def _resources(before: Description, now: Description) -> Iterator[str]:
    had, has = before.info.resources, now.info.resources
    for kind in sorted({*had.scalars, *had.ranges, *had.sets}):
        if kind not in before.given | now.given or _only(had, kind) in has:
            continue
        ways = [f"{_said(each.info.resources, kind)} ({_how(each, kind)})" for each in (now, before)]
        yield f"{kind} is {ways[0]}, was {ways[1]}"


def _identity(before: Description, now: Description) -> Iterator[str]:
    had, has = before.info, now.info
    for name, value in sorted(had.attributes.items()):
        if has.attributes.get(name) != value:
            is_now = repr(has.attributes[name]) if name in has.attributes else "gone"
            yield f"attribute {name} is {is_now}, was {value!r}"
    if had.public != has.public:
        yield f"it is {_side(has)} now, was {_side(had)}"
    if had.hostname != has.hostname and HOSTNAME in before.given | now.given:
        ways = [f"{each.info.hostname!r} ({_how(each, HOSTNAME)})" for each in (now, before)]
        yield f"the hostname is {ways[0]}, was {ways[1]}"


def _only(held: Resources, kind: str) -> Resources:
    return Resources(_of(held.scalars, kind), _of(held.ranges, kind), _of(held.sets, kind))


def _of(held: Mapping[str, ValueT], kind: str) -> dict[str, ValueT]:
    return {kind: held[kind]} if kind in held else {}


def _said(held: Resources, kind: str) -> str:
    if kind in held.ranges:
        return f"[{rng.render(held.ranges[kind])}]"
    if kind in held.sets:
        return f"{{{','.join(sorted(held.sets[kind]))}}}"
    return format_scalar(kind, held.scalars.get(kind, 0))


def _how(each: Description, name: str) -> str:
    return "stated" if name in each.given else "found"


def _side(info: AgentInfo) -> str:
    return "public" if info.public else "private"
