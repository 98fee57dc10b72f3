"""From the body of a change to the app it means: merged, replaced, or an earlier version again."""

from collections.abc import Iterator
from contextlib import contextmanager

from barter.frameworks.service.app import App
from barter.frameworks.service.definition import DefinitionError, parse_app
from barter.frameworks.service.launch import unlaunchable
from barter.frameworks.service.paths import check_path
from barter.frameworks.service.refused import READ_ONLY
from barter.frameworks.service.render import app_json
from barter.frameworks.service.schema import Json
from barter.frameworks.service.state import StoredApp
from barter.frameworks.service.timestamps import from_iso

_PORTS_OF_HOST = ("portDefinitions", "ports", "requirePorts")


def path_of(text: str) -> str:
    """The app id of a URL; raises DefinitionError."""
    try:
        return check_path(text)
    except ValueError as error:
        raise DefinitionError([("/id", str(error))]) from None


def id_of(body: Json) -> str:
    """The app id that a body names; raises DefinitionError."""
    given = body.get("id")
    if not isinstance(given, str):
        raise DefinitionError([("/id", "App Update must have app id set")])
    return path_of(given)


@contextmanager
def at(place: str) -> Iterator[None]:
    """What is wrong within is wrong at `place` of the body: `"(0)"`."""
    try:
        yield
    except DefinitionError as error:
        raise DefinitionError(
            [(f"{place}{'' if path == '/' else path}", why) for path, why in error.problems]
        ) from None


def created(body: Json, app_id: str = "") -> App:
    """A new app; `app_id` is the one in the URL, where there is one. Raises DefinitionError."""
    return _launchable(parse_app(_with_id(body, app_id) if app_id else body))


def changed(stored: StoredApp, body: Json, *, partial: bool) -> App:
    """The app after the change. Raises DefinitionError."""
    if set(body) - {"id"} == {"version"}:
        return _earlier(stored, body["version"])
    body = _with_id(body, stored.app_id)
    return _launchable(parse_app(_merged(app_json(stored.app), body) if partial else body))


def _launchable(app: App) -> App:
    """Else it would be accepted here, and every launch of it refused."""
    if why := unlaunchable(app):
        raise DefinitionError([("/container" if why.startswith("container.") else "/", why)])
    return app


def _with_id(body: Json, app_id: str) -> Json:
    given = body.get("id", app_id)
    if not isinstance(given, str) or path_of(given) != app_id:
        raise DefinitionError([("/id", f"is not the {app_id} of the URL")])
    return {**body, "id": app_id}


def _earlier(stored: StoredApp, version: object) -> App:
    try:
        app = stored.definition(from_iso(str(version)))
    except ValueError as error:
        raise DefinitionError([("/version", str(error))]) from None
    if app is None:
        raise DefinitionError([("/version", f"{stored.app_id} has no version {version}")])
    return app


def _merged(old: Json, new: Json) -> Json:
    """Field by field; what the new fields replace by their meaning goes too."""
    kept = {name: value for name, value in old.items() if name not in new}
    for one, other in (("cmd", "args"), ("args", "cmd"), ("ports", "portDefinitions")):
        if new.get(one):
            kept.pop(other, None)
    on_host = _on_host(new)
    if on_host is not None and on_host != _on_host(old):
        for name in ("networks", *_PORTS_OF_HOST):
            kept.pop(name, None)
        if on_host and isinstance(kept.get("container"), dict):
            kept["container"] = {name: value for name, value in kept["container"].items() if name != "portMappings"}
    elif any(given in new for given in ("networks", "ipAddress")) or _docker_network(new):
        kept.pop("networks", None)
    return {**kept, **{name: value for name, value in new.items() if name not in READ_ONLY}}


def _on_host(app: Json) -> bool | None:
    """Whether it asks for the network of the host, in today's form or in older ones; None where it does not say."""
    networks, container = app.get("networks"), app.get("container")
    if networks or app.get("ipAddress"):
        return "container" not in str(networks) and not app.get("ipAddress")
    if legacy := _docker_network(app):
        return legacy == "HOST"
    return False if "portMappings" in str(container) else None


def _docker_network(app: Json) -> object:
    container = app.get("container")
    docker = container.get("docker") if isinstance(container, dict) else None
    return docker.get("network") if isinstance(docker, dict) else None
