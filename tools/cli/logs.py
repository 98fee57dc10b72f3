"""`barter logs`."""

import sys
import time
from typing import Any

import click

from barter.tools.cli.errors import Refused
from barter.tools.cli.located import Located, locate
from barter.tools.cli.options import master_option

KNOWN = 4 << 10
PAUSES_S = (0.2, 0.5, 1.0, 2.0)


@click.command(epilog="Example: barter logs -f --tail 20 TASK (the ids are in `barter tasks`)")
@click.argument("task")
@click.option("-f", "--follow", is_flag=True, help="Go on until the task has ended, over restarts of its agent.")
@click.option("--stderr", "use_stderr", is_flag=True, help="Its stderr instead of its stdout.")
@click.option("--tail", default=0, metavar="N", type=click.IntRange(min=0), help="Only the last N lines.")
@master_option
def logs(task: str, follow: bool, use_stderr: bool, tail: int, master: str) -> None:
    """A task's stdout or stderr, read from its sandbox on the agent."""
    from barter.proto.v1 import node_pb2

    place = locate(master, task, "its logs")
    request = node_pb2.ReadLogRequest(
        framework_id=place.framework_id,
        task_id=task,
        stream="stderr" if use_stderr else "stdout",
        tail=tail,
        follow=follow,
    )
    try:
        _follow(place, request, master) if follow else _read(place.address, request)
    except KeyboardInterrupt:
        return
    except BrokenPipeError:
        sys.stderr.close()
    if not request.position and not follow:
        other = "without --stderr its stdout" if use_stderr else "--stderr shows the other stream"
        click.echo(f"{request.stream} of {task} is empty; {other}", err=True)


def _read(address: str, request: Any) -> None:
    """Print what comes, and note in the request where to go on; raises Refused."""
    from barter.proto.v1.node_pb2_grpc import NodeServiceStub
    from barter.tools.cli.rpc import stream

    with stream(address, lambda channel: NodeServiceStub(channel).ReadLog(request)) as chunks:  # type: ignore[no-untyped-call]
        for chunk in chunks:
            if chunk.gap:
                click.echo(f"part of {request.stream} was rotated away before it could be read", err=True)
            sys.stdout.buffer.write(chunk.data)
            sys.stdout.buffer.flush()
            request.after = (request.after + chunk.data)[-KNOWN:]
            request.position = chunk.position or request.position + len(chunk.data)


def _follow(place: Located, request: Any, master: str) -> None:
    from barter.tools.cli.rpc import Silent

    failures = 0
    while True:
        before = request.position, request.after
        try:
            _read(place.address, request)
            return
        except Silent as silence:
            failures = 1 if (request.position, request.after) != before else failures + 1
            if failures == 1:
                click.echo(f"{silence.format_message()}; trying on, Ctrl-C to stop", err=True)
            time.sleep(PAUSES_S[min(failures, len(PAUSES_S)) - 1])
            place = _again(place, request.task_id, master, failures)


def _again(place: Located, task: str, master: str, failures: int) -> Located:
    """Where the task is by now, as far as anybody answers; raises Refused once nobody ever will."""
    from barter.core.task_state import TERMINAL
    from barter.tools.cli.rpc import NotFound, Silent

    try:
        place = locate(master, task, "its logs")
    except NotFound:
        raise
    except Silent:
        return place
    if place.state in TERMINAL and failures > len(PAUSES_S):
        raise Refused(f"task {task} is {place.state}, and its agent at {place.address} does not answer")
    return place
