"""From a demand's offer to a pod's task group: one task for each container, started together and ended together."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace

from barter.core import ranges as rng
from barter.core.container_rules import SANDBOX, container_problem
from barter.core.groups import task_group
from barter.core.ids import DemandId, TaskId
from barter.core.resources import NOTHING, PORTS, Resources, resources
from barter.core.tasks import CheckKind, SharedFolder, Volume
from barter.frameworks.service.app import App, Port
from barter.frameworks.service.instances import Placed
from barter.frameworks.service.members import Member
from barter.frameworks.service.paths import key_of
from barter.frameworks.service.pod import Pod, PodCheck, PodContainer, Share
from barter.frameworks.service.pod_environment import environment
from barter.frameworks.service.routes import served_protocol
from barter.frameworks.service.timestamps import iso
from barter.sdk import Command, Container, HealthCheck, Network, Offer, PortMapping, TaskInfo, TaskPort

DEFAULT_GRACE_MS = 3_000
_Ports = list[tuple[Port, int]]


def is_checked(app: App) -> bool:
    """Whether the health of its instances is."""
    if app.pod is None:
        return bool(app.checks)
    return any(container.check is not None for container in app.pod.containers)


def members(app: App, instance_id: str, host_ports: Sequence[int]) -> tuple[Member, ...]:
    """The containers of one instance, none for an app; `host_ports` are those of all, in their order."""
    return tuple(
        Member(
            container.name,
            f"{instance_id}.{container.name}",
            tuple(number for _, number in ports),
            container.check is not None,
        )
        for container, ports in _with_ports(app, host_ports)
    )


def group(app: App, version: int, placed: Placed, offer: Offer) -> list[TaskInfo]:
    """Its first task stands for the instance where instances are counted, by the demand it serves."""
    assert app.pod is not None
    tasks = [
        replace(
            _task(app, app.pod, container, placed, ports, _env(app, container, version, placed, offer.host)),
            labels={**app.labels, **container.labels, "barter.app": app.app_id, "barter.version": iso(version)},
        )
        for container, ports in _with_ports(app, placed.host_ports)
    ]
    first = replace(tasks[0], demand_id=DemandId(key_of(app.app_id)))
    if app.pod.executor is not None:
        first = replace(first, resources=first.resources + _amounts(app.pod.executor))
    return [*task_group(placed.task_id, (first, *tasks[1:]))]


def unlaunchable_pod(app: App) -> list[tuple[str, str]]:
    """(path, reason) for each container that could run nowhere, whatever an agent allows."""
    assert app.pod is not None
    numbers = [port.container_port or 1 for port in app.ports]
    placed = Placed("i", app.app_id, 0, "", "", "", tuple(numbers), 0, False, members=members(app, "i", numbers))
    found: list[tuple[str, str]] = []
    for index, (container, ports) in enumerate(_with_ports(app, numbers)):
        why = container_problem(_task(app, app.pod, container, placed, ports, {**app.env, **container.env}))
        found += [(f"/containers/{index}", why)] if why else []
    return found


def _env(app: App, container: PodContainer, version: int, placed: Placed, host: str) -> dict[str, str]:
    return environment(app, container, version, host, placed)


def _with_ports(app: App, host_ports: Sequence[int]) -> Iterator[tuple[PodContainer, _Ports]]:
    if app.pod is None:
        return
    numbered = iter(zip(app.ports, host_ports, strict=True))
    for container in app.pod.containers:
        yield container, [next(numbered) for _ in container.endpoints]


def _task(app: App, pod: Pod, container: PodContainer, placed: Placed, ports: _Ports, env: dict[str, str]) -> TaskInfo:
    own, first = app.network is Network.OWN, TaskId(placed.members[0].task_id)
    held = rng.of_numbers(number for _, number in ports)
    mounted = [(mount, next(one for one in pod.volumes if one.name == mount.volume)) for mount in container.mounts]
    ephemeral = [(mount, volume) for mount, volume in mounted if not volume.host]
    return TaskInfo(
        task_id=TaskId(f"{placed.task_id}.{container.name}"),
        name=f"{key_of(app.app_id)}.{container.name}",
        resources=_amounts(container.share) + Resources(ranges={PORTS: held} if held and not own else {}),
        command=_command(app, container, env),
        container=_container(app, container, [(m.path, v.host, m.read_only) for m, v in mounted if v.host], ports),
        health_checks=(_health_check(container.check, ports),) if container.check else (),
        kill_grace_ms=DEFAULT_GRACE_MS if container.kill_grace_ms is None else container.kill_grace_ms,
        ports=tuple(TaskPort(port.name, number, served_protocol(port), key_of(app.app_id)) for port, number in ports),
        artifacts=container.artifacts,
        limits=container.limits,
        shared=tuple(
            SharedFolder(first, mount.volume, _place(container, mount.path), mount.read_only) for mount, _ in ephemeral
        ),
    )


def _amounts(share: Share) -> Resources:
    return resources(cpus=share.cpus, mem=share.mem, disk=share.disk) if share else NOTHING


def _command(app: App, container: PodContainer, env: dict[str, str]) -> Command:
    argv = container.argv[1:] if container.image and container.override_entrypoint else container.argv
    return Command(container.shell, argv, env, container.user or app.user)


def _container(
    app: App, container: PodContainer, binds: list[tuple[str, str, bool]], ports: _Ports
) -> Container | None:
    if not container.image:
        return None
    return Container(
        container.image,
        app.network,
        tuple(
            PortMapping(port.container_port or number, number, protocol)
            for port, number in ports
            for protocol in port.protocol.split(",")
            if app.network is Network.BRIDGE
        ),
        tuple(Volume(_place(container, path), host, read_only) for path, host, read_only in binds),
        container.force_pull,
        entrypoint=container.argv[:1] if container.override_entrypoint else (),
        network_name=app.network_name,
    )


def _place(container: PodContainer, path: str) -> str:
    """A container finds its sandbox at a path of its own; a process is in it."""
    return path if path.startswith("/") or not container.image else f"{SANDBOX}/{path}"


def _health_check(check: PodCheck, ports: _Ports) -> HealthCheck:
    number = next((number for port, number in ports if port.name == check.endpoint), 0)
    return HealthCheck(
        kind=check.kind,
        port=number,
        path=check.path,
        command=(check.shell or shlex.join(check.argv)) if check.kind is CheckKind.COMMAND else "",
        grace_ms=check.grace_ms,
        interval_ms=check.interval_ms,
        timeout_ms=check.timeout_ms,
        max_failures=check.max_failures,
        delay_ms=check.delay_ms,
    )
