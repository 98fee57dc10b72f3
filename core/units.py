"""Quantities at the human edge: text with units to integers, and back."""

import re
from decimal import Decimal

MILLI = 1000
KIB, MIB, GIB, TIB = 1 << 10, 1 << 20, 1 << 30, 1 << 40

_BYTE_UNITS = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KIB": KIB,
    "MIB": MIB,
    "GIB": GIB,
    "TIB": TIB,
    "K": KIB,
    "M": MIB,
    "G": GIB,
    "T": TIB,
}
_TIME_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)")
_LARGEST = 1 << 62


def parse_milli(text: str) -> int:
    """`"1.5"` -> 1500. Raises ValueError on signs, NaN, or more than three decimals."""
    try:
        scaled = Decimal(text.strip()) * MILLI
    except ArithmeticError:
        raise ValueError(f"{text!r} is not a number") from None
    if not scaled.is_finite() or scaled < 0 or scaled > _LARGEST:
        raise ValueError(f"{text!r} is not a finite number >= 0")
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} is finer than a thousandth")
    return int(scaled)


def parse_bytes(text: str) -> int:
    """`"8GiB"` -> bytes. A bare number other than 0 is refused: its unit would be a guess."""
    amount, unit = _split(text)
    if not unit and amount:
        raise ValueError(f"{text!r} has no unit: write {text}MiB or {text}GiB")
    factor = _BYTE_UNITS.get(unit.upper()) if unit else 1
    if factor is None:
        raise ValueError(f"{text!r}: unknown unit {unit!r}, use one of B, KiB, MiB, GiB, TiB")
    return _bounded(text, amount * factor)


def parse_duration_ms(text: str) -> int:
    """`"10m"` -> milliseconds. Units: ms, s, m, h, d; a bare number is seconds."""
    amount, unit = _split(text)
    factor = _TIME_UNITS_MS.get(unit.lower() or "s")
    if factor is None:
        raise ValueError(f"{text!r}: unknown unit {unit!r}, use one of ms, s, m, h, d")
    return _bounded(text, amount * factor)


def ms_of(seconds: float) -> int:
    """1.5 -> 1500."""
    return round(seconds * 1000)


def format_milli(milli: int) -> str:
    """1500 -> `"1.5"`."""
    whole, rest = divmod(milli, MILLI)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".")


def format_bytes(count: int) -> str:
    """A byte count in the largest unit that says it in one decimal or above ten: `"1.5GiB"`, `"2047.9MiB"`.

    Never more than `count`: where it cannot be said exactly it is rounded down.
    """
    for unit, size in (("TiB", TIB), ("GiB", GIB), ("MiB", MIB), ("KiB", KIB)):
        tenths, rest = divmod(count * 10, size)
        if tenths >= 100 or (tenths >= 10 and not rest):
            whole, tenth = divmod(tenths, 10)
            return f"{whole}.{tenth}{unit}" if tenth else f"{whole}{unit}"
    return f"{count}B"


def format_duration(ms: int) -> str:
    """The two largest units: `"2h 5m"`, `"340ms"`."""
    if ms < 1000:
        return f"{ms}ms"
    parts: list[str] = []
    for unit in ("d", "h", "m", "s"):
        count, ms = divmod(ms, _TIME_UNITS_MS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2])


def _split(text: str) -> tuple[Decimal, str]:
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a quantity like 512MiB or 30s")
    return Decimal(match[1]), match[2]


def _bounded(text: str, amount: Decimal) -> int:
    if amount > _LARGEST:
        raise ValueError(f"{text!r} is absurdly large")
    return int(amount)
