"""What a change would do, for people."""

from collections.abc import Iterator
from typing import Any

from barter.tools.cli.output import Row, printable

COLUMNS = ("APP", "NOW", "THEN", "MOST", "FEWEST READY", "STARTED", "ENDED")


def lines(reply: Row, *, colours: bool = False) -> Iterator[str]:
    forecast = reply["forecast"]
    yield from _differing(reply, colours)
    if not reply["steps"]:
        yield "nothing would be done"
    for number, step in enumerate(reply["steps"], 1):
        actions = ", ".join(f"{each['action']} {each.get('app') or each.get('pod')}" for each in step["actions"])
        yield f"step {number}  {actions}"
    yield from _table(forecast["apps"])
    if reply["steps"]:
        extra = forecast["extraInstances"]
        most = f"{forecast['mostInstances']} instances at once" + (f", {extra} extra" if extra else "")
        yield f"at most {most}; never fewer than {forecast['fewestReady']} ready"
    if not forecast["complete"]:
        waits = [f"waits: {each['id']}: {each['waiting']}" for each in forecast["apps"] if each.get("waiting")]
        yield from waits or ["this is its beginning: it is too long to be played to its end"]
    for each in reply.get("impossible", ()):
        yield f"can never be finished here: {each['id']} {each['path'].strip('/').replace('/', '.')}: {each['reason']}"
    if unproved := reply.get("unproved"):
        yield f"whether it can be finished here is not known: {unproved}"


def _differing(reply: Row, colours: bool) -> Iterator[str]:
    """`-` what is, `+` what would be, field by field."""
    for each in reply.get("changes", ()):
        if each.get("new") or each.get("gone"):
            yield _coloured(f"{'+' if each.get('new') else '-'} {each['id']}", colours)
        else:
            yield each["id"]
        for field in each.get("fields", ()):
            name = printable(field["path"].strip("/").replace("/", "."))
            for sign, value in (("-", field["before"]), ("+", field["after"])):
                if value is not None:
                    yield _coloured(f"  {sign} {name}: {_text(value)}", colours)


def _text(value: Any) -> str:
    import json

    return value if isinstance(value, str) and value and value.isprintable() else json.dumps(value)


def _coloured(line: str, colours: bool) -> str:
    if not colours:
        return line
    import click

    return click.style(line, fg="green" if line.lstrip().startswith("+") else "red")


def _table(apps: list[dict[str, Any]]) -> Iterator[str]:
    if not apps:
        return
    rows = [COLUMNS, *(_cells(each) for each in apps)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    for row in rows:
        numbers = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        yield "  ".join((row[0].ljust(widths[0]), *numbers)).rstrip()


def _cells(each: dict[str, Any]) -> tuple[str, ...]:
    counts = each["instances"]
    numbers = (counts["before"], counts["after"], each["mostInstances"], each["fewestReady"], each["started"])
    return (each["id"], *map(str, (*numbers, each["ended"])))
