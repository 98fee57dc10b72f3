"""How far a pull is, out of the lines that an engine writes of it."""

from collections.abc import Mapping
from typing import Any

from barter.core.units import format_bytes

_HERE = ("Download complete", "Verifying Checksum", "Extracting", "Pull complete", "Already exists")


class PullProgress:
    """Layers come one by one, so what there is altogether grows at first."""

    def __init__(self) -> None:
        self._layers: dict[str, tuple[int, int]] = {}

    def after(self, line: Mapping[str, Any]) -> str:
        """How far it is now, in words; empty while nothing is known."""
        layer, status = line.get("id"), line.get("status")
        if isinstance(layer, str) and isinstance(status, str):
            self._count(layer, status, line.get("progressDetail"))
        done, total = (sum(each) for each in zip(*self._layers.values(), strict=True)) if self._layers else (0, 0)
        if not total:
            return ""
        return f"{format_bytes(done)} of {format_bytes(total)}" if done < total else f"unpacking {format_bytes(total)}"

    def _count(self, layer: str, status: str, detail: Any) -> None:
        known = self._layers.get(layer, (0, 0))
        match status, detail:
            case "Downloading", {"current": int(current), "total": int(total)} if 0 <= current <= total:
                self._layers[layer] = current, total
                return
        if status in _HERE and known[1]:
            self._layers[layer] = known[1], known[1]
