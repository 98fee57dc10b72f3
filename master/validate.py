"""Whether a task may be launched from what is left of the offers, and if not, why."""

from typing import NamedTuple

from barter.core import ranges as rng
from barter.core.container_rules import container_problem
from barter.core.resources import PORTS
from barter.core.shared_folders import mounts_problem
from barter.core.tasks import Network, Reason, TaskInfo

DOCKER, PROCESS = "docker", "process"


class Refusal(NamedTuple):
    reason: Reason
    message: str


def refusal(info: TaskInfo, runtimes: tuple[str, ...]) -> Refusal | None:
    """`runtimes` is what the agent can run; None when all is well."""
    malformed = _malformed(info)
    if malformed:
        return Refusal(Reason.INVALID_TASK, malformed)
    runtime = DOCKER if info.container else PROCESS
    if runtime not in runtimes:
        has = ", ".join(runtimes) or "none"
        return Refusal(Reason.RUNTIME_MISSING, f"the task needs the {runtime} runtime, the agent has: {has}")
    return None


def _malformed(info: TaskInfo) -> str:
    if not info.resources and not info.is_executor:
        return "resources: the task asks for nothing: give it cpus and mem"
    if info.command.shell and info.command.argv:
        return "command: shell and argv are both given: choose one"
    by_itself = info.executor is None or info.is_executor
    if by_itself and info.container is None and not info.command.shell and not info.command.argv:
        return "command: neither shell nor argv is given, and there is no image to run"
    if (info.volumes or info.shared) and (problem := mounts_problem(info)):
        return problem
    return container_problem(info) or (_unclaimed_port(info) if info.ports or info.container else "")


def _unclaimed_port(info: TaskInfo) -> str:
    """A port of the machine that the task would listen on without holding it."""
    # With an address of its own it listens on none of the machine.
    if info.container is not None and info.container.network is Network.OWN:
        return ""
    listened = [(f"ports.{port.name}", port.number) for port in info.ports]
    if info.container is not None and info.container.network is Network.BRIDGE:
        listened += [("container.port_mappings.host_port", each.host_port) for each in info.container.port_mappings]
    for field, number in listened:
        if not rng.contains(info.resources.ranges.get(PORTS, ()), ((number, number),)):
            return f"{field}: {number} is not among the task's resources: take it from the offer's ports"
    return ""
