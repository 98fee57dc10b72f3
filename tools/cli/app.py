"""`barter app`: the service framework's apps."""

import json
from collections.abc import Callable
from contextlib import closing
from typing import Any, TextIO, TypeVar

import click

from barter.tools.cli.errors import Refused
from barter.tools.cli.options import master_option, output_option, service_option
from barter.tools.cli.output import emit_list, emit_one, say
from barter.tools.cli.rest import Locked, Missing, Service, app_path
from barter.tools.cli.views import apps as view

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


@click.group(epilog="Example: barter app create examples/web.json && barter app scale web 5")
def app() -> None:
    """Create, update, scale and remove apps. `web` and `/web` are the same app."""


def _changing(function: FunctionT) -> FunctionT:
    """What every verb that starts a deployment takes."""
    wait = click.option("--wait/--no-wait", default=True, help="Show progress until it is done (the default).")
    return wait(master_option(service_option(function)))


def _force(function: FunctionT) -> FunctionT:
    text = "Take the place of a deployment that is on its way."
    return click.option("--force", is_flag=True, help=text)(function)


@app.command(epilog="Example: barter app create examples/web.json, or from a pipe: barter app create -")
@click.argument("file", type=click.File())
@_changing
def create(file: TextIO, wait: bool, service: str, master: str) -> None:
    """Start a new app from a JSON definition."""
    definition, client = _definition(file), _client(service)
    try:
        made = client.call("POST", "/v2/apps", definition)
    except Locked as error:
        raise Refused(error.message, then=f"barter app update {file.name}") from None
    deployments = made.get("deployments") or [{}]
    _finish(client, master, made.get("id", definition.get("id")), deployments[0].get("id", ""), wait)


@app.command(epilog="Example: barter app update examples/web.json")
@click.argument("file", type=click.File())
@_force
@_changing
def update(file: TextIO, force: bool, wait: bool, service: str, master: str) -> None:
    """Roll an app to a new definition; the new instances are healthy before the old ones go."""
    definition = _definition(file)
    if not definition.get("id"):
        raise Refused(f"{file.name} names no app", then='add "id": "/NAME" to it')
    _change(service, master, "PUT", str(definition["id"]), definition, force, wait)


@app.command(epilog="Example: barter app scale web 5")
@click.argument("app_id", metavar="APP")
@click.argument("instances", type=click.IntRange(min=0))
@_force
@_changing
def scale(app_id: str, instances: int, force: bool, wait: bool, service: str, master: str) -> None:
    """Run so many instances of an app."""
    _change(service, master, "PUT", app_id, {"instances": instances}, force, wait)


@app.command(epilog="Example: barter app restart web")
@click.argument("app_id", metavar="APP")
@_force
@_changing
def restart(app_id: str, force: bool, wait: bool, service: str, master: str) -> None:
    """Replace every instance of an app by a new one of the same version."""
    _change(service, master, "POST", app_id, None, force, wait, "/restart")


@app.command(
    epilog="Example: barter app rollback web (to the version before), or with one of `barter app versions web`"
)
@click.argument("app_id", metavar="APP")
@click.argument("version", required=False)
@_force
@_changing
def rollback(app_id: str, version: str | None, force: bool, wait: bool, service: str, master: str) -> None:
    """Roll an app back to an earlier version."""
    if version is None:
        known = _client(service).call("GET", app_path(app_id) + "/versions")["versions"]
        if len(known) < 2:
            raise Refused(f"{app_id} has had one version only", then=f"barter app versions {app_id}")
        version = sorted(known)[-2]
    _change(service, master, "PUT", app_id, {"version": version}, force, wait)


@app.command(epilog="Example: barter app rm web")
@click.argument("app_id", metavar="APP")
@_force
@_changing
def rm(app_id: str, force: bool, wait: bool, service: str, master: str) -> None:
    """Remove an app and its instances."""
    _change(service, master, "DELETE", app_id, None, force, wait)


@app.command(epilog="Example: barter app ls -o json")
@service_option
@output_option
def ls(service: str, output: str) -> None:
    """List the apps; JSON and YAML are Marathon's app objects."""
    rows = sorted(_client(service).call("GET", "/v2/apps?embed=apps.readiness")["apps"], key=lambda row: str(row["id"]))
    emit_list(rows, output, view.COLUMNS, "no apps: barter app create examples/web.json")


@app.command(epilog="Example: barter app show web -o json")
@click.argument("app_id", metavar="APP")
@service_option
@output_option
def show(app_id: str, service: str, output: str) -> None:
    """One app, its instances and its last failure."""
    found = _named(
        app_id, lambda: _client(service).call("GET", app_path(app_id) + "?embed=app.reasons&embed=app.readiness")
    )["app"]
    if not emit_one(found, output):
        say("\n".join(view.lines(found)))


@app.command(epilog="Example: barter app versions web")
@click.argument("app_id", metavar="APP")
@service_option
@output_option
def versions(app_id: str, service: str, output: str) -> None:
    """The versions an app has had, the newest first."""
    client = _client(service)
    known = _named(app_id, lambda: client.call("GET", app_path(app_id) + "/versions"))["versions"]
    newest_first = sorted(known, reverse=True)
    current = client.call("GET", app_path(app_id))["app"].get("version")
    rows = [{"version": version, "current": version == current} for version in newest_first]
    emit_list(rows, output, view.VERSION_COLUMNS, f"{app_id} has no versions")


def _client(url: str) -> Service:
    """Open until the verb ends."""
    return click.get_current_context().with_resource(closing(Service(url)))


def _definition(file: TextIO) -> dict[str, Any]:
    try:
        definition = json.load(file, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise Refused(f"{file.name} is not JSON: {why}") from None
    if not isinstance(definition, dict):
        raise Refused(f"{file.name} holds no app: a JSON object is expected, as in examples/web.json")
    return definition


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Raises ValueError on a name given twice, of which the service framework would see only the last."""
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made:
            raise ValueError(f"{name[:80]!r} is given twice in one object")
        made[name] = value
    return made


def _change(
    service: str, master: str, method: str, app_id: str, body: Any, force: bool, wait: bool, suffix: str = ""
) -> None:
    client = _client(service)
    path = app_path(app_id) + suffix + ("?force=true" if force else "")
    try:
        reply = _named(app_id, lambda: client.call(method, path, body)) or {}
    except Locked as error:
        raise Refused(error.message, then=f"barter app show {app_id}, or the same again with --force") from None
    _finish(client, master, app_id, reply.get("deploymentId", ""), wait)


def _named(app_id: str, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Missing as error:
        raise Refused(error.message, then=f"barter app ls lists the apps there are; {app_id} is not one") from None


def _finish(client: Service, master: str, app_id: str, deployment: str, wait: bool) -> None:
    """Follow to the end and say what to do next."""
    app_id = "/" + app_id.strip("/")
    if not wait:
        click.echo(f"{app_id}: on its way" + (f", deployment {deployment}" if deployment else ""))
        return
    from barter.tools.cli.hints import after
    from barter.tools.cli.progress import follow
    from barter.tools.cli.waiting import reasons

    final = follow(client, app_id, deployment, lambda: reasons(client, master, app_id))
    click.echo(f"{app_id} is gone" if final is None else after(final, master))
