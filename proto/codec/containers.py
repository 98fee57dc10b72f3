"""What a task runs in, and how its health is asked."""

from barter.core.tasks import (
    CheckKind,
    Container,
    Device,
    HealthCheck,
    Network,
    PortMapping,
    ReadinessCheck,
    StatusCheck,
    Tmpfs,
    Volume,
)
from barter.proto.checks import check_port, member
from barter.proto.codec.sharing import shared
from barter.proto.v1 import types_pb2 as pb


def container_to_wire(value: Container) -> pb.Container:
    return pb.Container(
        image=value.image,
        network=value.network,
        port_mappings=[
            pb.PortMapping(container_port=m.container_port, host_port=m.host_port, protocol=m.protocol)
            for m in value.port_mappings
        ],
        volumes=[
            pb.Volume(container_path=v.container_path, host_path=v.host_path, read_only=v.read_only, name=v.name)
            for v in value.volumes
        ],
        force_pull=value.force_pull,
        entrypoint=value.entrypoint,
        network_name=value.network_name,
        tmpfs=[pb.Tmpfs(container_path=each.container_path, size=each.size) for each in value.tmpfs],
        capabilities=value.capabilities,
        devices=[
            pb.Device(host_path=d.host_path, container_path=d.container_path, permissions=d.permissions)
            for d in value.devices
        ],
        log_driver=value.log_driver,
        log_options=value.log_options,
        shm_size=value.shm_size,
        init=value.init,
    )


@shared
def container_from_wire(wire: pb.Container) -> Container:
    if not wire.image:
        raise ValueError("container.image: a container needs an image")
    for mapping in wire.port_mappings:
        check_port("container.port_mappings.container_port", mapping.container_port, mapping.protocol)
        check_port("container.port_mappings.host_port", mapping.host_port, mapping.protocol)
    if wire.shm_size < 0 or any(each.size < 0 for each in wire.tmpfs):
        raise ValueError("container: shm_size and the size of a tmpfs must be >= 0")
    network = member("container.network", Network, wire.network)
    if (network is Network.OWN) is not bool(wire.network_name):
        raise ValueError(f"container.network_name: goes with network own, and with no other ({network})")
    return Container(
        image=wire.image,
        network=network,
        port_mappings=tuple(PortMapping(m.container_port, m.host_port, m.protocol) for m in wire.port_mappings),
        volumes=tuple(_volume_from_wire(each) for each in wire.volumes),
        force_pull=wire.force_pull,
        entrypoint=tuple(wire.entrypoint),
        network_name=wire.network_name,
        tmpfs=tuple(Tmpfs(each.container_path, each.size) for each in wire.tmpfs),
        capabilities=tuple(wire.capabilities),
        devices=tuple(Device(d.host_path, d.container_path, d.permissions) for d in wire.devices),
        log_driver=wire.log_driver,
        log_options=dict(wire.log_options),
        shm_size=wire.shm_size,
        init=wire.init,
    )


def _volume_from_wire(wire: pb.Volume) -> Volume:
    if bool(wire.host_path) is bool(wire.name):
        raise ValueError(f"container.volumes of {wire.container_path}: give it either a host_path or a name")
    return Volume(wire.container_path, wire.host_path, wire.read_only, wire.name)


def check_to_wire(value: HealthCheck) -> pb.HealthCheck:
    return pb.HealthCheck(
        kind=value.kind,
        port=value.port,
        path=value.path,
        command=value.command,
        grace_ms=value.grace_ms,
        interval_ms=value.interval_ms,
        timeout_ms=value.timeout_ms,
        max_failures=value.max_failures,
        delay_ms=value.delay_ms,
    )


@shared
def check_from_wire(wire: pb.HealthCheck) -> HealthCheck:
    if wire.grace_ms < 0 or wire.max_failures < 0:
        raise ValueError("health_check: grace_ms and max_failures must be >= 0")
    return HealthCheck(
        kind=_kind_from_wire("health_check", wire),
        port=wire.port,
        path=wire.path,
        command=wire.command,
        grace_ms=wire.grace_ms,
        interval_ms=wire.interval_ms,
        timeout_ms=wire.timeout_ms,
        max_failures=wire.max_failures,
        delay_ms=wire.delay_ms,
    )


def readiness_to_wire(value: ReadinessCheck) -> pb.ReadinessCheck:
    return pb.ReadinessCheck(
        kind=value.kind,
        port=value.port,
        path=value.path,
        command=value.command,
        delay_ms=value.delay_ms,
        interval_ms=value.interval_ms,
        timeout_ms=value.timeout_ms,
        statuses=value.statuses,
    )


@shared
def readiness_from_wire(wire: pb.ReadinessCheck) -> ReadinessCheck:
    return ReadinessCheck(
        kind=_kind_from_wire("readiness_check", wire),
        port=wire.port,
        path=wire.path,
        command=wire.command,
        delay_ms=wire.delay_ms,
        interval_ms=wire.interval_ms,
        timeout_ms=wire.timeout_ms,
        statuses=tuple(wire.statuses),
    )


def status_check_to_wire(value: StatusCheck) -> pb.StatusCheck:
    return pb.StatusCheck(
        kind=value.kind,
        port=value.port,
        path=value.path,
        command=value.command,
        delay_ms=value.delay_ms,
        interval_ms=value.interval_ms,
        timeout_ms=value.timeout_ms,
    )


@shared
def status_check_from_wire(wire: pb.StatusCheck) -> StatusCheck:
    return StatusCheck(
        kind=_kind_from_wire("status_check", wire),
        port=wire.port,
        path=wire.path,
        command=wire.command,
        delay_ms=wire.delay_ms,
        interval_ms=wire.interval_ms,
        timeout_ms=wire.timeout_ms,
    )


def _kind_from_wire(field: str, wire: pb.HealthCheck | pb.ReadinessCheck | pb.StatusCheck) -> CheckKind:
    """What both have in common is judged, too."""
    if wire.interval_ms <= 0 or wire.timeout_ms <= 0 or wire.delay_ms < 0:
        raise ValueError(f"{field}: interval_ms and timeout_ms must be > 0, delay_ms >= 0")
    kind = member(f"{field}.kind", CheckKind, wire.kind)
    if kind is CheckKind.COMMAND and not wire.command:
        raise ValueError(f"{field}.command: a COMMAND check needs one")
    if kind is not CheckKind.COMMAND:
        check_port(f"{field}.port", wire.port, "tcp")
    return kind
