"""From a demand's offer to the tasks launched on it."""

from collections.abc import Mapping

from barter.core import ranges as rng
from barter.core.container_rules import container_problem
from barter.core.ids import DemandId, TaskId
from barter.core.resources import NOTHING, PORTS, Resources
from barter.core.tasks import ReadinessCheck, StatusCheck
from barter.frameworks.service import parameters
from barter.frameworks.service import ports as ports_of
from barter.frameworks.service.app import App, Check, GenericCheck, Image, Readiness
from barter.frameworks.service.demand import shape, volumes_disk
from barter.frameworks.service.environment import environment
from barter.frameworks.service.parameters import Options
from barter.frameworks.service.paths import key_of
from barter.frameworks.service.routes import served_protocol
from barter.frameworks.service.timestamps import iso
from barter.sdk import Command, Container, HealthCheck, Network, Offer, PortMapping, TaskInfo, TaskPort


def fit(app: App, offer: Offer, most: int, turn: int) -> list[tuple[int, ...]]:
    """The ports of as many instances as the offer holds, up to `most`: the host's, or those of their own address."""
    held = offer.resources.scalars
    whole = shape(app) + volumes_disk(app)
    enough = [held.get(name, 0) // amount for name, amount in whole.scalars.items()]
    count = min([most, *enough])
    if app.network is Network.OWN:
        return [tuple(port.container_port for port in app.ports)] * count
    return ports_of.take(app.ports, offer.resources.ports, turn, count)


def task(app: App, version: int, task_id: str, offer: Offer, host_ports: tuple[int, ...]) -> TaskInfo:
    key = key_of(app.app_id)
    env = environment(app, version, offer.host, host_ports, task_id)
    options, _ = parameters.read(app.image.parameters if app.image else ())
    return TaskInfo(
        task_id=TaskId(task_id),
        name=key,
        resources=shape(app) if app.network is Network.OWN else _with_ports(shape(app), host_ports),
        command=_command(app, options, env),
        container=_container(app, app.image, options, host_ports) if app.image else None,
        health_checks=tuple(_health_check(app, check, host_ports) for check in app.checks),
        kill_grace_ms=app.kill_grace_ms,
        ports=tuple(
            TaskPort(port.name_at(index), number, served_protocol(port), key)
            for index, (port, number) in enumerate(zip(app.ports, host_ports, strict=True))
        ),
        labels={**app.labels, "barter.app": app.app_id, "barter.version": iso(version)},
        demand_id=DemandId(key),
        readiness_check=_readiness_check(app.readiness, host_ports) if app.readiness else None,
        artifacts=app.artifacts,
        status_check=_status_check(app, app.generic_check, host_ports) if app.generic_check else None,
        limits=app.limits,
    )


def unlaunchable(app: App) -> str:
    """Why no instance could ever run, whatever an agent allows; empty where one may."""
    options, _ = parameters.read(app.image.parameters if app.image else ())
    numbers = tuple(port.container_port or 1 for port in app.ports)
    container = _container(app, app.image, options, numbers) if app.image else None
    return container_problem(TaskInfo(TaskId(""), "", NOTHING, _command(app, options, app.env), container))


def _command(app: App, options: Options, env: Mapping[str, str]) -> Command:
    return Command(app.cmd, app.args, env, app.user or options.user, (*app.rlimits, *options.rlimits))


def _with_ports(need: Resources, host_ports: tuple[int, ...]) -> Resources:
    return Resources(need.scalars, {PORTS: rng.of_numbers(host_ports)} if host_ports else {})


def _container(app: App, image: Image, options: Options, host_ports: tuple[int, ...]) -> Container:
    bridged = zip(app.ports, host_ports, strict=True) if app.network is Network.BRIDGE else ()
    mappings = tuple(
        PortMapping(port.container_port or number, number, protocol)
        for port, number in bridged
        for protocol in port.protocol.split(",")
    )
    return Container(
        image.name,
        app.network,
        mappings,
        (*image.volumes, *options.volumes),
        image.force_pull,
        entrypoint=options.entrypoint,
        network_name=app.network_name,
        tmpfs=options.tmpfs,
        capabilities=options.capabilities,
        devices=options.devices,
        log_driver=options.log_driver,
        log_options=options.log_options,
        shm_size=options.shm_size,
        init=options.init,
    )


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
        delay_ms=check.delay_ms,
    )


def _readiness_check(check: Readiness, host_ports: tuple[int, ...]) -> ReadinessCheck:
    return ReadinessCheck(
        kind=check.kind,
        port=host_ports[check.port_index],
        path=check.path,
        interval_ms=check.interval_ms,
        timeout_ms=check.timeout_ms,
        statuses=check.statuses,
    )


def _status_check(app: App, check: GenericCheck, host_ports: tuple[int, ...]) -> StatusCheck:
    return StatusCheck(
        kind=check.kind,
        port=_checked_port(app, check, host_ports),
        path=check.path,
        command=check.command,
        delay_ms=check.delay_ms,
        interval_ms=check.interval_ms,
        timeout_ms=check.timeout_ms,
    )


def _checked_port(app: App, check: Check | GenericCheck, host_ports: tuple[int, ...]) -> int:
    """On the agent's address: a fixed container port is found through its mapping."""
    if check.command:
        return 0
    if not check.port:
        return host_ports[check.port_index]
    for port, number in zip(app.ports, host_ports, strict=True):
        if app.network is Network.BRIDGE and port.container_port == check.port:
            return number
    return check.port
