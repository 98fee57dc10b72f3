"""Placement constraints over an agent's attributes, with Marathon's operators.

The special fields `@hostname`, `@zone` and `@region` (and Marathon's bare `hostname`) are attributes too.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from barter.core.patterns import compiled, matches

Attributes = Mapping[str, str]

HOSTNAME, ZONE, REGION = "@hostname", "@zone", "@region"
_ALIASES = {"hostname": HOSTNAME, "zone": ZONE, "region": REGION}


class Operator(StrEnum):
    UNIQUE = "UNIQUE"
    CLUSTER = "CLUSTER"
    GROUP_BY = "GROUP_BY"
    LIKE = "LIKE"
    UNLIKE = "UNLIKE"
    MAX_PER = "MAX_PER"
    IS = "IS"


_NEEDS_VALUE = {Operator.LIKE, Operator.UNLIKE, Operator.MAX_PER, Operator.IS}
_NEEDS_NUMBER = {Operator.MAX_PER, Operator.GROUP_BY}


@dataclass(frozen=True, slots=True)
class Constraint:
    """`field operator value`, checked when made; raises ValueError on an impossible one."""

    field: str
    operator: Operator
    value: str = ""

    def __post_init__(self) -> None:
        if not self.field:
            raise ValueError("a constraint needs a field")
        if self.operator in _NEEDS_VALUE and not self.value:
            raise ValueError(f"{self.operator} needs a value")
        if self.operator is Operator.UNIQUE and self.value:
            raise ValueError("UNIQUE takes no value")
        if self.operator in _NEEDS_NUMBER and self.value and not _is_count(self.value):
            raise ValueError(f"{self.operator} needs a whole number > 0, not {self.value[:80]!r}")
        if self.operator in (Operator.LIKE, Operator.UNLIKE):
            compiled(self.value)

    def __str__(self) -> str:
        return " ".join(part for part in (self.field, self.operator, self.value) if part)


def _is_count(text: str) -> bool:
    return text.isdecimal() and len(text) <= 9 and int(text) > 0


def canonical(field: str) -> str:
    """The field's name with its `@`, where it is a special one's bare name."""
    return _ALIASES.get(field, field)


def field_value(attributes: Attributes, field: str) -> str | None:
    return attributes.get(field, attributes.get(canonical(field)))


def home(placed: Counter[str]) -> str:
    """Where most instances run, which CLUSTER without a value keeps to; the first by name among equals, or empty."""
    return min((place for place, count in placed.items() if count), key=lambda at: (-placed[at], at), default="")


def refusal(constraint: Constraint, attributes: Attributes, placed: Counter[str], known: frozenset[str]) -> str:
    """Why an agent with `attributes` does not satisfy `constraint`; empty when it does.

    `placed` counts the values of the constraint's field where instances already run; `known` holds every value
    of that field in the cluster (for GROUP_BY without a number).
    """
    value = field_value(attributes, constraint.field)
    if constraint.operator is Operator.UNLIKE:
        alike = value is not None and matches(constraint.value, value)
        return f"{constraint}: {constraint.field} is {value}" if alike else ""
    if value is None:
        return f"{constraint}: the agent has no attribute {constraint.field}"
    satisfied, found = _judge(constraint, value, placed, known)
    return "" if satisfied else f"{constraint}: {found}"


def _judge(constraint: Constraint, value: str, placed: Counter[str], known: frozenset[str]) -> tuple[bool, str]:
    here, wanted = placed[value], constraint.value
    match constraint.operator:
        case Operator.UNIQUE:
            return here == 0, f"{here} already on {value}"
        case Operator.MAX_PER:
            return here < int(wanted), f"{here} already on {value}"
        case Operator.CLUSTER:
            there = wanted or home(placed) or value
            return (
                value == there,
                f"{constraint.field} is {value}, {'wanted is' if wanted else 'the others run on'} {there}",
            )
        case Operator.IS:
            return value == wanted, f"{constraint.field} is {value}"
        case Operator.LIKE:
            return matches(wanted, value), f"{constraint.field} is {value}"
        case Operator.GROUP_BY:
            return _balanced(here, placed, known, int(wanted or 0)), f"{here} already on {value}, others have fewer"
        case Operator.UNLIKE:
            raise AssertionError("UNLIKE is judged by refusal()")


def _balanced(here: int, placed: Counter[str], known: frozenset[str], groups: int) -> bool:
    """Whether one more beside `here` keeps the groups level; a new value comes first until there are `groups`."""
    values = known | placed.keys()
    unused = max(groups - len(values), 0)
    fewest = 0 if unused else min((placed[value] for value in values), default=0)
    return here <= fewest
