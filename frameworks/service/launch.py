"""From a demand's offer to the tasks launched on it."""

from barter.core import ranges as rng
from barter.core.ids import DemandId, TaskId
from barter.core.resources import PORTS, Resources
from barter.frameworks.service import ports as ports_of
from barter.frameworks.service.app import App, Check
from barter.frameworks.service.demand import shape
from barter.frameworks.service.environment import environment
from barter.frameworks.service.paths import key_of
from barter.frameworks.service.routes import served_protocol
from barter.frameworks.service.timestamps import iso
from barter.sdk import Command, Container, HealthCheck, Network, Offer, PortMapping, TaskInfo, TaskPort


def fit(app: App, offer: Offer, most: int, turn: int) -> list[tuple[int, ...]]:
    """The host ports of as many instances as the offer holds, up to `most`."""
    held = offer.resources.scalars
    enough = [held.get(name, 0) // amount for name, amount in shape(app).scalars.items()]
    return ports_of.take(app.ports, offer.resources.ports, turn, min([most, *enough]))


def task(app: App, version: int, task_id: str, offer: Offer, host_ports: tuple[int, ...]) -> TaskInfo:
    key = key_of(app.app_id)
    env = environment(app, version, offer.host, host_ports, task_id)
    return TaskInfo(
        task_id=TaskId(task_id),
        name=key,
        resources=_with_ports(shape(app), host_ports),
        command=Command(shell=app.cmd, argv=app.args, env=env),
        container=_container(app, host_ports),
        health_check=_health_check(app, app.check, host_ports) if app.check else None,
        kill_grace_ms=app.kill_grace_ms,
        ports=tuple(
            TaskPort(port.name_at(index), number, served_protocol(port), key)
            for index, (port, number) in enumerate(zip(app.ports, host_ports, strict=True))
        ),
        labels={**app.labels, "barter.app": app.app_id, "barter.version": iso(version)},
        demand_id=DemandId(key),
    )


def _with_ports(need: Resources, host_ports: tuple[int, ...]) -> Resources:
    return Resources(need.scalars, {PORTS: rng.of_numbers(host_ports)} if host_ports else {})


def _container(app: App, host_ports: tuple[int, ...]) -> Container | None:
    if app.image is None:
        return None
    bridged = zip(app.ports, host_ports, strict=True) if app.network is Network.BRIDGE else ()
    mappings = tuple(
        PortMapping(port.container_port or number, number, protocol)
        for port, number in bridged
        for protocol in port.protocol.split(",")
    )
    return Container(app.image.name, app.network, mappings, app.image.volumes, app.image.force_pull)


def _health_check(app: App, check: Check, host_ports: tuple[int, ...]) -> HealthCheck:
    return HealthCheck(
        kind=check.kind,
        port=_checked_port(app, check, host_ports),
        path=check.path,
        command=check.command,
        grace_ms=check.grace_ms,
        interval_ms=check.interval_ms,
        timeout_ms=check.timeout_ms,
        max_failures=check.max_failures,
    )


def _checked_port(app: App, check: Check, host_ports: tuple[int, ...]) -> int:
    """On the agent's address: a fixed container port is found through its mapping."""
    if check.command:
        return 0
    if not check.port:
        return host_ports[check.port_index]
    for port, number in zip(app.ports, host_ports, strict=True):
        if app.network is Network.BRIDGE and port.container_port == check.port:
            return number
    return check.port
