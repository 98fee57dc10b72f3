"""What the codec refuses, with the field's name: for senders that are not ours."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

PROTOCOLS = frozenset({"tcp", "udp"})
# Sums over a cluster stay within the wire's 64 bits, and each amount is exact in JSON.
LARGEST_AMOUNT = 1 << 53
LONGEST_NAME, LONGEST_URL = 255, 2_000
LARGEST_DEFINITION = 256 << 10
EnumT = TypeVar("EnumT", bound=StrEnum)


@cache
def _by_text(kind: type[StrEnum]) -> Mapping[str, Any]:
    return {each.value: each for each in kind}


def member(field: str, kind: type[EnumT], text: str) -> EnumT:
    try:
        found: EnumT = _by_text(kind)[text]
        return found
    except KeyError:
        raise ValueError(
            f"{field}: {text[:80]!r} is not one of {', '.join(each or '(empty)' for each in kind)}"
        ) from None


def check_amount(field: str, amount: int) -> None:
    if amount > LARGEST_AMOUNT:
        raise ValueError(f"{field}: {amount} is absurdly large, at most {LARGEST_AMOUNT} is meant")


def check_port(field: str, number: int, protocol: str) -> None:
    if not 1 <= number <= 65535:
        raise ValueError(f"{field}: {number} is outside 1-65535")
    if protocol not in PROTOCOLS:
        raise ValueError(f"{field}: protocol {protocol!r} is neither tcp nor udp")


def check_name(field: str, text: str, longest: int = LONGEST_NAME) -> str:
    """Return `text` when it may be kept, listed and printed: short, and without control characters."""
    if len(text) > longest:
        raise ValueError(f"{field}: {len(text)} characters are too many, at most {longest}: {text[:80]!r}...")
    if not text.isprintable():
        raise ValueError(f"{field}: {text[:80]!r} has control characters")
    return text


def check_size(field: str, size: int) -> None:
    """For definitions as a whole, which every participant keeps and tells again. `size` in bytes."""
    if size > LARGEST_DEFINITION:
        raise ValueError(
            f"{field}: its definition has {size} bytes, at most {LARGEST_DEFINITION}; fetch what is larger"
        )
