"""`barter explain`."""

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
    from barter.tools.cli.rest import key_of
    from barter.tools.cli.rpc import NotFound

    for name in dict.fromkeys((subject, key_of(subject))):
        try:
            return _explained(master, name)
        except NotFound:
            continue
    if placed := _placed(master, key_of(subject)):
        return placed
    raise NotFound(
        f"no task and no app named {subject!r} is known to the master",
        then="barter tasks --ended, or barter app ls",
    )


def _explained(master: str, name: str) -> Any:
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import TIMEOUT_S, ask

    return ask(master, lambda stub: stub.Explain(pb.ExplainRequest(subject=name), timeout=TIMEOUT_S))


def _placed(master: str, key: str) -> Any:
    """An app of which nothing waits has no demand; its tasks, each explained, say where it stands. None without any."""
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import TIMEOUT_S, ask

    reply = ask(master, lambda stub: stub.ListTasks(pb.ListTasksRequest(), timeout=TIMEOUT_S))
    tasks = [view for view in reply.tasks if view.task.demand_id == key]
    if not tasks:
        return None
    places = ", ".join(sorted(f"{view.task.task_id} on {view.hostname}" for view in tasks))
    return pb.ExplainResponse(
        subject=key,
        kind="demand",
        framework_id=tasks[0].framework_id,
        summary=f"nothing of it waits to be placed: {places}",
        history=[event for view in tasks for event in _explained(master, view.task.task_id).history],
    )
