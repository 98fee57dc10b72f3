"""`barter group`: apps and pods below a common path, changed together."""

from collections.abc import Iterator
from typing import Any, TextIO

import click

from barter.tools.cli.changing import How, ask, changing, client_of, definition_in, id_in, named
from barter.tools.cli.options import output_option, service_option
from barter.tools.cli.output import Column, Row, emit_list, emit_one, say
from barter.tools.cli.rest import Service, group_path
from barter.tools.cli.steering import finish
from barter.tools.cli.views.apps import progress

COLUMNS = (
    Column("GROUP", lambda row: row["id"]),
    Column("APPS", lambda row: str(len(row.get("apps") or ())), right=True),
    Column("PODS", lambda row: str(len(row.get("pods") or ())), right=True),
    Column("GROUPS", lambda row: str(len(row.get("groups") or ())), right=True),
    Column("DEPENDS ON", lambda row: ", ".join(row.get("dependencies") or ()) or "-", prose=True),
)
_EMBEDS = "?" + "&".join(f"embed=group.{each}" for each in ("groups", "apps", "pods", "apps.counts"))


@click.group(epilog="Example: barter group create shop.json && barter group scale shop 2")
def group() -> None:
    """Create, update, scale and remove groups of apps. `shop` and `/shop` are the same group, `/` is the root."""


@group.command(epilog="Example: barter group create shop.json")
@click.argument("file", type=click.File())
@changing
def create(file: TextIO, how: How) -> None:
    """Start a new group, with all that is in it, in the order of its dependencies."""
    definition, client = definition_in(file, "group", "Marathon's reference"), client_of(how.service)
    reply = ask(how, client, "POST", "/v2/groups", definition, exists=f"barter group update {file.name}")
    _finish(client, how, str(definition.get("id", "/")), reply)


@group.command(epilog="Example: barter group update shop.json")
@click.argument("file", type=click.File())
@changing
def update(file: TextIO, how: How) -> None:
    """Make a group what the file says: what it does not name of its apps and groups is removed."""
    definition, client = definition_in(file, "group", "Marathon's reference"), client_of(how.service)
    group_id = id_in(definition, file, "group")
    _finish(client, how, group_id, ask(how, client, "PUT", group_path(group_id), definition))


@group.command(epilog="Example: barter group scale shop 1.5")
@click.argument("group_id", metavar="GROUP")
@click.argument("factor", type=click.FloatRange(min=0))
@changing
def scale(group_id: str, factor: float, how: How) -> None:
    """Run so many times as many instances of every app below a group."""
    client = client_of(how.service)
    named(group_id, lambda: client.call("GET", group_path(group_id)), "group")
    _finish(client, how, group_id, ask(how, client, "PUT", group_path(group_id), {"scaleBy": factor}))


@group.command(epilog="Example: barter group rm shop --dry-run")
@click.argument("group_id", metavar="GROUP")
@changing
def rm(group_id: str, how: How) -> None:
    """Remove a group with all apps, pods and groups in it."""
    client = client_of(how.service)
    reply = named(group_id, lambda: ask(how, client, "DELETE", group_path(group_id)), "group")
    _finish(client, how, group_id, reply)


@group.command(epilog="Example: barter group ls")
@service_option
@output_option
def ls(service: str, output: str) -> None:
    """All groups, the root first."""
    rows = list(_flat(client_of(service).call("GET", f"/v2/groups{_EMBEDS}")))
    emit_list(
        [{**row, "groups": [each["id"] for each in row.get("groups") or ()]} for row in rows], output, COLUMNS, ""
    )


@group.command(epilog="Example: barter group show shop -o yaml")
@click.argument("group_id", metavar="GROUP")
@service_option
@output_option
def show(group_id: str, service: str, output: str) -> None:
    """A group and all in it; JSON and YAML are Marathon's group objects."""
    client = client_of(service)
    found = named(group_id, lambda: client.call("GET", group_path(group_id) + _EMBEDS), "group")
    if not emit_one(found, output):
        say("\n".join(_lines(found)))


def _flat(row: Row) -> Iterator[Row]:
    yield row
    for each in row.get("groups") or ():
        yield from _flat(each)


def _lines(row: Row) -> Iterator[str]:
    for each in _flat(row):
        depends = f", depends on {', '.join(each['dependencies'])}" if each.get("dependencies") else ""
        yield f"group {each['id']}{depends}"
        yield from (f"  app {app['id']}  {progress(app)}" for app in each.get("apps") or ())
        yield from (f"  pod {pod['id']}" for pod in each.get("pods") or ())


def _finish(client: Service, how: How, group_id: str, reply: dict[str, Any] | None) -> None:
    if reply is None:
        return
    group_id = "/" + group_id.strip("/")
    done = f"{group_id} is as wanted\nNext: barter group show {group_id}, or barter deployment ls"
    finish(client, how, group_id, reply.get("deploymentId", ""), done, reply.get("version"))
