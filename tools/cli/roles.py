"""`barter roles`, and what the verbs that set something for roles share."""

from collections.abc import Iterable
from typing import Any

import click

from barter.tools.cli.options import master_option, output_option
from barter.tools.cli.output import Row, emit_list


@click.command(epilog="Example: barter roles -o json")
@master_option
@output_option
def roles(master: str, output: str) -> None:
    """Roles: weights, shares and quotas."""
    from barter.tools.cli.views import roles as view

    emit_list(list_roles(master), output, view.COLUMNS, "no roles: no framework is there, and none is configured")


def list_roles(master: str) -> list[Row]:
    """As plain data, by name."""
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import TIMEOUT_S, ask
    from barter.tools.cli.views import roles as view

    reply = ask(master, lambda stub: stub.ListRoles(pb.ListRolesRequest(), timeout=TIMEOUT_S))
    return [view.role(wire) for wire in reply.roles]


def set_roles(master: str, configs: Iterable[Any], part: Any, *, force: bool = False) -> None:
    """Sets that part of each RoleConfig and prints what it could not change; raises Refused."""
    from barter.proto import codec
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import TIMEOUT_S, ask

    request = pb.SetRolesRequest(roles=map(codec.role_to_wire, configs), force=force, part=part)
    reply = ask(master, lambda stub: stub.SetRoles(request, timeout=TIMEOUT_S))
    for note in reply.notes:
        click.echo(note, err=True)
