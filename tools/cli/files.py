"""`barter ls` and `barter cp`: what is in a task's sandbox."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from barter.core.units import format_bytes
from barter.tools.cli.errors import Refused
from barter.tools.cli.kinds import Parsed
from barter.tools.cli.located import locate, split_place
from barter.tools.cli.options import master_option, output_option
from barter.tools.cli.output import Column, Row, emit_list, printable, say

PLACE = Parsed("TASK:PATH", split_place)


@click.command(epilog="Example: barter ls web.1:logs")
@click.argument("place", metavar="TASK[:PATH]")
@master_option
@output_option
def ls(place: str, master: str, output: str) -> None:
    """The files in a task's sandbox, on its agent."""
    task, path = PLACE.convert(place if ":" in place else f"{place}:", None, click.get_current_context())
    with _asked(master, task, path, "ListFiles") as batches:
        rows = [_row(entry) for batch in batches for entry in batch.entries]
    rows.sort(key=lambda row: row["name"])
    emit_list(rows, output, COLUMNS, f"nothing is in {path or 'the sandbox'}")


@click.command(epilog="Example: barter cp web.1:logs/access.log .")
@click.argument("place", type=PLACE, metavar="TASK:PATH")
@click.argument("local", type=click.Path(path_type=Path))
@master_option
def cp(place: tuple[str, str], local: Path, master: str) -> None:
    """Copy a file or folder from a task's sandbox. Links are not followed; what is no plain file is left out."""
    from barter.tools.cli.received import Received

    task, path = place
    name = path.rpartition("/")[2] or task
    received = Received(local / name if local.is_dir() else local)
    with _asked(master, task, path, "ReadFiles") as chunks:
        try:
            for chunk in chunks:
                if chunk.WhichOneof("chunk") == "entry":
                    received.entry(chunk.entry)
                else:
                    received.data(chunk.data)
            received.finish()
        except OSError as error:
            raise Refused(f"cannot write {error.filename or received.target}: {error.strerror}") from None
        except ValueError as error:
            raise Refused(f"the agent sent what is no file of a sandbox: {error}") from None
        finally:
            received.drop_unfinished()
    for left_out in received.left_out:
        click.echo(printable(f"left out {left_out}"), err=True)
    if received.problem:
        raise Refused(f"{path or task} was not copied: {received.problem}")
    say(f"{received.files} files, {format_bytes(received.size)}, to {received.target}")


def _asked(master: str, task: str, path: str, method: str) -> Any:
    from barter.proto.v1 import node_pb2
    from barter.proto.v1.node_pb2_grpc import NodeServiceStub
    from barter.tools.cli.rpc import stream

    found = locate(master, task)
    request = node_pb2.FilesRequest(framework_id=found.framework_id, task_id=task, path=path)

    def ask(channel: Any) -> Iterator[Any]:
        replies: Iterator[Any] = getattr(NodeServiceStub(channel), method)(request)  # type: ignore[no-untyped-call]
        return replies

    return stream(found.address, ask)


def _row(entry: Any) -> dict[str, Any]:
    return {
        "name": entry.path or "(itself)",
        "kind": entry.kind,
        "mode": stat.filemode(entry.mode)[1:],
        "size": entry.size,
        "modified_ms": entry.modified_ms,
        "target": entry.target,
    }


def _modified(row: Row) -> str:
    from datetime import datetime

    return datetime.fromtimestamp(row["modified_ms"] / 1000).strftime("%Y-%m-%d %H:%M:%S")


def _named(row: Row) -> str:
    return f"{row['name']} -> {row['target']}" if row["kind"] == "link" else str(row["name"])


COLUMNS = (
    Column("KIND", lambda row: str(row["kind"])),
    Column("MODE", lambda row: str(row["mode"])),
    Column("SIZE", lambda row: format_bytes(row["size"]) if row["kind"] == "file" else "", right=True),
    Column("MODIFIED", _modified),
    Column("NAME", _named),
)
