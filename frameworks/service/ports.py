"""Which of an offer's ports an instance takes."""

from collections.abc import Sequence

from barter.core import ranges as rng
from barter.core.ranges import Ranges
from barter.frameworks.service.app import App, Port


def fixed(app: App) -> Ranges:
    """The host ports the app insists on."""
    return rng.of_numbers(port.host_port for port in app.ports if port.host_port)


def chosen_count(app: App) -> int:
    """How many ports are any that the offer has."""
    return sum(not port.host_port for port in app.ports)


def take(ports: Sequence[Port], free: Ranges, turn: int) -> tuple[int, ...] | None:
    """A host port for each of `ports` out of `free`, or None where there are too few.

    Free choices start at a place that moves with `turn`, so that a port just freed is not the next one taken.
    """
    insisted = rng.of_numbers(port.host_port for port in ports if port.host_port)
    if not rng.contains(free, insisted):
        return None
    rest = rng.subtract(free, insisted)
    wanted = sum(not port.host_port for port in ports)
    size = rng.size(rest)
    if size < wanted:
        return None
    chosen = iter([_nth(rest, (turn + step) % size) for step in range(wanted)])
    return tuple(port.host_port or next(chosen) for port in ports)


def _nth(ranges: Ranges, index: int) -> int:
    for low, high in ranges:
        if index <= high - low:
            return low + index
        index -= high - low + 1
    raise IndexError("fewer numbers than that")
