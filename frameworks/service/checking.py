"""Health and readiness checks of an app: what their fields mean beside its ports, and what contradicts."""

from collections.abc import Sequence

from barter.core.tasks import CheckKind, Network
from barter.frameworks.service.app import Check, Port, Readiness
from barter.frameworks.service.schema import AppPart, HealthCheckPart, ReadinessPart

Problems = list[tuple[str, str]]


def health_check(part: AppPart, ports: tuple[Port, ...], network: Network, problems: Problems) -> Check | None:
    if len(part.healthChecks) > 1:
        problems.append(("/healthChecks", "one health check for an app is honoured, not several"))
    if not part.healthChecks:
        return None
    one = part.healthChecks[0]
    problems += [(f"/healthChecks/0/{field}", reason) for field, reason in _problems(one, ports, network)]
    return Check(
        kind=CheckKind(one.protocol.removeprefix("MESOS_")),
        protocol=one.protocol,
        path=one.path,
        command=one.command.value if one.command else "",
        port_index=one.portIndex or 0,
        port=one.port or 0,
        grace_ms=round(one.gracePeriodSeconds * 1000),
        interval_ms=round(one.intervalSeconds * 1000),
        timeout_ms=round(one.timeoutSeconds * 1000),
        max_failures=one.maxConsecutiveFailures,
        delay_ms=round(one.delaySeconds * 1000),
    )


def readiness_check(part: AppPart, ports: tuple[Port, ...], problems: Problems) -> Readiness | None:
    if len(part.readinessChecks) > 1:
        problems.append(("/readinessChecks", "one readiness check for an app is honoured, not several"))
    if not part.readinessChecks:
        return None
    one = part.readinessChecks[0]
    return Readiness(
        name=one.name,
        kind=CheckKind(one.protocol),
        path=one.path,
        port_index=_port_index(one, ports, problems),
        interval_ms=round(one.intervalSeconds * 1000),
        timeout_ms=round(one.timeoutSeconds * 1000),
        statuses=tuple(sorted(set(one.httpStatusCodesForReady))),
    )


def _port_index(one: ReadinessPart, ports: Sequence[Port], problems: Problems) -> int:
    names = [port.name_at(index) for index, port in enumerate(ports)]
    if one.portName in names:
        return names.index(one.portName)
    has = ", ".join(names) or "none"
    problems.append(("/readinessChecks/0/portName", f"no port is named {one.portName}: the app's are {has}"))
    return 0


def _problems(one: HealthCheckPart, ports: tuple[Port, ...], network: Network) -> Problems:
    if one.protocol == "COMMAND":
        needless = "port" if one.port else "portIndex" if one.portIndex is not None else ""
        found = [(needless, "means nothing to a COMMAND check")] if needless else []
        return found if one.command else [*found, ("command", "is needed with protocol COMMAND")]
    found = [("command", f"means nothing to a {one.protocol} check")] if one.command else []
    if one.port and one.portIndex is not None:
        return [*found, ("port", "cannot be given together with portIndex")]
    if not one.port and (one.portIndex or 0) >= len(ports):
        return [*found, ("portIndex", f"there is no port {one.portIndex or 0}: the app has {len(ports)}")]
    if one.port and network is Network.BRIDGE and one.port not in {port.container_port for port in ports}:
        return [*found, ("port", f"no mapping leads to container port {one.port}")]
    return found
