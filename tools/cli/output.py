"""Plain data as a table for people, as JSON or YAML for programs."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

PROSE_WIDTH = 32

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """`prose` may be broken over lines on a narrow terminal; an id or a number may not."""

    title: str
    cell: Callable[[Row], str]
    right: bool = False
    prose: bool = False


def printable(text: str) -> str:
    """With what a terminal would obey written out; lines stay lines."""
    if text.isprintable():
        return text
    return "".join(each if each == "\n" or each.isprintable() else _written(each) for each in text)


def say(text: str) -> None:
    """Print what others may have had a say in."""
    click.echo(printable(text))


def _written(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode()


def emit_list(rows: Sequence[Row], output: str, columns: Sequence[Column], nothing: str) -> None:
    """Print `rows`; JSON is one array with a row a line, and a table without rows is the sentence `nothing`."""
    if output == "json":
        click.echo("[" + ",".join(f"\n{json.dumps(row)}" for row in rows) + ("\n]" if rows else "]"))
    elif output == "yaml":
        click.echo(_yaml(list(rows)), nl=False)
    elif not rows:
        click.echo(nothing)
    else:
        _table(rows, columns)


def emit_one(value: Row, output: str) -> bool:
    """Print one object as JSON or YAML; false when it is a person who wants to read it."""
    if output == "json":
        click.echo(json.dumps(value, indent=2))
    elif output == "yaml":
        click.echo(_yaml(value), nl=False)
    return output != "table"


def _yaml(value: Any) -> str:
    import yaml

    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True))


def _table(rows: Sequence[Row], columns: Sequence[Column]) -> None:
    cells = [[printable(column.cell(row)).replace("\n", " ") for column in columns] for row in rows]
    if not sys.stdout.isatty():
        _plain(cells, columns)
        return
    from rich.console import Console, ConsoleDimensions
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        least = min(max(len(row[index]) for row in cells), PROSE_WIDTH) if column.prose else None
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            overflow="fold",
            no_wrap=not column.prose,
            min_width=least,
        )
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    console = Console(highlight=False)
    narrowest = console.measure(table, options=console.options.update(max_width=10_000)).minimum
    # Both at once: on a dumb terminal rich takes a width alone for nothing.
    console.size = ConsoleDimensions(max(console.width, narrowest), console.height)
    console.print(table)


def _plain(cells: Sequence[Sequence[str]], columns: Sequence[Column]) -> None:
    """Aligned columns of any width: what reads a pipe wants every character."""
    lines = [[column.title for column in columns], *cells]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    for line in lines:
        parts = [
            text.rjust(width) if column.right else text.ljust(width)
            for text, width, column in zip(line, widths, columns, strict=True)
        ]
        click.echo("  ".join(parts).rstrip())
