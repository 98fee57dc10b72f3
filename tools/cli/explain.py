"""`barter explain`."""

from typing import Any

import click

from barter.tools.cli.options import master_option, output_option
from barter.tools.cli.output import emit_one, say


@click.command(epilog="Example: barter explain web")
@click.argument("subject", metavar="TASK|APP|JOB|DEMAND")
@click.option("--agents", is_flag=True, help="What every filter says of every agent, not only their groups.")
@master_option
@output_option
def explain(subject: str, agents: bool, master: str, output: str) -> None:
    """Why a task, app, job or demand is, or is not, placed.

    The answer in a sentence; what its framework and role are asked; the agents, counted by what says no; the smallest
    changes that would place it; what happened since it began to wait.
    """
    from barter.tools.cli.views.explain import explanation
    from barter.tools.cli.views.explain_lines import lines

    plain = explanation(ask_why(master, subject, all_agents=agents))
    if not emit_one(plain, output):
        say("\n".join(lines(plain, every_agent=agents)))


def ask_why(master: str, subject: str, *, all_agents: bool = False) -> Any:
    """The master's ExplainResponse; an app is found as `web`, `/web`, `/shop/web`. Raises Refused, NotFound."""
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rest import key_of
    from barter.tools.cli.rpc import TIMEOUT_S, NotFound, ask

    reason = ""
    for name in dict.fromkeys((subject, key_of(subject))):
        request = pb.ExplainRequest(subject=name, all_agents=all_agents)
        try:
            return ask(master, lambda stub, asked=request: stub.Explain(asked, timeout=TIMEOUT_S))  # type: ignore[misc]
        except NotFound as error:
            reason = str(error)
    raise NotFound(reason, then="barter tasks --ended, or barter app ls")
