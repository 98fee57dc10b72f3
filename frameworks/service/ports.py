"""Which of an offer's ports an instance takes."""

from collections.abc import Iterator, Sequence
from itertools import cycle, islice

from barter.core import ranges as rng
from barter.core.ranges import Ranges
from barter.core.tasks import Network
from barter.frameworks.service.app import App, Port


def fixed(app: App) -> Ranges:
    """The host ports the app insists on."""
    if app.network is Network.OWN:
        return ()
    return rng.of_numbers(port.host_port for port in app.ports if port.host_port)


def chosen_count(app: App) -> int:
    """How many ports are any that the offer has."""
    return 0 if app.network is Network.OWN else sum(not port.host_port for port in app.ports)


def take(ports: Sequence[Port], free: Ranges, turn: int, most: int = 1) -> list[tuple[int, ...]]:
    """Host ports out of `free` for up to `most` instances, each as `ports` has it; none where there are too few.

    Free choices start at a place that moves with `turn`, so that a port just freed is not the next one taken.
    """
    insisted = rng.of_numbers(port.host_port for port in ports if port.host_port)
    if not rng.contains(free, insisted):
        return []
    rest = rng.subtract(free, insisted)
    wanted, size = sum(not port.host_port for port in ports), rng.size(rest)
    count = min(most, size // wanted if wanted else most, 1 if insisted else most)
    chosen = _from(rest, turn % size if size else 0)
    return [tuple(port.host_port or next(chosen) for port in ports) for _ in range(count)]


def _from(ranges: Ranges, start: int) -> Iterator[int]:
    """All numbers, beginning with the one at index `start` and going round."""
    return islice(cycle(rng.numbers(ranges)), start, None)
