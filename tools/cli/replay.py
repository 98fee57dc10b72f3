"""`barter replay`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from barter.tools.cli.errors import Refused
from barter.tools.cli.options import output_option
from barter.tools.cli.output import emit_one

SHOWN = 100


@click.command(epilog="Example: barter replay barter-record-20260102-030405")
@click.argument("logs", metavar="LOG...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@output_option
def replay(logs: tuple[Path, ...], output: str) -> None:
    """Run a recording through this version's code and show what it would decide otherwise.

    LOG is a file that `barter record` wrote, or its folder. Where a batch differs, its events, what was done and what
    would be done are shown, with the reasons of both; from there to the next snapshot nothing is compared, for all that
    would follow differs with it. Exit code 0 when nothing differs, 1 when something
    does or cannot be read, 2 usage.
    """
    from barter.master.record_replay import Replay
    from barter.master.record_text import plain
    from barter.tools.cli.views import replay as view

    course, found, cut, ended = Replay(), list[dict[str, Any]](), list[str](), None
    files = [file for log in logs for file in _files(log)]
    try:
        for path in files:
            for row in _replay(course, path, cut):
                if len(found) == SHOWN:
                    continue
                found.append(row)
                if output == "table":
                    click.echo("\n".join(view.lines(row)))
    except Refused as refused:
        ended = refused
    if not course.count.snapshots:
        names = ", ".join(plain(str(path)) for path in files)
        raise ended or Refused(
            f"there is no whole snapshot in {names}, so nothing to replay from", then="barter record"
        )
    result = view.result(course.count, found, cut, ended.message if ended else "")
    if not emit_one(result, output):
        click.echo("\n".join(view.summary(result)))
    if ended is not None:
        raise ended
    sys.exit(1 if found else 0)


def _files(log: Path) -> list[Path]:
    from barter.tools.cli.record_files import PATTERN

    if not log.is_dir():
        return [log]
    if not (found := sorted(log.glob(PATTERN))):
        raise Refused(f"{log} holds no {PATTERN}", then="barter record --dir DIR")
    return found


def _replay(course: Any, path: Path, cut: list[str]) -> Iterator[dict[str, Any]]:
    """The differences in one file; raises Refused where it cannot be read."""
    from barter.master.record_json import OtherFormat, Unreadable
    from barter.master.record_log import LONGEST_LINE, Reader
    from barter.master.record_text import plain
    from barter.tools.cli.views import replay as view

    reader = Reader()
    try:
        with open(path, "rb") as file:
            for entry in reader.read(iter(lambda: file.readline(LONGEST_LINE + 1), b"")):
                if (difference := course.entry(entry)) is not None:
                    yield view.difference(difference, plain(path.name), reader.line)
    except Unreadable as error:
        why = plain(f"{path}, line {reader.line}: {error}")
        then = "barter replay another file of the recording: each can be replayed alone"
        if reader.line <= 1:
            then = "" if isinstance(error, OtherFormat) else "that file is no recording of barter record"
        raise Refused(why, then=then) from None
    except OSError as error:
        raise Refused(plain(f"{path} cannot be read: {error.strerror or error}")) from None
    if reader.cut:
        cut.append(plain(path.name))
