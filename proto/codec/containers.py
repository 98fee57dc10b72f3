"""What a task runs in, and how its health is asked."""

from barter.core.tasks import CheckKind, Container, HealthCheck, Network, PortMapping, Volume
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
            pb.Volume(container_path=v.container_path, host_path=v.host_path, read_only=v.read_only)
            for v in value.volumes
        ],
        force_pull=value.force_pull,
    )


@shared
def container_from_wire(wire: pb.Container) -> Container:
    if not wire.image:
        raise ValueError("container.image: a container needs an image")
    for mapping in wire.port_mappings:
        check_port("container.port_mappings.container_port", mapping.container_port, mapping.protocol)
        check_port("container.port_mappings.host_port", mapping.host_port, mapping.protocol)
    return Container(
        image=wire.image,
        network=member("container.network", Network, wire.network),
        port_mappings=tuple(PortMapping(m.container_port, m.host_port, m.protocol) for m in wire.port_mappings),
        volumes=tuple(Volume(v.container_path, v.host_path, v.read_only) for v in wire.volumes),
        force_pull=wire.force_pull,
    )


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
    )


@shared
def check_from_wire(wire: pb.HealthCheck) -> HealthCheck:
    if wire.interval_ms <= 0 or wire.timeout_ms <= 0 or wire.grace_ms < 0 or wire.max_failures < 0:
        raise ValueError("health_check: interval_ms and timeout_ms must be > 0, grace_ms and max_failures >= 0")
    kind = member("health_check.kind", CheckKind, wire.kind)
    if kind is CheckKind.COMMAND and not wire.command:
        raise ValueError("health_check.command: a COMMAND check needs one")
    if kind is not CheckKind.COMMAND:
        check_port("health_check.port", wire.port, "tcp")
    return HealthCheck(
        kind=kind,
        port=wire.port,
        path=wire.path,
        command=wire.command,
        grace_ms=wire.grace_ms,
        interval_ms=wire.interval_ms,
        timeout_ms=wire.timeout_ms,
        max_failures=wire.max_failures,
    )
