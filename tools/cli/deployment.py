"""`barter deployment`: changes of apps, pods and groups that are under way."""

from urllib.parse import quote

import click

from barter.tools.cli.changing import How, ask, client_of, tell
from barter.tools.cli.options import output_option, service_option
from barter.tools.cli.output import emit_list, emit_one, say
from barter.tools.cli.steering import DEPLOYMENTS, deployment_of, follow, steering
from barter.tools.cli.views import deployments as view


@click.group(epilog="Example: barter deployment ls && barter deployment pause 3f2a")
def deployment() -> None:
    """Changes under way. DEPLOYMENT is an id, the first characters of one, or the app or pod that it changes."""


@deployment.command(epilog="Example: barter deployment ls -o json")
@service_option
@output_option
def ls(service: str, output: str) -> None:
    """List them; JSON and YAML are Marathon's deployments, with what each waits for."""
    emit_list(client_of(service).call("GET", DEPLOYMENTS), output, view.COLUMNS, "no deployment is under way")


@deployment.command(epilog="Example: barter deployment show web")
@click.argument("name", metavar="DEPLOYMENT")
@service_option
@output_option
def show(name: str, service: str, output: str) -> None:
    """Its steps, the one under way, and what that waits for."""
    found = deployment_of(client_of(service), name)
    if not emit_one(found, output):
        say("\n".join(view.lines(found)))


@deployment.command(epilog="Example: barter deployment rollback web")
@click.argument("name", metavar="DEPLOYMENT")
@click.option("--force", is_flag=True, help="Only give it up: what it has done stays.")
@click.option("--wait/--no-wait", default=True, help="Show progress until all is as before (the default).")
@click.option("--dry-run", is_flag=True, help="Only tell what it would do.")
@service_option
@output_option
def rollback(name: str, force: bool, wait: bool, dry_run: bool, service: str, output: str) -> None:
    """Go back to what was before it, by a new deployment."""
    client = client_of(service)
    how = How(service, "", wait, force, dry_run, output)
    found = deployment_of(client, name)["id"]
    reply = ask(how, client, "DELETE", f"/v2/deployments/{quote(found)}")
    if reply is None:
        return
    back = reply.get("deploymentId", "")
    if force:
        done = f"deployment {found} is given up; what it has done stays"
    elif not wait:
        done = f"on its way back, deployment {back}"
    else:
        follow(client, back, f"back from {found}", err=how.for_program)
        done = f"deployment {found} is taken back"
    tell(how, done, found, back, reply.get("version"))


for _verb in ("pause", "resume", "promote"):
    deployment.add_command(steering(_verb, "DEPLOYMENT", lambda client, name: deployment_of(client, name)["id"]))
