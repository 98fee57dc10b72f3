"""What to try once an app is there."""

from typing import Any

from barter.tools.cli.errors import Refused
from barter.tools.cli.rest import key_of
from barter.tools.cli.views.apps import progress
from barter.tools.dev.shell.folder import running


def after(app: dict[str, Any], master: str) -> str:
    """`/web is there: 3/3 healthy` and how to reach it."""
    lines = [f"{app['id']} is there: {progress(app)}"]
    hosts, ports = _served(app["id"], master)
    edge = (running() or {}).get("edge_http", "")
    address = edge.removeprefix("http://").rstrip("/")
    for host in hosts:
        lines.append(f"Next: curl -H 'Host: {host}' http://{address or 'PUBLIC_AGENT'}/")
    lines += [f"Next: port {port} of every public agent" for port in ports]
    lines.append("Next: barter tasks") if len(lines) == 1 else None
    return "\n".join(lines)


def _served(app_id: str, master: str) -> tuple[list[str], list[int]]:
    """The virtual hosts and edge ports that the master knows for the app; none where it does not answer."""
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import TIMEOUT_S, ask

    try:
        reply = ask(master, lambda stub: stub.ListEndpoints(pb.ListEndpointsRequest(), timeout=TIMEOUT_S))
    except Refused:
        return [], []
    ports = [
        port
        for service in reply.services
        if service.service.service_id == key_of(app_id)
        for port in service.service.ports
    ]
    return [host for port in ports for host in port.vhosts], [port.number for port in ports if port.number]
