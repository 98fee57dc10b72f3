"""`barter maintenance`, `activate`, `deactivate` and `gone`, and what `drain` shares with them."""

from typing import Any

import click

from barter.tools.cli.errors import Refused
from barter.tools.cli.options import master_option, output_option
from barter.tools.cli.output import Row, emit_list, say


@click.command(epilog="Example: barter maintenance -o json")
@master_option
@output_option
def maintenance(master: str, output: str) -> None:
    """Agents drained, deactivated, or about to be."""
    from barter.tools.cli.views.maintenance import COLUMNS

    nothing = "every agent is active: barter drain AGENT gives one up"
    emit_list(sorted(list_maintenance(master), key=lambda row: str(row["hostname"])), output, COLUMNS, nothing)


@click.command(epilog="Example: barter activate agent-a")
@click.argument("agent")
@click.option("--reason", default="", help="For the history.")
@master_option
def activate(agent: str, reason: str, master: str) -> None:
    """End an agent's drain or deactivation: it is offered again.

    Tasks that were released already end all the same.
    """
    maintain(master, agent, reason, activate={})
    click.echo(f"{agent} is active again\nNext: barter agents")


@click.command(epilog="Example: barter deactivate agent-a --reason 'its disk is odd'")
@click.argument("agent")
@click.option("--reason", default="", help="For the history, and for who asks why nothing is placed there.")
@master_option
def deactivate(agent: str, reason: str, master: str) -> None:
    """Offer an agent to nobody; its tasks go on. Ends a drain."""
    maintain(master, agent, reason, deactivate={})
    _show(master, agent, f"barter activate {agent}")


@click.command(epilog="Example: barter gone agent-a --yes")
@click.argument("agent")
@click.option("--reason", default="", help="For the history, and for the agent should it return.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@master_option
def gone(agent: str, reason: str, yes: bool, master: str) -> None:
    """Mark an agent gone for good, and its tasks with it.

    They end as TASK_GONE_BY_OPERATOR, and what was reserved on it goes too. One that is active is refused: drain or
    deactivate it first. Should it return, it ends what still runs, and its next start is a new agent.
    """
    if not yes:
        found = [view for view in _agents(master) if agent in (view.agent.agent_id, view.agent.hostname)]
        tasks = f" with {sum(view.tasks for view in found)} tasks" if found else ""
        if not click.confirm(f"Mark agent {agent}{tasks} gone? This cannot be taken back"):
            raise Refused(f"{agent} is left as it is")
    maintain(master, agent, reason, mark_gone={})
    click.echo(f"{agent} is gone, and its tasks with it\nNext: barter agents")


def maintain(master: str, agent: str, reason: str, **change: Any) -> None:
    """Raises Refused with the master's reason."""
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import TIMEOUT_S, ask

    request = pb.MaintainRequest(agent=agent, reason=reason, **change)
    ask(master, lambda stub: stub.Maintain(request, timeout=TIMEOUT_S))


def list_maintenance(master: str) -> list[Row]:
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import TIMEOUT_S, ask
    from barter.tools.cli.views.maintenance import maintenance as plain

    reply = ask(master, lambda stub: stub.ListMaintenance(pb.ListMaintenanceRequest(), timeout=TIMEOUT_S))
    return [plain(view) for view in reply.agents]


def maintained(master: str, agent: str) -> Row | None:
    """What is known of the one agent that has this id, or else this hostname."""
    rows = list_maintenance(master)
    by_id = [row for row in rows if row["agent_id"] == agent]
    found = by_id or [row for row in rows if row["hostname"] == agent]
    return found[0] if len(found) == 1 else None


def _show(master: str, agent: str, then: str) -> None:
    from barter.tools.cli.views.maintenance import sentence

    row = maintained(master, agent)
    if row is not None:
        say(f"{sentence(row)}\nNext: {then}")


def _agents(master: str) -> Any:
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import TIMEOUT_S, ask

    return ask(master, lambda stub: stub.ListAgents(pb.ListAgentsRequest(), timeout=TIMEOUT_S)).agents
