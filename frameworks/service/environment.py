"""The environment of an instance, with the names Marathon documents for its tasks."""

import re
from collections.abc import Mapping, Sequence

from barter.core.tasks import Network
from barter.core.units import MIB, MILLI, format_milli
from barter.frameworks.service.app import App
from barter.frameworks.service.timestamps import iso

_LONGEST = 512
_LABEL = "MARATHON_APP_LABEL_"
UNSAFE = re.compile(r"[^a-zA-Z0-9_]+")


def environment(app: App, version: int, host: str, host_ports: Sequence[int], task_id: str) -> dict[str, str]:
    """What the instance finds set; the app's own `env` has the last word."""
    return {
        "HOST": host,
        "MESOS_TASK_ID": task_id,
        **_ports(app, host_ports),
        **_metadata(app, version),
        **labels_environment(app.labels),
        **app.env,
    }


def _ports(app: App, host_ports: Sequence[int]) -> dict[str, str]:
    if not host_ports:
        return {}
    env = {"PORT": str(host_ports[0]), "PORTS": ",".join(str(number) for number in host_ports)}
    for index, (port, number) in enumerate(zip(app.ports, host_ports, strict=True)):
        asked = port.service_port if app.network is Network.HOST else port.container_port
        env[f"PORT{index}"] = env[f"PORT_{asked or number}"] = str(number)
        if port.name:
            # Marathon's own name for it first; no shell can read one with a "-".
            env[f"PORT_{port.name.upper()}"] = env[f"PORT_{UNSAFE.sub('_', port.name).upper()}"] = str(number)
    return env


def _metadata(app: App, version: int) -> dict[str, str]:
    env = {
        "MARATHON_APP_ID": app.app_id,
        "MARATHON_APP_VERSION": iso(version),
        "MARATHON_APP_RESOURCE_CPUS": format_milli(app.cpus),
        "MARATHON_APP_RESOURCE_MEM": format_milli(app.mem * MILLI // MIB),
        "MARATHON_APP_RESOURCE_DISK": format_milli(app.disk * MILLI // MIB),
        "MARATHON_APP_RESOURCE_GPUS": "0",
    }
    return {**env, "MARATHON_APP_DOCKER_IMAGE": app.image.name} if app.image else env


def labels_environment(labels: Mapping[str, str]) -> dict[str, str]:
    """What of them fits into variables, by Marathon's names."""
    short = {
        UNSAFE.sub("_", name).upper(): value
        for name, value in labels.items()
        if len(name) + len(_LABEL) < _LONGEST and len(value) < _LONGEST
    }
    return {"MARATHON_APP_LABELS": " ".join(short), **{_LABEL + name: value for name, value in short.items()}}
