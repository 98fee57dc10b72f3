"""`barter record`."""

import time
from pathlib import Path
from typing import Any

import click

from barter.tools.cli.errors import Refused
from barter.tools.cli.kinds import DURATION, SIZE
from barter.tools.cli.options import master_option

LEAST_SIZE = 1 << 20


@click.command(epilog="Example: barter record --for 10m --dir incident")
@click.option(
    "--dir",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where record-0001.jsonl, ... go; without a recording in it.  [default: barter-record-TIME]",
)
@click.option(
    "--max-size", type=SIZE, default="64MiB", show_default=True, metavar="SIZE", help="Of a file, about; from 1MiB."
)
@click.option(
    "--files", default=8, show_default=True, type=click.IntRange(min=2), help="So many are kept; the oldest go."
)
@click.option("--for", "duration_ms", type=DURATION, metavar="TIME", help="So long.  [default: until Ctrl-C]")
@master_option
def record(folder: Path | None, max_size: int, files: int, duration_ms: int | None, master: str) -> None:
    """Write down all that the master does, to be replayed.

    First its whole state, then each event and what it did of it. The files hold what frameworks send, the environments
    of their tasks with their secrets too: only you may read them, and whom you give them.
    """
    from barter.tools.cli.record_files import RecordFiles

    if max_size < LEAST_SIZE:
        raise click.BadParameter("from 1MiB on", param_hint="--max-size")
    where = folder or Path(time.strftime("barter-record-%Y%m%d-%H%M%S"))
    written = RecordFiles(where, max_size, files)
    try:
        _record(master, written, max_size, duration_ms)
    except KeyboardInterrupt:
        pass
    except OSError as error:
        raise Refused(f"{where} cannot be written: {error.strerror or error}", then="--dir elsewhere") from None
    finally:
        written.close()
        click.echo(written.summary())
    if written.paths:
        click.echo(f"Next: barter replay {where}")


def _record(master: str, written: Any, max_size: int, duration_ms: int | None) -> None:
    """Until the time is over; raises Refused where the master breaks it off or ends."""
    from threading import Timer

    import grpc

    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import ask

    over: list[bool] = []

    def follow(stub: Any) -> None:
        call = stub.Record(pb.RecordRequest(snapshot_bytes=max_size // 4))

        def end() -> None:
            over.append(True)
            call.cancel()

        timer = Timer((duration_ms or 0) / 1000, end)
        timer.daemon = True
        if duration_ms:
            timer.start()
        try:
            for chunk in call:
                began = not written.paths
                written.take(chunk)
                if began and written.paths:
                    click.echo(f"recording to {written.paths[0].parent}; Ctrl-C ends it", err=True)
        except grpc.RpcError as error:
            ended = error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.FAILED_PRECONDITION)
            if not over and not (written.paths and ended):
                raise
        finally:
            timer.cancel()
            call.cancel()

    ask(master, follow)
    if not over:
        raise Refused("the master ended, and the recording with it", then="barter record, once there is a master again")
