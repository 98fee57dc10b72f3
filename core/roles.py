"""Roles: a tree of names (`eng/web` is below `eng`), and what operators set for them. Mesos' hierarchical roles."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

DEFAULT_ROLE = "*"
USUAL_WEIGHT_MILLI = 1_000
LONGEST_ROLE, DEEPEST_ROLE = 255, 8
_PART = re.compile(r"[A-Za-z0-9_.*][A-Za-z0-9_.*-]*")


@dataclass(frozen=True, slots=True)
class RoleConfig:
    """`guarantee` and `limit` are scalars in milli-units or bytes; a resource without a limit has none.

    `weight_milli` is how much of its parent the role deserves beside its siblings, 1,000 being usual.
    """

    role: str
    weight_milli: int = USUAL_WEIGHT_MILLI
    guarantee: Mapping[str, int] = field(default_factory=dict)
    limit: Mapping[str, int] = field(default_factory=dict)

    @property
    def usual(self) -> bool:
        return self.weight_milli == USUAL_WEIGHT_MILLI and not self.guarantee and not self.limit


class RolePart(StrEnum):
    """What of a role's config is meant."""

    ALL = ""
    WEIGHT = "WEIGHT"
    QUOTA = "QUOTA"


def check_role(role: str) -> str:
    """The role itself; raises ValueError saying what is wrong with it."""
    if role == DEFAULT_ROLE:
        return role
    parts = role.split("/")
    if len(role) > LONGEST_ROLE or len(parts) > DEEPEST_ROLE:
        raise ValueError(f"role {role[:80]!r}: at most {LONGEST_ROLE} characters and {DEEPEST_ROLE} levels")
    for part in parts:
        if part in (".", "..", DEFAULT_ROLE):
            raise ValueError(f"role {role[:80]!r}: {part!r} is no name of one role among others")
        if _PART.fullmatch(part) is None:
            raise ValueError(
                f"role {role[:80]!r}: {part!r} is not a name of letters, digits, _ . * and - that begins with no -"
            )
    return role


def lineage(role: str) -> Iterator[str]:
    """The role, then its parents up to the top one."""
    while role:
        yield role
        role = role.rpartition("/")[0]


def is_within(role: str, ancestor: str) -> bool:
    """Whether `role` is `ancestor` or below it."""
    return role == ancestor or role.startswith(f"{ancestor}/")
