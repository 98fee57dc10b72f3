"""What roles consume, added up without the master's sums: change by change, for each role and those above it."""

from collections.abc import Mapping

from barter.core.roles import lineage


class Consumption:
    """By role and kind: what its own and those below it have of plain resources in tasks and offers, and in
    reservations, used or not."""

    def __init__(self) -> None:
        self._consumed: dict[str, dict[str, int]] = {}

    def of(self, role: str, kind: str) -> int:
        return self._consumed.get(role, {}).get(kind, 0)

    def change(self, role: str, scalars: Mapping[str, int], sign: int) -> None:
        for above in lineage(role):
            consumed = self._consumed.setdefault(above, {})
            for kind, amount in scalars.items():
                consumed[kind] = consumed.get(kind, 0) + sign * amount

    def clear(self) -> None:
        self._consumed.clear()
