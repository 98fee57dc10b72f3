"""The checks of an app: what their fields mean beside its ports, and what contradicts."""

import shlex
from collections.abc import Sequence

from barter.core.tasks import CheckKind, Network
from barter.core.units import ms_of
from barter.frameworks.service.app import Check, GenericCheck, Port, Readiness
from barter.frameworks.service.schema import (
    AppPart,
    EndpointPart,
    GenericCheckPart,
    HealthCheckPart,
    ReadinessPart,
)

Problems = list[tuple[str, str]]


def health_checks(part: AppPart, ports: tuple[Port, ...], network: Network, problems: Problems) -> tuple[Check, ...]:
    for index, one in enumerate(part.healthChecks):
        problems += [(f"/healthChecks/{index}/{field}", reason) for field, reason in _problems(one, ports, network)]
    made = tuple(_health_check(one) for one in part.healthChecks)
    problems += [(f"/healthChecks/{index}", "is given twice") for index, one in enumerate(made) if one in made[:index]]
    return made


def _health_check(one: HealthCheckPart) -> Check:
    return Check(
        kind=CheckKind(one.protocol.removeprefix("MESOS_")),
        protocol=one.protocol,
        path=one.path,
        command=one.command.value if one.command else "",
        port_index=one.portIndex or 0,
        port=one.port or 0,
        grace_ms=ms_of(one.gracePeriodSeconds),
        interval_ms=ms_of(one.intervalSeconds),
        timeout_ms=ms_of(one.timeoutSeconds),
        max_failures=one.maxConsecutiveFailures,
        delay_ms=ms_of(one.delaySeconds),
        ignores_1xx=one.ignoreHttp1xx and not one.command,
    )


def generic_check(part: AppPart, ports: tuple[Port, ...], network: Network, problems: Problems) -> GenericCheck | None:
    one = part.check
    if one is None:
        return None
    if sum(given is not None for given in (one.http, one.tcp, one.exec)) != 1:
        problems.append(("/check", "needs one of http, tcp and exec"))
    where = one.http or one.tcp or EndpointPart()
    if one.exec is None:
        field = "http" if one.http else "tcp"
        problems += [(f"/check/{field}/{name}", why) for name, why in _place_problems(where, ports, network)]
    return GenericCheck(
        kind=_generic_kind(one),
        path=one.http.path if one.http else "/",
        command=_command(one, problems),
        port_index=where.portIndex or 0,
        port=where.port or 0,
        interval_ms=ms_of(one.intervalSeconds),
        timeout_ms=ms_of(one.timeoutSeconds),
        delay_ms=ms_of(one.delaySeconds),
    )


def _generic_kind(one: GenericCheckPart) -> CheckKind:
    if one.exec:
        return CheckKind.COMMAND
    return CheckKind(one.http.scheme) if one.http else CheckKind.TCP


def _command(one: GenericCheckPart, problems: Problems) -> str:
    if one.exec is None:
        return ""
    given = one.exec.command
    if (given.shell is None) is (given.argv is None):
        problems.append(("/check/exec/command", "needs either shell or argv"))
    return given.shell or shlex.join(given.argv or ())


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
        interval_ms=ms_of(one.intervalSeconds),
        timeout_ms=ms_of(one.timeoutSeconds),
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
    return [*found, *_place_problems(one, ports, network)]


def _place_problems(one: HealthCheckPart | EndpointPart, ports: tuple[Port, ...], network: Network) -> Problems:
    if one.port and one.portIndex is not None:
        return [("port", "cannot be given together with portIndex")]
    if not one.port and (one.portIndex or 0) >= len(ports):
        return [("portIndex", f"there is no port {one.portIndex or 0}: the app has {len(ports)}")]
    if one.port and network is Network.BRIDGE and one.port not in {port.container_port for port in ports}:
        return [("port", f"no mapping leads to container port {one.port}")]
    return []
