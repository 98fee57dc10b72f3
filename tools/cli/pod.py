"""`barter pod`: containers that are started, placed and ended together."""

from typing import Any, TextIO

import click

from barter.tools.cli.changing import How, ask, changing, client_of, definition_in, id_in, named
from barter.tools.cli.options import output_option, service_option
from barter.tools.cli.output import Column, Row, emit_list, emit_one, say
from barter.tools.cli.rest import Service, pod_path
from barter.tools.cli.steering import deployment_of, finish, steering

COLUMNS = (
    Column("POD", lambda row: row["id"]),
    Column("STATUS", lambda row: row["status"]),
    Column("INSTANCES", lambda row: f"{_stable(row)}/{_wanted(row)}", right=True),
    Column("CONTAINERS", lambda row: ", ".join(each["name"] for each in row["spec"]["containers"]), prose=True),
)


@click.group(epilog="Example: barter pod create pod.json && barter pod show mypod")
def pod() -> None:
    """Create, update, scale and remove pods. `web` and `/web` are the same pod."""


@pod.command(epilog="Example: barter pod create pod.json")
@click.argument("file", type=click.File())
@changing
def create(file: TextIO, how: How) -> None:
    """Start a new pod from a JSON definition."""
    definition, client = definition_in(file, "pod", "Marathon's reference"), client_of(how.service)
    reply = ask(how, client, "POST", "/v2/pods", definition, exists=f"barter pod update {file.name}")
    _finish(client, how, str(definition.get("id", "")), reply)


@pod.command(epilog="Example: barter pod update pod.json")
@click.argument("file", type=click.File())
@changing
def update(file: TextIO, how: How) -> None:
    """Roll a pod to a new definition: what it does not say is as by default."""
    definition, client = definition_in(file, "pod", "Marathon's reference"), client_of(how.service)
    pod_id = id_in(definition, file, "pod")
    _finish(client, how, pod_id, ask(how, client, "PUT", pod_path(pod_id), definition))


@pod.command(epilog="Example: barter pod scale mypod 3")
@click.argument("pod_id", metavar="POD")
@click.argument("instances", type=click.IntRange(min=0))
@changing
def scale(pod_id: str, instances: int, how: How) -> None:
    """Run so many instances of a pod."""
    client = client_of(how.service)
    definition = named(pod_id, lambda: client.call("GET", pod_path(pod_id)), "pod")
    definition["scaling"] = {"kind": "fixed", "instances": instances}
    _finish(client, how, pod_id, ask(how, client, "PUT", pod_path(pod_id), definition))


@pod.command(epilog="Example: barter pod rm mypod")
@click.argument("pod_id", metavar="POD")
@changing
def rm(pod_id: str, how: How) -> None:
    """Remove a pod and its instances."""
    client = client_of(how.service)
    _finish(client, how, pod_id, named(pod_id, lambda: ask(how, client, "DELETE", pod_path(pod_id)), "pod"), gone=True)


@pod.command(epilog="Example: barter pod ls -o json")
@service_option
@output_option
def ls(service: str, output: str) -> None:
    """List the pods; JSON and YAML are Marathon's pod statuses."""
    rows = sorted(client_of(service).call("GET", "/v2/pods/::status"), key=lambda row: str(row["id"]))
    emit_list(rows, output, COLUMNS, "no pods: barter pod create FILE")


@pod.command(epilog="Example: barter pod show mypod")
@click.argument("pod_id", metavar="POD")
@service_option
@output_option
def show(pod_id: str, service: str, output: str) -> None:
    """One pod, its instances and their containers."""
    client = client_of(service)
    found = named(pod_id, lambda: client.call("GET", pod_path(pod_id) + "::status"), "pod")
    if not emit_one(found, output):
        say("\n".join(_lines(found)))


for _verb in ("pause", "resume", "promote"):
    pod.add_command(steering(_verb, "POD", lambda client, pod_id: deployment_of(client, pod_id)["id"]))


def _wanted(row: Row) -> int:
    scaling = (row["spec"].get("scaling") or {}) if isinstance(row["spec"], dict) else {}
    return int(scaling.get("instances", 1))


def _stable(row: Row) -> int:
    return sum(each["status"] == "STABLE" for each in row.get("instances") or ())


def _lines(row: Row) -> list[str]:
    found = [f"pod         {row['id']}", f"state       {row['status']}, {_stable(row)}/{_wanted(row)} stable"]
    for instance in row.get("instances") or ():
        found.append(f"  {instance['id']}  {instance['status']}  {instance.get('agentHostname', '')}".rstrip())
        found += [f"    {each['name']}  {each['status']}" for each in instance.get("containers") or ()]
    return found


def _finish(client: Service, how: How, pod_id: str, reply: dict[str, Any] | None, *, gone: bool = False) -> None:
    """Its deployment is named by a header alone."""
    if reply is None:
        return
    pod_id = "/" + pod_id.strip("/")
    done = f"{pod_id} is gone" if gone else f"{pod_id} is there\nNext: barter pod show {pod_id}"
    finish(client, how, pod_id, client.deployment, done, reply.get("version"))
