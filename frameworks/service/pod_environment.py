"""The environment of a pod's container, with the names Marathon gives to its tasks."""

from barter.core.units import MIB, MILLI, format_milli
from barter.frameworks.service.app import App
from barter.frameworks.service.environment import UNSAFE, labels_environment
from barter.frameworks.service.instances import Placed
from barter.frameworks.service.pod import PodContainer
from barter.frameworks.service.timestamps import iso
from barter.sdk import Network


def environment(app: App, container: PodContainer, version: int, host: str, placed: Placed) -> dict[str, str]:
    """Each container is told all endpoints; the pod's own variables, then the container's, have the last word."""
    return {
        "HOST": host,
        "MESOS_TASK_ID": f"{placed.task_id}.{container.name}",
        "MESOS_EXECUTOR_ID": placed.task_id,
        "MARATHON_APP_ID": app.app_id,
        "MARATHON_APP_VERSION": iso(version),
        "MARATHON_CONTAINER_ID": container.name,
        "MARATHON_CONTAINER_RESOURCE_CPUS": format_milli(container.share.cpus),
        "MARATHON_CONTAINER_RESOURCE_MEM": format_milli(container.share.mem * MILLI // MIB),
        "MARATHON_CONTAINER_RESOURCE_DISK": format_milli(container.share.disk * MILLI // MIB),
        "MARATHON_CONTAINER_RESOURCE_GPUS": "0",
        **_endpoints(app, placed),
        **labels_environment({**app.labels, **container.labels}),
        **app.env,
        **container.env,
    }


def _endpoints(app: App, placed: Placed) -> dict[str, str]:
    """ENDPOINT_* is where to listen: the port of the container, of the host in the host's network."""
    env: dict[str, str] = {}
    for port, number in zip(app.ports, placed.host_ports, strict=True):
        name = UNSAFE.sub("_", port.name).upper()
        inside = number if app.network is Network.HOST else port.container_port or number
        env[f"ENDPOINT_{name}"] = str(inside)
        if app.network is not Network.OWN:
            env[f"EP_HOST_{name}"] = str(number)
        if app.network is not Network.HOST:
            env[f"EP_CONTAINER_{name}"] = str(inside)
    return env
