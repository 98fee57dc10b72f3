"""From a task to what the engine's "create a container" takes. Makes no call."""

import base64
from collections.abc import Mapping
from pathlib import Path

from barter.agent.executor.events import Order, TaskKey
from barter.agent.executor.wire import order_from_wire, order_to_wire
from barter.agent.runtime import persistent
from barter.agent.runtime.environment import task_environment
from barter.agent.runtime.limits import cpu_shares
from barter.agent.runtime.volumes import bind
from barter.core.ids import FrameworkId, TaskId
from barter.core.tasks import Container, Network, TaskInfo
from barter.proto.v1 import executor_pb2 as pb

# Where Mesos' containers find their sandbox.
SANDBOX = "/mnt/mesos/sandbox"
HOME, ORDER = "barter.home", "barter.order"
AGENT, FRAMEWORK, TASK = "barter.agent", "barter.framework", "barter.task"

LEAST_MEMORY = 6 << 20
_LOGS = {"Type": "json-file", "Config": {"max-size": "20m", "max-file": "3"}}


def container_spec(
    order: Order, container: Container, home: str, private: tuple[str, ...], publish_on: str, work_dir: Path
) -> dict[str, object]:
    """The body of POST /containers/create. Raises LaunchFailed.

    `home` names the executor's work folder, `private` are folders no volume may open, `publish_on` is the address
    for mapped ports, and persistent volumes are below `work_dir`.
    """
    task = order.task
    binds = [*(bind(volume, private) for volume in container.volumes), *persistent.binds(order, work_dir)]
    environment = task_environment(order, SANDBOX)
    spec: dict[str, object] = {
        "Image": container.image,
        "Env": [f"{name}={value}" for name, value in environment.items()],
        "Labels": {**task.labels, **_labels(order, home)},
        "HostConfig": _host_config(order, container, binds, publish_on),
    }
    if task.command.shell:
        spec["Cmd"] = ["/bin/sh", "-c", task.command.shell]
    elif task.command.argv:
        spec["Cmd"] = list(task.command.argv)
    if container.port_mappings:
        spec["ExposedPorts"] = {f"{each.container_port}/{each.protocol}": {} for each in container.port_mappings}
    return spec


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


def _host_config(order: Order, container: Container, binds: list[str], publish_on: str) -> dict[str, object]:
    config: dict[str, object] = {
        "NetworkMode": str(container.network),
        "Binds": [*binds, f"{order.sandbox}:{SANDBOX}:rw"],
        "LogConfig": _LOGS,
        **_limits(order.task),
    }
    if container.network is Network.BRIDGE:
        ports: dict[str, list[dict[str, str]]] = {}
        for each in container.port_mappings:
            published = ports.setdefault(f"{each.container_port}/{each.protocol}", [])
            published.append({"HostIp": publish_on, "HostPort": str(each.host_port)})
        config["PortBindings"] = ports
    return config


def _limits(task: TaskInfo) -> dict[str, int]:
    """Memory is hard and without swap, cpu a share: Mesos' defaults."""
    limits: dict[str, int] = {}
    if shares := cpu_shares(task):
        limits["CpuShares"] = shares
    if memory := task.resources.scalars.get("mem", 0):
        limits["Memory"] = limits["MemorySwap"] = max(memory, LEAST_MEMORY)
    return limits
