"""What the verbs share that change what the service framework runs: their options, what refuses them, dry runs."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import wraps
from typing import Any, TextIO, TypeVar

import click

from barter.tools.cli.errors import Refused
from barter.tools.cli.options import master_option, output_option, service_option
from barter.tools.cli.output import emit_one, say
from barter.tools.cli.rest import Locked, Missing, Service

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
FORCIBLE = "With force=true"


@dataclass(frozen=True, slots=True)
class How:
    """How a change is to be made. With `dry_run` it is not, and what it would do is told.

    What was or would be done is told as `output` says; for a program with nothing else on stdout.
    """

    service: str
    master: str
    wait: bool
    force: bool
    dry_run: bool
    output: str

    @property
    def for_program(self) -> bool:
        return self.output != "table"


def changing(function: FunctionT) -> FunctionT:
    """Adds the options, and hands them over as `how`."""

    @wraps(function)
    def run(*args: Any, **given: Any) -> Any:
        names = ("service", "master", "wait", "force", "dry_run", "output")
        return function(*args, how=How(**{name: given.pop(name) for name in names}), **given)

    force = "Take the place of a deployment that is on its way; accept what can never be finished here."
    run = click.option("--force", is_flag=True, help=force)(run)
    run = click.option("--wait/--no-wait", default=True, help="Show progress until it is done (the default).")(run)
    dry = "Only tell what it would do: what differs, the steps, the most instances, the fewest ready ones."
    run = click.option("--dry-run", is_flag=True, help=dry)(output_option(run))
    return master_option(service_option(run))  # type: ignore[return-value]


def client_of(url: str) -> Service:
    """Open until the verb ends."""
    return click.get_current_context().with_resource(closing(Service(url)))


def definition_in(file: TextIO, what: str = "app", example: str = "examples/web.json") -> dict[str, Any]:
    """The JSON object in the file; raises Refused."""
    try:
        definition = json.load(file, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise Refused(f"{file.name} is not JSON: {why}") from None
    if not isinstance(definition, dict):
        raise Refused(f"{file.name} holds no {what}: a JSON object is expected, as in {example}")
    return definition


def id_in(definition: dict[str, Any], file: TextIO, what: str = "app") -> str:
    """The id that the definition in the file names; raises Refused."""
    if not definition.get("id"):
        raise Refused(f"{file.name} names no {what}", then='add "id": "/NAME" to it')
    return str(definition["id"])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Raises ValueError on a name given twice, of which the service framework would see only the last."""
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made:
            raise ValueError(f"{name[:80]!r} is given twice in one object")
        made[name] = value
    return made


def ask(how: How, client: Service, method: str, path: str, body: Any = None, *, exists: str = "") -> Any:
    """The reply to a change, or None after a dry run, which is shown. `exists`: the verb for what is there already."""
    query = "&".join(name for name, on in (("force=true", how.force), ("dryRun=true", how.dry_run)) if on)
    try:
        reply = client.call(method, f"{path}?{query}" if query else path, body) or {}
    except Locked as error:
        raise locked(error, exists) from None
    except Missing:
        raise
    except Refused as error:
        if FORCIBLE not in error.message:
            raise
        raise Refused(error.message, then="the same again with --force, or with --dry-run to see more") from None
    if not how.dry_run:
        return reply
    show(reply, how)
    return None


def show(reply: dict[str, Any], how: How) -> None:
    """What a dry run was answered; ends with 1 where the change would be refused."""
    from barter.tools.cli.views import forecast as view

    if not emit_one(reply, how.output):
        say("\n".join(view.lines(reply)))
    if reply.get("impossible") and not how.force:
        click.get_current_context().exit(1)


def tell(how: How, text: str, name: str, deployment: str, version: str | None = None) -> None:
    """What became of a change: a sentence for people; else what it changed, its deployment, and its version."""
    if not emit_one({"id": name, "version": version, "deploymentId": deployment or None}, how.output):
        say(text)


def locked(error: Locked, exists: str = "") -> Refused:
    """Which deployment is in the way, how to look at it, how to go on all the same."""
    if not error.deployments:
        return Refused(error.message, then=exists) if exists else error
    which = [f"deployment {each} has it" for each in error.deployments]
    look = f"barter deployment show {error.deployments[0]}"
    return Refused(error.message, *which, then=f"{look}, or the same again with --force")


def named(name: str, call: Callable[[], Any], kind: str = "app") -> Any:
    try:
        return call()
    except Missing as error:
        raise Refused(error.message, then=f"barter {kind} ls lists the {kind}s there are; {name} is not one") from None
