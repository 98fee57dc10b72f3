"""Whether the parts of a cluster really serve, asked from outside as their users would."""

import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass

from barter.tools.cli.errors import Refused
from barter.tools.cli.rpc import ask
from barter.tools.dev.plan import Plan
from barter.tools.dev.shell import zookeeper

PROBE_S = 2.0


@dataclass(frozen=True, slots=True)
class Probe:
    """`check` blocks shortly and is true once the part serves."""

    name: str
    serves: str
    check: Callable[[], bool]


def probes(made: Plan) -> tuple[Probe, ...]:
    """One for each thing the user is told about, in the order to tell it."""
    master, service = made.masters, made.address("service")
    return (
        *(
            [Probe("zookeeper", made.address("zookeeper"), lambda: zookeeper.serves(made))]
            if made.options.elects
            else ()
        ),
        *(
            Probe(
                name,
                f"{made.address(name)}, http://{made.address(f'{name} http')}",
                lambda name=name: _ok(made.address(f"{name} http")),  # type: ignore[misc]
            )
            for name in made.master_names
        ),
        *(
            Probe(
                agent.name,
                f"{made.address(agent.name)}, http://{made.address(f'{agent.name} http')}"
                + (f", zone {agent.zone}" if agent.zone else ", public"),
                lambda name=agent.name: name in _agents(master),  # type: ignore[misc]
            )
            for agent in made.agents
        ),
        Probe("service", f"http://{service}", lambda: _ok(service) and _subscribed(master)),
        Probe(
            "edge",
            f"http://{made.address('edge http')}, statistics http://{made.address('edge stats')}",
            lambda: _answers(made.address("edge http")) and _answers(made.address("edge stats")),
        ),
    )


def agent_ids(master: str) -> dict[str, str]:
    """Agent ids by hostname, of active agents; empty where the master does not answer."""
    return _agents(master)


def tear_down_frameworks(master: str) -> None:
    """Ask the master to tear every framework down; gives up silently where it does not answer."""
    from barter.proto.v1 import operator_pb2 as pb

    try:
        reply = ask(master, lambda stub: stub.ListFrameworks(pb.ListFrameworksRequest(), timeout=PROBE_S))
        for view in reply.frameworks:
            request = pb.TeardownFrameworkRequest(framework_id=view.framework.framework_id)
            ask(master, lambda stub, request=request: stub.TeardownFramework(request, timeout=PROBE_S))  # type: ignore[misc]
    except Refused:
        return


def _agents(master: str) -> dict[str, str]:
    from barter.proto.v1 import operator_pb2 as pb

    try:
        reply = ask(master, lambda stub: stub.ListAgents(pb.ListAgentsRequest(), timeout=PROBE_S))
    except Refused:
        return {}
    return {view.agent.hostname: view.agent.agent_id for view in reply.agents if view.state == "active"}


def _subscribed(master: str) -> bool:
    from barter.proto.v1 import operator_pb2 as pb

    try:
        reply = ask(master, lambda stub: stub.ListFrameworks(pb.ListFrameworksRequest(), timeout=PROBE_S))
    except Refused:
        return False
    return any(view.state != "disconnected" for view in reply.frameworks)


def _ok(address: str) -> bool:
    return _get(address, "/health") == 200


def _answers(address: str) -> bool:
    return _get(address, "/") > 0


def _get(address: str, path: str) -> int:
    """The status of a GET, 0 where nobody answers in HTTP."""
    connection = http.client.HTTPConnection(address, timeout=PROBE_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException, json.JSONDecodeError):
        return 0
    finally:
        connection.close()
