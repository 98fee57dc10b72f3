"""Deployments by name: found, paused, resumed, promoted, followed to their end."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import click

from barter.tools.cli.changing import How, client_of, tell
from barter.tools.cli.errors import Refused
from barter.tools.cli.options import output_option, service_option
from barter.tools.cli.outcome import check
from barter.tools.cli.output import emit_one, say
from barter.tools.cli.patience import patiently
from barter.tools.cli.rest import Service

DEPLOYMENTS = "/v2/deployments?embed=reasons"
HELP = {
    "pause": "Let nothing more be changed, until it is resumed; what dies is replaced.",
    "resume": "Go on with what was paused.",
    "promote": "The canaries are good: go on with the rest.",
}


def deployment_of(client: Service, name: str) -> dict[str, Any]:
    """The one with that id (its first characters are enough), or that changes that app or pod; raises Refused."""
    known = [dict(each) for each in client.call("GET", DEPLOYMENTS)]
    path = "/" + name.strip("/")
    found = [each for each in known if path in (*each["affectedApps"], *each.get("affectedPods", ()))]
    found = found or [each for each in known if each["id"].startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused(f"{name} begins the ids of {len(found)} deployments", then="barter deployment ls")
    raise Refused(f"no deployment is under way for {name}: it is done, or was given up", then="barter deployment ls")


def steering(verb: str, metavar: str, id_of: Callable[[Service, str], str]) -> click.Command:
    """The verb `pause`, `resume` or `promote`, of what `id_of` finds."""

    @click.command(name=verb, help=HELP[verb], epilog=f"Example: barter {metavar.lower()} {verb} web")
    @click.argument("name", metavar=metavar)
    @service_option
    @output_option
    def run(name: str, service: str, output: str) -> None:
        from barter.tools.cli.views.deployments import lines

        client = client_of(service)
        found = client.call("POST", f"/v2/deployments/{quote(id_of(client, name))}/{verb}") or {}
        if not emit_one(found, output):
            say("\n".join(lines(found)) if found else f"the deployment of {name} is done")

    return run


def finish(client: Service, how: How, what: str, deployment: str, done: str, version: str | None) -> None:
    """Say that it is on its way, or follow it to its end and say that it is `done`."""
    if how.wait:
        follow(client, deployment, what, err=how.for_program)
    tell(how, done if how.wait else f"{what}: on its way, deployment {deployment}", what, deployment, version)


def follow(client: Service, deployment: str, what: str, *, err: bool = False) -> None:
    """Until it is over, a line for each change; raise Refused when it failed, and on Ctrl-C, when it goes on."""
    from barter.tools.cli.progress import POLL_S, Screen
    from barter.tools.cli.views.deployments import progress

    screen = Screen(err=err)
    try:
        while True:
            known = {each["id"]: each for each in patiently(lambda: client.call("GET", DEPLOYMENTS))}
            if deployment not in known:
                break
            screen.show(f"{what}: {progress(known[deployment])}")
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        look = f"barter deployment show {deployment}, or barter deployment rollback {deployment}"
        raise Refused(f"stopped watching; the deployment of {what} goes on", then=look) from None
    finally:
        screen.end()
    check(client, deployment, "barter app ls, and what it should have done again")
