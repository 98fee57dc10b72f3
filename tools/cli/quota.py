"""`barter quota`."""

from typing import Any, TextIO

import click

from barter.tools.cli.errors import Refused
from barter.tools.cli.kinds import Parsed
from barter.tools.cli.options import master_option, output_option
from barter.tools.cli.output import emit_list


def _amounts(text: str) -> Any:
    from barter.tools.cli.amounts import parse_amounts

    return parse_amounts(text)


AMOUNTS = Parsed("amounts", _amounts)


@click.group(epilog="Example: barter quota set eng --guarantee cpus=10,mem=20GiB --limit cpus=40")
def quota() -> None:
    """What roles are guaranteed, and limited to."""


@quota.command("set", epilog="Example: barter quota set --file quotas.yaml, or from a pipe: barter quota set --file -")
@click.argument("role", required=False)
@click.option("--guarantee", type=AMOUNTS, metavar="AMOUNTS", help="What it gets before all others: cpus=10,mem=20GiB.")
@click.option("--limit", type=AMOUNTS, metavar="AMOUNTS", help="What it never gets more of: cpus=40.")
@click.option(
    "--file", type=click.File(), metavar="FILE", help="YAML or JSON: eng: {guarantee: {cpus: 10}, limit: {cpus: 40}}."
)
@click.option("--force", is_flag=True, help="Although the cluster cannot give it, or a limit is exceeded already.")
@master_option
def set_quota(
    role: str | None,
    guarantee: dict[str, int] | None,
    limit: dict[str, int] | None,
    file: TextIO | None,
    force: bool,
    master: str,
) -> None:
    """Set the quota of a role, or of all roles of a file: all of them or none.

    It replaces the whole quota of each role named and leaves weights and other roles alone.
    """
    from barter.core.roles import RoleConfig, RolePart
    from barter.tools.cli.roles import set_roles

    if (role is None) == (file is None):
        raise click.UsageError("name one ROLE, or give a --file")
    if file is not None and (guarantee is not None or limit is not None):
        raise click.UsageError("--guarantee and --limit are for a ROLE: what a --file says is in the file")
    if role is not None and guarantee is None and limit is None:
        raise click.UsageError(f"give --guarantee or --limit, or take the quota away: barter quota rm {role}")
    if file is not None:
        configs = _of_file(file)
    else:
        least = {kind: amount for kind, amount in (guarantee or {}).items() if amount}
        configs = [RoleConfig(role or "", guarantee=least, limit=limit or {})]
    set_roles(master, configs, RolePart.QUOTA, force=force)
    click.echo(f"quota is set: {', '.join(config.role for config in configs)}\nNext: barter roles")


@quota.command(epilog="Example: barter quota rm eng ops")
@click.argument("role", nargs=-1, required=True)
@master_option
def rm(role: tuple[str, ...], master: str) -> None:
    """Take the quota of roles away; their weights stay."""
    from barter.core.roles import RoleConfig, RolePart
    from barter.tools.cli.roles import list_roles, set_roles

    having = {row["role"] for row in list_roles(master) if row["guarantee"] or row["limit"]}
    names = tuple(dict.fromkeys(role))
    if without := [name for name in names if name not in having]:
        raise Refused(f"no quota is set for {', '.join(without)}", then="barter quota ls")
    set_roles(master, map(RoleConfig, names), RolePart.QUOTA)
    click.echo(f"quota is taken away: {', '.join(names)}")


@quota.command(epilog="Example: barter quota ls -o yaml")
@master_option
@output_option
def ls(master: str, output: str) -> None:
    """List the roles that have a quota, and what of it is consumed."""
    from barter.tools.cli.roles import list_roles
    from barter.tools.cli.views.roles import QUOTA_COLUMNS

    rows = [row for row in list_roles(master) if row["guarantee"] or row["limit"]]
    emit_list(rows, output, QUOTA_COLUMNS, "no quotas: barter quota set ROLE --guarantee cpus=10 sets one")


def _of_file(file: TextIO) -> list[Any]:
    from barter.tools.cli.amounts import Unusable, read_quotas

    try:
        return read_quotas(file.read())
    except (Unusable, UnicodeDecodeError) as error:
        found = error.found if isinstance(error, Unusable) else (str(error),)
        raise Refused(f"{file.name}: nothing is set", *found, then="correct the file") from None
