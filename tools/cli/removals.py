"""`barter removals`: agents out of reach, those removed for it, and whether that goes on."""

from typing import Literal

import click

from barter.tools.cli.options import master_option, output_option
from barter.tools.cli.output import Row, emit_one, say


@click.group(invoke_without_command=True, epilog="Example: barter removals -o json")
@master_option
@output_option
@click.pass_context
def removals(context: click.Context, master: str, output: str) -> None:
    """Agents out of reach, and when they are removed.

    Where many are lost at once the master removes none until they are back, or an operator says `resume`.
    """
    if context.invoked_subcommand is not None:
        return
    from barter.tools.cli.views.removals import lines

    row = get_removals(master)
    if not emit_one(row, output):
        say("\n".join(lines(row)))


@removals.command(epilog="Example: barter removals hold --reason 'the switch is being replaced'")
@click.option("--reason", default="", help="For the history, and for who asks.")
@master_option
@output_option
def hold(reason: str, master: str, output: str) -> None:
    """Remove no agent, however long it is out of reach, until `resume`."""
    _change(master, reason, output, "hold")


@removals.command(epilog="Example: barter removals resume --reason 'rack 4 burnt'")
@click.option("--reason", default="", help="For the history.")
@master_option
@output_option
def resume(reason: str, master: str, output: str) -> None:
    """Go on removing: those out of reach now are lost indeed.

    They are removed one after the other, and are not counted as lost together again.
    """
    _change(master, reason, output, "resume")


def get_removals(master: str) -> Row:
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import TIMEOUT_S, ask
    from barter.tools.cli.views.removals import removals as plain

    return plain(ask(master, lambda stub: stub.GetRemovals(pb.GetRemovalsRequest(), timeout=TIMEOUT_S)))


def _change(master: str, reason: str, output: str, what: Literal["hold", "resume"]) -> None:
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import TIMEOUT_S, ask
    from barter.tools.cli.views.removals import lines

    request = pb.SetRemovalsRequest(reason=reason, **{what: {}})
    ask(master, lambda stub: stub.SetRemovals(request, timeout=TIMEOUT_S))
    row = get_removals(master)
    if not emit_one(row, output):
        say("\n".join(lines(row)))
