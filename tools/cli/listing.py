"""The verbs that print what the master knows."""

from collections.abc import Sequence
from typing import Any

import click

from barter.tools.cli.options import master_option, output_option
from barter.tools.cli.output import Column, emit_list, emit_one, printable, say


@click.command(epilog="Example: barter status -o json")
@master_option
@output_option
def status(master: str, output: str) -> None:
    """The cluster in one page."""
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import TIMEOUT_S, ask
    from barter.tools.cli.views import status as view

    reply = ask(master, lambda stub: stub.GetStatus(pb.GetStatusRequest(), timeout=TIMEOUT_S))
    plain = view.status(reply, master)
    if not emit_one(plain, output):
        say("\n".join(view.lines(plain)))


@click.command(epilog="Example: barter agents -o json")
@click.option("--usage", is_flag=True, help="What their tasks use, asked of the agents themselves.")
@master_option
@output_option
def agents(usage: bool, master: str, output: str) -> None:
    """The machines and what is free on them."""
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.views import agents as view
    from barter.tools.cli.views.status import removals, stopped

    reply = _list(master, "ListAgents", pb.ListAgentsRequest())
    rows = sorted((view.agent(wire) for wire in reply.agents), key=lambda row: row["hostname"])
    columns = _with_usage_of_all(rows) if usage else view.COLUMNS
    emit_list(rows, output, columns, f"no agents yet: barter start agent --master {master}")
    if output == "table":
        for line in stopped(removals(reply)):
            say(f"\n{line}")
    if output == "table" and not usage:
        notes = sorted({(row["hostname"], note) for row in rows for note in row["notes"]})
        click.echo("".join(f"\n{hostname}: {printable(note)}" for hostname, note in notes), nl=bool(notes))


@click.command(epilog="Example: barter frameworks")
@master_option
@output_option
def frameworks(master: str, output: str) -> None:
    """Who schedules here, and their share."""
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.views import frameworks as view

    reply = _list(master, "ListFrameworks", pb.ListFrameworksRequest())
    rows = sorted((view.framework(wire) for wire in reply.frameworks), key=lambda row: row["framework_id"])
    emit_list(rows, output, view.COLUMNS, f"no frameworks yet: barter start service --master {master}")


@click.command(epilog="Example: barter tasks --ended -o json")
@click.option("--ended", is_flag=True, help="Ended ones too, as far as the master still keeps them.")
@click.option("--usage", is_flag=True, help="What running ones use, asked of their agents.")
@master_option
@output_option
def tasks(ended: bool, usage: bool, master: str, output: str) -> None:
    """What runs where."""
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.views import tasks as view

    reply = _list(master, "ListTasks", pb.ListTasksRequest(ended=ended))
    rows = sorted((view.task(wire) for wire in reply.tasks), key=lambda row: (row["name"], row["task_id"]))
    columns = _with_usage(rows) if usage else view.COLUMNS
    emit_list(rows, output, columns, "no tasks: barter app create examples/web.json starts some")


@click.command(epilog="Example: barter offers")
@master_option
@output_option
def offers(master: str, output: str) -> None:
    """Resources on the table right now."""
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.views import offers as view

    reply = _list(master, "ListOffers", pb.ListOffersRequest())
    rows = [view.offer(wire) for wire in reply.offers]
    emit_list(rows, output, view.COLUMNS, "no offers are open: frameworks hold none, or want nothing")


@click.command(epilog="Example: barter endpoints -o yaml")
@master_option
@output_option
def endpoints(master: str, output: str) -> None:
    """Ports of running, healthy tasks."""
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.views import endpoints as view

    reply = _list(master, "ListEndpoints", pb.ListEndpointsRequest())
    emit_list(view.endpoints(reply), output, view.COLUMNS, "no endpoints: no running, healthy task has a service port")


def _with_usage(rows: Sequence[dict[str, Any]]) -> Sequence[Column]:
    """Adds `usage` to rows of tasks; the columns that show it."""
    from barter.tools.cli.usage import ask_agents
    from barter.tools.cli.views import usage as view

    replies = ask_agents({row["node_address"]: row["hostname"] for row in rows if row["node_address"]})
    used = {(each.framework_id, each.task_id): each for reply in replies.values() for each in reply.tasks}
    for row in rows:
        row["usage"] = view.usage(used.get((row["framework_id"], row["task_id"])))
    return view.TASK_COLUMNS


def _with_usage_of_all(rows: Sequence[dict[str, Any]]) -> Sequence[Column]:
    """Adds `usage`, that of all of its tasks, to rows of agents; the columns that show it."""
    from barter.tools.cli.usage import ask_agents
    from barter.tools.cli.views import usage as view

    replies = ask_agents({row["node_address"]: row["hostname"] for row in rows if row["node_address"]})
    for row in rows:
        reply = replies.get(row["node_address"])
        row["usage"] = view.total(reply.tasks) if reply is not None else None
    return view.AGENT_COLUMNS


def _list(master: str, method: str, request: Any) -> Any:
    from barter.tools.cli.rpc import TIMEOUT_S, ask

    return ask(master, lambda stub: getattr(stub, method)(request, timeout=TIMEOUT_S))
