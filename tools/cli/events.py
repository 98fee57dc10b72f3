"""`barter events`."""

import json
import time
from typing import Any

import click

from barter.tools.cli.options import master_option, output_option
from barter.tools.cli.output import emit_list, say

ALL = 10_000


@click.command(epilog="Example: barter events -f")
@click.option("-f", "--follow", is_flag=True, help="Go on with each as it happens; as JSON, one object a line.")
@click.option(
    "-n", "--last", default=50, show_default=True, type=click.IntRange(min=0), help="So many; 0 for all kept."
)
@master_option
@output_option
def events(follow: bool, last: int, master: str, output: str) -> None:
    """What happened, with reasons."""
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import TIMEOUT_S, ask
    from barter.tools.cli.views import events as view

    if follow:
        _follow(last, master, output)
        return
    reply = ask(master, lambda stub: stub.ListEvents(pb.ListEventsRequest(last=last), timeout=TIMEOUT_S))
    emit_list([view.event(wire) for wire in reply.events], output, view.COLUMNS, "nothing has happened yet")


def _follow(last: int, master: str, output: str) -> None:
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import ask
    from barter.tools.cli.views import events as view

    seen, begun = (0, 0), 0.0

    def watch(stub: Any) -> None:
        nonlocal seen, begun
        begun = time.monotonic()
        for wire in stub.WatchEvents(pb.WatchEventsRequest(last=ALL if seen[0] else last)):
            if (wire.timestamp_ms, wire.sequence) <= seen:
                continue
            seen = wire.timestamp_ms, wire.sequence
            row = view.event(wire)
            if output == "yaml":
                click.echo("---\n" + "\n".join(f"{key}: {json.dumps(value)}" for key, value in row.items()))
            else:
                say(json.dumps(row) if output == "json" else view.line(row))

    try:
        while True:
            before = seen
            ask(master, watch)
            if seen == before and time.monotonic() - begun < 1:
                return
    except KeyboardInterrupt:
        return
