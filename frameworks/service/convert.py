"""What the fields of an app definition mean together, and which of them contradict each other."""

from collections.abc import Iterable

from barter.core.constraints import Constraint, Operator
from barter.core.tasks import CheckKind, Network, Volume
from barter.core.units import MIB
from barter.frameworks.service.app import MILLION, App, Check, Delays, Image, Port, Unreachable, Upgrade
from barter.frameworks.service.paths import check_path
from barter.frameworks.service.routes import label_problems
from barter.frameworks.service.schema import AppPart, HealthCheckPart, PortDefinitionPart, PortMappingPart, UpgradePart

Problems = list[tuple[str, str]]


def convert(part: AppPart) -> tuple[App | None, Problems]:
    """The App, or None, and (path, reason) for all that is wrong."""
    problems: Problems = []
    network = _network(part, problems)
    ports = _ports(part, network, problems)
    app_id = _app_id(part, problems)
    _check_run(part, problems)
    _check_env(part, problems)
    _check_volumes(part, problems)
    problems += [(f"/labels/{label}", reason) for label, reason in label_problems(part.labels, ports)]
    app = App(
        app_id=app_id,
        cmd=part.cmd or "",
        args=tuple(part.args or ()),
        cpus=_scaled("/cpus", part.cpus, 1000, problems),
        mem=round(part.mem * MIB),
        disk=round(part.disk * MIB),
        instances=part.instances,
        env=part.env,
        labels=part.labels,
        constraints=_constraints(part, problems),
        image=_image(part),
        network=network,
        ports=ports,
        require_ports=part.requirePorts,
        check=_check(part, ports, network, problems),
        upgrade=_upgrade(part.upgradeStrategy),
        delays=Delays(_ms(part.backoffSeconds), round(part.backoffFactor * MILLION), _ms(part.maxLaunchDelaySeconds)),
        unreachable=_unreachable(part, problems),
        kill_grace_ms=_ms(part.taskKillGracePeriodSeconds),
        on_public=_on_public(part, problems),
    )
    return (None if problems else app), problems


def _app_id(part: AppPart, problems: Problems) -> str:
    try:
        return check_path(part.id)
    except ValueError as error:
        problems.append(("/id", str(error)))
        return part.id


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _scaled(path: str, amount: float, by: int, problems: Problems) -> int:
    scaled = round(amount * by)
    if abs(amount * by - scaled) > 1e-6 * by:
        problems.append((path, "is finer than a thousandth"))
    return scaled


def _check_run(part: AppPart, problems: Problems) -> None:
    if part.cmd is not None and part.args:
        problems.append(("/args", "cannot be given together with cmd"))
    if part.cmd is None and not part.args and _image(part) is None:
        problems.append(("/cmd", "is needed, or args, or a container with an image"))
    if part.args and not part.args[0] and _image(part) is None:
        problems.append(("/args/0", "names no program"))


def _check_env(part: AppPart, problems: Problems) -> None:
    problems += [(f"/env/{name}", "cannot be a variable's name: it holds '='") for name in part.env if "=" in name]


def _image(part: AppPart) -> Image | None:
    container = part.container
    if container is None or container.docker is None:
        return None
    volumes = tuple(Volume(one.containerPath, one.hostPath, one.mode == "RO") for one in container.volumes)
    return Image(container.docker.image, container.type, container.docker.forcePullImage, volumes)


def _check_volumes(part: AppPart, problems: Problems) -> None:
    container = part.container
    if container is None:
        return
    if container.docker is None and container.type == "DOCKER":
        problems.append(("/container/docker", "is needed with type DOCKER"))
    if container.docker is None and container.volumes:
        problems.append(("/container/volumes", "need an image: processes see the machine's own files"))
    paths = [volume.containerPath for volume in container.volumes]
    _unique(paths, "/container/volumes/{}/containerPath", problems)


def _network(part: AppPart, problems: Problems) -> Network:
    legacy = part.container.docker.network if part.container and part.container.docker else None
    named = part.networks[0].mode if part.networks else None
    if legacy and named and (legacy == "BRIDGE") != (named == "container/bridge"):
        problems.append(("/container/docker/network", f"contradicts networks: {named}"))
    mapped = bool(part.container and part.container.portMappings) and not named and not legacy
    bridge = named == "container/bridge" or (legacy == "BRIDGE" and not named) or mapped
    if bridge and _image(part) is None:
        problems.append(("/networks", "container/bridge needs container.docker.image"))
    if bridge:
        return Network.BRIDGE
    return Network.NONE if legacy == "NONE" else Network.HOST


def _ports(part: AppPart, network: Network, problems: Problems) -> tuple[Port, ...]:
    mappings = _mappings(part, problems)
    if network is Network.BRIDGE:
        path, made = "/container/portMappings", _mapped(mappings)
        if part.portDefinitions or part.ports:
            problems.append(("/portDefinitions", "are for the host network: use container.portMappings"))
        if part.requirePorts:
            problems.append(("/requirePorts", "is for the host network: give a hostPort"))
        _unique([(one.container_port, one.protocol) for one in made if one.container_port], path + "/{}", problems)
    else:
        path, made = "/portDefinitions", _defined(part, network)
        if mappings:
            problems.append(("/container/portMappings", "need networks: [{mode: container/bridge}]"))
        if part.portDefinitions and part.ports:
            problems.append(("/ports", "cannot be given together with portDefinitions"))
        if network is Network.NONE and made:
            problems.append((path, "need a network"))
    _unique([port.host_port for port in made if port.host_port], path + "/{}", problems)
    _unique([port.service_port for port in made if port.service_port], path + "/{}", problems)
    _unique([port.name_at(index) for index, port in enumerate(made)], path + "/{}/name", problems)
    return made


def _mappings(part: AppPart, problems: Problems) -> list[PortMappingPart] | None:
    if part.container is None:
        return None
    legacy = part.container.docker.portMappings if part.container.docker else None
    if legacy and part.container.portMappings:
        problems.append(("/container/docker/portMappings", "cannot be given together with container.portMappings"))
    return part.container.portMappings if part.container.portMappings is not None else legacy


def _mapped(mappings: list[PortMappingPart] | None) -> tuple[Port, ...]:
    if mappings is None:
        return (Port(name="default"),)
    return tuple(
        Port(one.name or "", one.hostPort or 0, one.containerPort, one.servicePort, one.protocol, one.labels)
        for one in mappings
    )


def _defined(part: AppPart, network: Network) -> tuple[Port, ...]:
    definitions = part.portDefinitions
    if definitions is None and part.ports is not None:
        definitions = [PortDefinitionPart(port=number) for number in part.ports]
    if definitions is None:
        return (Port(name="default"),) if network is Network.HOST else ()
    return tuple(
        Port(one.name or "", one.port if part.requirePorts else 0, 0, one.port, one.protocol, one.labels)
        for one in definitions
    )


def _unique(values: Iterable[object], path: str, problems: Problems) -> None:
    seen: set[object] = set()
    for index, value in enumerate(values):
        if value in seen:
            problems.append((path.format(index), f"{value} is given twice"))
        seen.add(value)


def _constraints(part: AppPart, problems: Problems) -> tuple[Constraint, ...]:
    made: list[Constraint] = []
    for index, (field, operator, *value) in enumerate(part.constraints):
        if operator not in Operator.__members__:
            problems.append((f"/constraints/{index}", f"{operator!r} is none of {', '.join(Operator)}"))
            continue
        try:
            made.append(Constraint(field, Operator(operator), *value))
        except ValueError as error:
            problems.append((f"/constraints/{index}", str(error)))
    _unique(made, "/constraints/{}", problems)
    return tuple(made)


def _check(part: AppPart, ports: tuple[Port, ...], network: Network, problems: Problems) -> Check | None:
    if len(part.healthChecks) > 1:
        problems.append(("/healthChecks", "one health check for an app is honoured, not several"))
    if not part.healthChecks:
        return None
    one = part.healthChecks[0]
    problems += [(f"/healthChecks/0/{field}", reason) for field, reason in _check_problems(one, ports, network)]
    return Check(
        kind=CheckKind(one.protocol.removeprefix("MESOS_")),
        protocol=one.protocol,
        path=one.path,
        command=one.command.value if one.command else "",
        port_index=one.portIndex or 0,
        port=one.port or 0,
        grace_ms=_ms(one.gracePeriodSeconds),
        interval_ms=_ms(one.intervalSeconds),
        timeout_ms=_ms(one.timeoutSeconds),
        max_failures=one.maxConsecutiveFailures,
    )


def _check_problems(one: HealthCheckPart, ports: tuple[Port, ...], network: Network) -> Problems:
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


def _upgrade(part: UpgradePart) -> Upgrade:
    return Upgrade(round(part.minimumHealthCapacity * MILLION), round(part.maximumOverCapacity * MILLION))


def _unreachable(part: AppPart, problems: Problems) -> Unreachable | None:
    strategy = part.unreachableStrategy
    if isinstance(strategy, str):
        return None
    if strategy.expungeAfterSeconds < strategy.inactiveAfterSeconds:
        problems.append(("/unreachableStrategy/expungeAfterSeconds", "is less than inactiveAfterSeconds"))
    return Unreachable(_ms(strategy.inactiveAfterSeconds), _ms(strategy.expungeAfterSeconds))


def _on_public(part: AppPart, problems: Problems) -> bool:
    roles = set(part.acceptedResourceRoles or ["*"])
    if len(roles) > 1:
        problems.append(("/acceptedResourceRoles", "either * or slave_public is honoured, not both"))
    return "slave_public" in roles
