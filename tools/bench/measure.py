"""A measured number with the floor it stands on, and what many measurements become one by."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Progress = Callable[[str], None]


class BenchFailed(Exception):
    """Something under measurement did not do what it should; the message says what and where to look."""


@dataclass(frozen=True, slots=True)
class Result:
    """`ratio` is value / floor: rates aim high, times low. No floor: the number is itself a ratio."""

    bench: str
    metric: str
    value: float
    unit: str
    floor: float | None = None

    @property
    def ratio(self) -> float:
        return self.value / self.floor if self.floor else self.value

    def as_json(self) -> dict[str, object]:
        return {
            "bench": self.bench,
            "metric": self.metric,
            "value": _shown(self.value),
            "unit": self.unit,
            "floor": None if self.floor is None else _shown(self.floor),
            "ratio": _shown(self.ratio),
        }


def _shown(value: float) -> float:
    """Without digits that say nothing, and with those that small times need."""
    return round(value, 4) if abs(value) >= 1 else float(f"{value:.4g}")


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that `percent` of a hundred do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(-(-len(ranked) * percent // 100) - 1, 0)]
