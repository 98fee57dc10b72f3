"""How numbers are shown: a table for people, an object a line for machines."""

import json
import sys
from collections.abc import Iterable

import click

from barter.tools.bench.measure import Result

_HEAD = ("bench", "metric", "value", "unit", "floor", "ratio")


def as_json(results: Iterable[Result], machine: str) -> None:
    for result in results:
        click.echo(json.dumps({**result.as_json(), "machine": machine}))


def as_table(results: Iterable[Result], machine: str) -> None:
    rows = [_HEAD, *(_row(result) for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    click.echo(machine)
    for row in rows:
        cells = [
            cell.rjust(width) if column in (2, 4, 5) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        click.echo("  ".join(cells).rstrip())


def progress(line: str) -> None:
    """On stderr; one line that is written over where it is a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{line}", nl=False, err=True)
    else:
        click.echo(line, err=True)


def progress_end() -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)


def _row(result: Result) -> tuple[str, ...]:
    floor = "" if result.floor is None else _number(result.floor)
    return result.bench, result.metric, _number(result.value), result.unit, floor, f"{result.ratio:.2f}"


def _number(value: float) -> str:
    if 0 < value < 0.1:
        return f"{value:.3g}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
