"""`barter weight`."""

from typing import Any

import click

from barter.tools.cli.kinds import Parsed
from barter.tools.cli.options import master_option, output_option
from barter.tools.cli.output import emit_list


def _weight(text: str) -> Any:
    from barter.core.roles import RoleConfig, check_role
    from barter.core.units import parse_milli

    role, equals, weight = (part.strip() for part in text.partition("="))
    if not equals:
        raise ValueError(f"{text!r} is not ROLE=WEIGHT, such as eng=2.5")
    if not (milli := parse_milli(weight)):
        raise ValueError(f"role {role}: weight {weight} is not above 0")
    return RoleConfig(check_role(role), milli)


@click.group(epilog="Example: barter weight set eng=2.5 ops=1")
def weight() -> None:
    """How much of its parent each role deserves beside its siblings."""


@weight.command("set", epilog="Example: barter weight set eng=2.5 ops=1 (1 is usual)")
@click.argument("weights", nargs=-1, required=True, type=Parsed("role=weight", _weight), metavar="ROLE=WEIGHT...")
@master_option
def set_weights(weights: tuple[Any, ...], master: str) -> None:
    """Set weights of roles, all of them or none; quotas stay."""
    from barter.core.roles import RolePart
    from barter.tools.cli.roles import set_roles

    names = [config.role for config in weights]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise click.UsageError(f"named twice: {', '.join(twice)}")
    set_roles(master, weights, RolePart.WEIGHT)
    click.echo(f"weight is set: {', '.join(names)}\nNext: barter roles")


@weight.command(epilog="Example: barter weight ls")
@master_option
@output_option
def ls(master: str, output: str) -> None:
    """List the roles whose weight is not the usual 1."""
    from barter.tools.cli.roles import list_roles
    from barter.tools.cli.views.roles import WEIGHT_COLUMNS

    rows = [row for row in list_roles(master) if row["weight"] != 1]
    emit_list(rows, output, WEIGHT_COLUMNS, "no weights are set: each role has 1")
