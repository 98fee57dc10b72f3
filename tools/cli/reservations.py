"""`barter reserve`, `unreserve`, `volume`, `reservations`: resources kept for roles, and data that outlives tasks."""

import getpass
from collections.abc import Callable
from typing import Any, TypeVar

import click

from barter.core.ids import ReservationId, VolumeId
from barter.tools.cli.kinds import LABEL, RESOURCES, ROLE, SIZE
from barter.tools.cli.options import master_option, output_option
from barter.tools.cli.output import emit_list, say

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _principal(function: FunctionT) -> FunctionT:
    text = "In whose name.  [default: the user's]"
    return click.option("--principal", default=_user, help=text)(function)


@click.command(epilog="Example: barter reserve agent-1 --id db-1 --role eng/db --resources cpus=2,mem=4GiB,disk=20GiB")
@click.argument("agent")
@click.option("--id", "reservation_id", required=True, help="Its id on the agent.")
@click.option("--role", required=True, type=ROLE, help="Whom it serves, with the roles below.")
@click.option("--resources", required=True, type=RESOURCES, help="Of what is free of the agent.")
@click.option("--label", "labels", multiple=True, type=LABEL, help="KEY=VALUE; may be given several times.")
@_principal
@master_option
def reserve(
    agent: str, reservation_id: ReservationId, role: str, resources: Any, labels: Any, principal: str, master: str
) -> None:
    """Keep resources of an agent for a role.

    AGENT is an id or a hostname. The same again changes nothing.
    """
    from barter.core.operations import Reserve

    _operate(master, agent, principal, Reserve(reservation_id, resources, role, dict(labels)))
    click.echo(f"{resources} of {agent} is kept for role {role}, as {reservation_id}")


@click.command(epilog="Example: barter unreserve agent-1 db-1")
@click.argument("agent")
@click.argument("reservation_id")
@_principal
@master_option
def unreserve(agent: str, reservation_id: ReservationId, principal: str, master: str) -> None:
    """End a reservation that no task and no volume needs."""
    from barter.core.operations import Unreserve

    _operate(master, agent, principal, Unreserve(reservation_id))
    click.echo(f"reservation {reservation_id} of {agent} is ended")


@click.group(epilog="Example: barter volume create agent-1 --id db-data --reservation db-1 --size 10GiB")
def volume() -> None:
    """Persistent volumes: data on reserved disk that outlives tasks."""


@volume.command(epilog="Example: barter volume create agent-1 --id db-data --reservation db-1 --size 10GiB")
@click.argument("agent")
@click.option("--id", "volume_id", required=True, help="Its id on the agent.")
@click.option("--reservation", "reservation_id", required=True, help="Of whose disk it is.")
@click.option("--size", required=True, type=SIZE, help="10GiB.")
@_principal
@master_option
def create(
    agent: str, volume_id: VolumeId, reservation_id: ReservationId, size: int, principal: str, master: str
) -> None:
    """Take disk of a reservation for a volume; the same again changes nothing."""
    from barter.core.operations import CreateVolume
    from barter.core.units import format_bytes

    _operate(master, agent, principal, CreateVolume(volume_id, reservation_id, size))
    click.echo(f"volume {volume_id} has {format_bytes(size)} of reservation {reservation_id} on {agent}")


@volume.command(epilog="Example: barter volume destroy agent-1 db-data")
@click.argument("agent")
@click.argument("volume_id")
@_principal
@master_option
def destroy(agent: str, volume_id: VolumeId, principal: str, master: str) -> None:
    """Delete a volume and its data, which no task may use; there is no way back."""
    from barter.core.operations import DestroyVolume

    _operate(master, agent, principal, DestroyVolume(volume_id))
    click.echo(f"volume {volume_id} of {agent} is destroyed, its data is being deleted")


@click.command(epilog="Example: barter reservations -o json")
@master_option
@output_option
def reservations(master: str, output: str) -> None:
    """What is kept for which role, and the volumes on it."""
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import TIMEOUT_S, ask
    from barter.tools.cli.views import reservations as view

    reply = ask(master, lambda stub: stub.ListReservations(pb.ListReservationsRequest(), timeout=TIMEOUT_S))
    rows = view.reservations(reply)
    nothing = "nothing is reserved: barter reserve AGENT --id ID --role ROLE --resources cpus=1,mem=1GiB"
    emit_list(rows, output, view.COLUMNS, nothing)
    if output == "table" and (loose := view.loose(rows)):
        say("\n".join(["", *loose]))


def _operate(master: str, agent: str, principal: str, operation: Any) -> None:
    from barter.proto import codec
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import TIMEOUT_S, ask

    wire = codec.operation_to_wire(operation)
    request = pb.OperateRequest(agent=agent, principal=principal, operation=wire)
    ask(master, lambda stub: stub.Operate(request, timeout=TIMEOUT_S), once=True)
