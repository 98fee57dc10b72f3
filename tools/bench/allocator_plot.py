"""What a pass and an event cost, against agents and against frameworks: two SVG files, both axes logarithmic."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from barter.tools.bench import allocator
from barter.tools.bench.machine import describe
from barter.tools.bench.measure import Progress, median

AGENTS, FRAMEWORKS = (100, 300, 1_000, 3_000, 10_000, 30_000, 50_000), (10, 30, 100, 300, 1_000)
USUAL_AGENTS, USUAL_FRAMEWORKS, REPEATS = 10_000, 200, 3
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 400, 70, 60, 40, 20
COLOURS = ("#1f6fb2", "#c2571a")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    name: str
    points: tuple[Point, ...]


def run(folder: Path, say: Progress) -> list[str]:
    """Measure and write both; their paths."""
    machine = describe()
    shapes = {
        "agents": [(agents, USUAL_FRAMEWORKS, agents) for agents in AGENTS],
        "frameworks": [(USUAL_AGENTS, frameworks, frameworks) for frameworks in FRAMEWORKS],
    }
    titles = {"agents": f"{USUAL_FRAMEWORKS} frameworks", "frameworks": f"{USUAL_AGENTS:,} agents"}
    written: list[str] = []
    for name, sizes in shapes.items():
        passes: list[Point] = []
        events: list[Point] = []
        for agents, frameworks, at in sizes:
            say(f"{agents} agents, {frameworks} frameworks")
            passes.append((at, median([allocator.full_pass(agents, frameworks) for _ in range(REPEATS)])))
            events.append((at, allocator.events(agents, frameworks)))
        curves = (Curve("a full pass", tuple(passes)), Curve("one event (median)", tuple(events)))
        path = folder / f"allocation-{name}.svg"
        path.write_text(svg(curves, name, f"{titles[name]}; {machine}"))
        written.append(str(path))
    return written


def svg(curves: Sequence[Curve], axis: str, note: str) -> str:
    """The curves in seconds over `axis`, each with its name at its last point."""
    points = [point for curve in curves for point in curve.points]
    across = _Scale([x for x, _ in points], LEFT, WIDTH - RIGHT)
    up = _Scale([y for _, y in points], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        *(_line(across.at(tick), TOP, across.at(tick), HEIGHT - BOTTOM) for tick in across.ticks),
        *(_line(LEFT, up.at(tick), WIDTH - RIGHT, up.at(tick)) for tick in up.ticks),
        *(_text(across.at(tick), HEIGHT - BOTTOM + 18, f"{tick:,.0f}", "middle") for tick in across.ticks),
        *(_text(LEFT - 8, up.at(tick) + 4, _seconds(tick), "end") for tick in up.ticks),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 36, axis, "middle"),
        _text(LEFT, HEIGHT - 8, note, "start", size=9),
    ]
    for number, curve in enumerate(curves):
        parts += _curve(curve, across, up, COLOURS[number % len(COLOURS)])
    return "\n".join([*parts, "</svg>", ""])


def _curve(curve: Curve, across: "_Scale", up: "_Scale", colour: str) -> list[str]:
    places = [(across.at(x), up.at(y)) for x, y in curve.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
    name = _text(places[-1][0], places[-1][1] - 10, curve.name, "end", colour=colour)
    return [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>', *dots, name]


class _Scale:
    """Powers of ten around the values, laid between two ends."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self._low = math.floor(math.log10(min(values)))
        self._high = max(math.ceil(math.log10(max(values))), self._low + 1)
        self._start, self._end = start, end
        self.ticks = [10.0**power for power in range(self._low, self._high + 1)]

    def at(self, value: float) -> float:
        part = (math.log10(value) - self._low) / (self._high - self._low)
        return self._start + part * (self._end - self._start)


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#ddd"/>'


def _text(x: float, y: float, text: str, anchor: str, *, colour: str = "#333", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">{text}</text>'


def _seconds(value: float) -> str:
    if value >= 1:
        return f"{value:g} s"
    return f"{value * 1e3:g} ms" if value >= 1e-3 else f"{value * 1e6:g} µs"
