"""From a task to what the engine's "create a container" takes. Makes no call."""

import base64
from collections.abc import Mapping

from barter.agent.executor.events import Order, TaskKey
from barter.agent.executor.wire import order_from_wire, order_to_wire
from barter.agent.runtime.base import LaunchFailed
from barter.agent.runtime.environment import task_environment
from barter.agent.runtime.host_config import host_config
from barter.agent.runtime.place import Place
from barter.core.container_rules import SANDBOX, container_problem
from barter.core.ids import FrameworkId, TaskId
from barter.core.tasks import Command, Container
from barter.proto.v1 import executor_pb2 as pb

HOME, ORDER = "barter.home", "barter.order"
AGENT, FRAMEWORK, TASK = "barter.agent", "barter.framework", "barter.task"


def container_spec(order: Order, container: Container, place: Place) -> dict[str, object]:
    """The body of POST /containers/create. Raises LaunchFailed."""
    task = order.task
    if problem := container_problem(task):
        raise LaunchFailed(problem)
    environment = task_environment(order, SANDBOX)
    spec: dict[str, object] = {
        "Image": container.image,
        "Env": [f"{name}={value}" for name, value in environment.items()],
        "Labels": {**task.labels, **_labels(order, place.home)},
        "HostConfig": host_config(order, container, place),
        **_start(task.command, container),
    }
    if task.command.user:
        spec["User"] = task.command.user
    if container.port_mappings:
        spec["ExposedPorts"] = {f"{each.container_port}/{each.protocol}": {} for each in container.port_mappings}
    return spec


def _start(command: Command, container: Container) -> dict[str, list[str]]:
    """What is run: a shell line takes the place of the image's entrypoint, as in Mesos."""
    if command.shell:
        return {"Entrypoint": ["/bin/sh"], "Cmd": ["-c", command.shell]}
    start: dict[str, list[str]] = {}
    if container.entrypoint:
        start["Entrypoint"] = list(container.entrypoint)
    if command.argv:
        start["Cmd"] = list(command.argv)
    return start


def key_of(labels: Mapping[str, str]) -> TaskKey:
    return TaskKey(FrameworkId(labels.get(FRAMEWORK, "")), TaskId(labels.get(TASK, "")))


def order_of(labels: Mapping[str, str]) -> Order:
    """The order out of a container's labels; raises ValueError."""
    try:
        return order_from_wire(pb.ExecutorEvent.LaunchTask.FromString(base64.b64decode(labels[ORDER])))
    except Exception as error:
        raise ValueError(f"label {ORDER} is not readable: {error}") from error


def _labels(order: Order, home: str) -> dict[str, str]:
    return {
        HOME: home,
        AGENT: order.container_name.split(".")[1] if order.container_name.count(".") > 1 else "",
        FRAMEWORK: order.framework_id,
        TASK: order.task.task_id,
        ORDER: base64.b64encode(order_to_wire(order).SerializeToString()).decode(),
    }
