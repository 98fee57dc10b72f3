"""`barter app`: the service framework's apps."""

import sys
from typing import Any, TextIO

import click

from barter.tools.cli.changing import How, ask, changing, client_of, definition_in, id_in, named, tell
from barter.tools.cli.errors import Refused
from barter.tools.cli.options import output_option, service_option
from barter.tools.cli.output import emit_list, emit_one, say
from barter.tools.cli.rest import Service, app_path
from barter.tools.cli.steering import deployment_of, steering
from barter.tools.cli.views import apps as view


class Untold(Refused):
    """Whether anything differs cannot be told."""

    exit_code = 2


@click.group(epilog="Example: barter app create examples/web.json && barter app scale web 5")
def app() -> None:
    """Create, update, scale and remove apps. `web` and `/web` are the same app."""


@app.command(epilog="Example: barter app create examples/web.json, or from a pipe: barter app create -")
@click.argument("file", type=click.File())
@changing
def create(file: TextIO, how: How) -> None:
    """Start a new app from a JSON definition."""
    definition, client = definition_in(file), client_of(how.service)
    made = ask(how, client, "POST", "/v2/apps", definition, exists=f"barter app update {file.name}")
    if made is not None:
        deployment = (made.get("deployments") or [{}])[0].get("id", "")
        _finish(client, how, made.get("id", definition.get("id")), deployment, made.get("version"))


@app.command(epilog="Example: barter app update examples/web.json")
@click.argument("file", type=click.File())
@changing
def update(file: TextIO, how: How) -> None:
    """Roll an app to a new definition; the new instances are healthy before the old ones go."""
    definition = definition_in(file)
    _change(how, "PUT", id_in(definition, file), definition)


@app.command(epilog="Example: barter app diff examples/web.json && echo nothing to do")
@click.argument("file", type=click.File())
@service_option
@output_option
def diff(file: TextIO, service: str, output: str) -> None:
    """What `app update FILE` would change, field by field, and how.

    Ends as diff(1) does: with 0 where nothing differs, 1 where something does, 2 where it cannot be told.
    """
    try:
        definition = definition_in(file)
        path = app_path(id_in(definition, file))
        reply = client_of(service).call("PUT", f"{path}?dryRun=true&force=true", definition)
    except Refused as error:
        raise Untold(error.message) from None
    from barter.tools.cli.views import forecast

    if not emit_one(reply, output):
        click.echo(
            "\n".join(forecast.lines(reply, colours=sys.stdout.isatty())) if reply["changes"] else "nothing differs"
        )
    click.get_current_context().exit(1 if reply["changes"] else 0)


@app.command(epilog="Example: barter app scale web 5")
@click.argument("app_id", metavar="APP")
@click.argument("instances", type=click.IntRange(min=0))
@changing
def scale(app_id: str, instances: int, how: How) -> None:
    """Run so many instances of an app."""
    _change(how, "PUT", app_id, {"instances": instances})


@app.command(epilog="Example: barter app restart web")
@click.argument("app_id", metavar="APP")
@changing
def restart(app_id: str, how: How) -> None:
    """Replace every instance of an app by a new one of the same version."""
    _change(how, "POST", app_id, None, "/restart")


@app.command(
    epilog="Example: barter app rollback web (to the version before), or with one of `barter app versions web`"
)
@click.argument("app_id", metavar="APP")
@click.argument("version", required=False)
@changing
def rollback(app_id: str, version: str | None, how: How) -> None:
    """Roll an app back to an earlier version."""
    if version is None:
        client = client_of(how.service)
        known = named(app_id, lambda: client.call("GET", app_path(app_id) + "/versions"))["versions"]
        if len(known) < 2:
            raise Refused(f"{app_id} has had one version only", then=f"barter app versions {app_id}")
        version = sorted(known)[-2]
    _change(how, "PUT", app_id, {"version": version})


@app.command(epilog="Example: barter app rm web")
@click.argument("app_id", metavar="APP")
@changing
def rm(app_id: str, how: How) -> None:
    """Remove an app and its instances."""
    _change(how, "DELETE", app_id, None)


for _verb in ("pause", "resume", "promote"):
    app.add_command(steering(_verb, "APP", lambda client, app_id: deployment_of(client, app_id)["id"]))


@app.command(epilog="Example: barter app ls -o json")
@service_option
@output_option
def ls(service: str, output: str) -> None:
    """List the apps; JSON and YAML are Marathon's app objects."""
    found = client_of(service).call("GET", "/v2/apps?embed=apps.readiness")["apps"]
    rows = sorted(found, key=lambda row: str(row["id"]))
    emit_list(rows, output, view.COLUMNS, "no apps: barter app create examples/web.json")


@app.command(epilog="Example: barter app show web -o json")
@click.argument("app_id", metavar="APP")
@service_option
@output_option
def show(app_id: str, service: str, output: str) -> None:
    """One app, its instances, its last failure, and the deployment that changes it."""
    client, embeds = client_of(service), "?embed=app.reasons&embed=app.readiness"
    found = named(app_id, lambda: client.call("GET", app_path(app_id) + embeds))["app"]
    if emit_one(found, output):
        return
    text = "\n".join(view.lines(found))
    if found.get("deployments"):
        text += "".join(f"\n{line}" for line in _deploying(client, app_id))
    say(text)


@app.command(epilog="Example: barter app versions web")
@click.argument("app_id", metavar="APP")
@service_option
@output_option
def versions(app_id: str, service: str, output: str) -> None:
    """The versions an app has had, the newest first."""
    client = client_of(service)
    known = named(app_id, lambda: client.call("GET", app_path(app_id) + "/versions"))["versions"]
    newest_first = sorted(known, reverse=True)
    current = client.call("GET", app_path(app_id))["app"].get("version")
    rows = [{"version": version, "current": version == current} for version in newest_first]
    emit_list(rows, output, view.VERSION_COLUMNS, f"{app_id} has no versions")


def _deploying(client: Service, app_id: str) -> list[str]:
    from barter.tools.cli.views.deployments import lines

    try:
        return list(lines(deployment_of(client, app_id)))
    except Refused:
        return []


def _change(how: How, method: str, app_id: str, body: Any, suffix: str = "") -> None:
    client, path = client_of(how.service), app_path(app_id)
    reply = named(app_id, lambda: ask(how, client, method, path + suffix, body))
    if reply is not None:
        _finish(client, how, app_id, reply.get("deploymentId", ""), reply.get("version"))


def _finish(client: Service, how: How, app_id: str, deployment: str, version: str | None) -> None:
    """Follow to the end and say what to do next."""
    app_id = "/" + app_id.strip("/")
    if not how.wait:
        told = f"{app_id}: on its way" + (f", deployment {deployment}" if deployment else "")
        tell(how, told, app_id, deployment, version)
        return
    from barter.tools.cli.hints import after
    from barter.tools.cli.progress import follow
    from barter.tools.cli.waiting import reasons

    final = follow(client, app_id, deployment, lambda: reasons(client, how.master, app_id), err=how.for_program)
    tell(how, f"{app_id} is gone" if final is None else after(final, how.master), app_id, deployment, version)
