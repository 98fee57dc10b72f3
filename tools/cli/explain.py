"""`barter explain`."""

from functools import partial
from typing import Any

import click

from barter.tools.cli.options import master_option, output_option
from barter.tools.cli.output import emit_one


@click.command(epilog="Example: barter explain web")
@click.argument("subject", metavar="TASK|APP")
@master_option
@output_option
def explain(subject: str, master: str, output: str) -> None:
    """Why a task or app is, or is not, placed.

    Every filter that says no says what it compared, for every agent; then the smallest change that would place it.
    """
    from barter.tools.cli.views import explain as view

    plain = view.explanation(ask_why(master, subject))
    if not emit_one(plain, output):
        click.echo("\n".join(view.lines(plain)))


def ask_why(master: str, subject: str) -> Any:
    """The master's ExplainResponse; an app is found as `web`, `/web`, `/shop/web`. Raises Refused, NotFound."""
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rest import key_of
    from barter.tools.cli.rpc import NotFound, ask

    for name in dict.fromkeys((subject, key_of(subject))):
        try:
            request = pb.ExplainRequest(subject=name)
            return ask(master, partial(_call, request))
        except NotFound:
            continue
    raise NotFound(
        f"no task and no app named {subject!r} is known to the master",
        "an app whose instances all run has no demand left to explain",
        then="barter tasks --ended, or barter app ls",
    )


def _call(request: Any, stub: Any) -> Any:
    from barter.tools.cli.rpc import TIMEOUT_S

    return stub.Explain(request, timeout=TIMEOUT_S)
