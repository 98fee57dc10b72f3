"""What the fields of an app definition mean together, and which of them contradict each other."""

from collections.abc import Iterable

from barter.core.constraints import Constraint, Operator
from barter.core.tasks import Network, Rlimit, Volume
from barter.core.units import MIB
from barter.frameworks.service import parameters, policies
from barter.frameworks.service.app import MILLION, App, Delays, Image, KillSelection, Port
from barter.frameworks.service.checking import Problems, generic_check, health_checks, readiness_check
from barter.frameworks.service.fetching import artifacts
from barter.frameworks.service.paths import check_path
from barter.frameworks.service.routes import label_problems
from barter.frameworks.service.schema import AppPart, PortDefinitionPart, PortMappingPart, VolumePart


def convert(part: AppPart) -> tuple[App | None, Problems]:
    """The App, or None, and (path, reason) for all that is wrong."""
    problems: Problems = []
    network = _network(part, problems)
    ports = _ports(part, network, problems)
    app_id = _app_id(part, problems)
    _check_run(part, problems)
    _check_env(part, problems)
    _check_container(part, problems)
    problems += [(f"/labels/{label}", reason) for label, reason in label_problems(part.labels, ports)]
    app = App(
        app_id=app_id,
        cmd=part.cmd or "",
        args=tuple(part.args or ()),
        cpus=_scaled("/cpus", part.cpus, 1000, problems),
        mem=round(part.mem * MIB),
        disk=round(part.disk * MIB),
        instances=part.instances,
        env={name: value for name, value in part.env.items() if isinstance(value, str)},
        labels=part.labels,
        constraints=_constraints(part, problems),
        image=_image(part),
        network=network,
        ports=ports,
        require_ports=part.requirePorts,
        checks=health_checks(part, ports, network, problems),
        upgrade=policies.upgrade(part, problems),
        delays=Delays(_ms(part.backoffSeconds), round(part.backoffFactor * MILLION), _ms(part.maxLaunchDelaySeconds)),
        unreachable=policies.unreachable(part, problems),
        kill_selection=KillSelection(part.killSelection),
        kill_grace_ms=_ms(part.taskKillGracePeriodSeconds),
        on_public=_on_public(part, problems),
        user=part.user or "",
        rlimits=_rlimits(part, problems),
        artifacts=artifacts(part, problems),
        network_name=_network_name(part, network, problems),
        readiness=readiness_check(part, ports, problems),
        role=policies.role(part, problems),
        limits=policies.limits(part, problems),
        secrets={name: one.source for name, one in part.secrets.items()},
        secret_env=policies.secret_env(part, problems),
        dependencies=policies.dependencies(part, app_id, problems),
        residency=policies.residency(part, problems),
        volumes_persistent=policies.persistent_volumes(part, problems),
        generic_check=generic_check(part, ports, network, problems),
    )
    if not problems:
        problems = [(path, "is not supported") for path, given in _unhonoured(app) if given]
    return (None if problems else app), problems


def _unhonoured(app: App) -> list[tuple[str, object]]:
    """What is read, and nothing acts on it."""
    return [
        ("/secrets", app.secrets),
    ]


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
    given = tuple((one.key, one.value) for one in container.docker.parameters)
    volumes = tuple(_volume(one) for one in container.volumes if one.persistent is None)
    return Image(container.docker.image, container.type, container.docker.forcePullImage, volumes, given)


def _volume(one: VolumePart) -> Volume:
    name = one.external.name if one.external else ""
    return Volume(one.containerPath, one.hostPath or "", one.mode == "RO", name)


def _check_container(part: AppPart, problems: Problems) -> None:
    container = part.container
    if container is None:
        return
    if container.docker is None and container.type == "DOCKER":
        problems.append(("/container/docker", "is needed with type DOCKER"))
    if container.docker is None and any(one.persistent is None for one in container.volumes):
        problems.append(("/container/volumes", "need an image: processes see the machine's own files"))
    for index, volume in enumerate(container.volumes):
        problems += [(f"/container/volumes/{index}{field}", why) for field, why in _volume_problems(volume)]
    paths = [volume.containerPath for volume in container.volumes]
    _unique(paths, "/container/volumes/{}/containerPath", problems)
    given = [(one.key, one.value) for one in container.docker.parameters] if container.docker else []
    options, wrong = parameters.read(given)
    problems += [(f"/container/docker/parameters/{index}", why) for index, why in wrong]
    if options.user and part.user:
        problems.append(("/user", "cannot be given together with the parameter user"))
    if options.rlimits and part.ulimits:
        problems.append(("/ulimits", "cannot be given together with parameters ulimit"))
    both = {volume.container_path for volume in options.volumes} & set(paths)
    problems += [("/container/docker/parameters", f"volume: {path} is given twice") for path in sorted(both)]


def _volume_problems(volume: VolumePart) -> Problems:
    kinds = (volume.hostPath, volume.external, volume.persistent)
    if sum(kind is not None for kind in kinds) != 1:
        return [("", "needs one of hostPath, external and persistent")]
    if volume.persistent is None and not volume.containerPath.startswith("/"):
        return [("/containerPath", "is not an absolute path")]
    if volume.external is None:
        return []
    found = [
        (f"/external/options/{name}", "is not supported: only dvdi/driver is, and only local")
        for name, value in volume.external.options.items()
        if (name, value) != ("dvdi/driver", "local")
    ]
    if parameters.VOLUME_NAME.fullmatch(volume.external.name) is None:
        found.append(("/external/name", "is not a volume's name: letters, digits, '_', '.' and '-'"))
    return found


def _rlimits(part: AppPart, problems: Problems) -> tuple[Rlimit, ...]:
    made: list[Rlimit] = []
    for index, one in enumerate(part.ulimits):
        try:
            made.append(parameters.rlimit(one.name, one.soft, one.hard))
        except ValueError as error:
            problems.append((f"/ulimits/{index}", str(error)))
    _unique([one.name for one in made], "/ulimits/{}/name", problems)
    return tuple(made)


def _network(part: AppPart, problems: Problems) -> Network:
    legacy = part.container.docker.network if part.container and part.container.docker else None
    named = part.networks[0].mode if part.networks else None
    if legacy and named and (legacy == "BRIDGE") != (named == "container/bridge"):
        problems.append(("/container/docker/network", f"contradicts networks: {named}"))
    mapped = bool(part.container and part.container.portMappings) and not named and not legacy
    if named == "container":
        if _image(part) is None:
            problems.append(("/networks", "container needs container.docker.image"))
        return Network.OWN
    bridge = named == "container/bridge" or (legacy == "BRIDGE" and not named) or mapped
    if bridge and _image(part) is None:
        problems.append(("/networks", "container/bridge needs container.docker.image"))
    if bridge:
        return Network.BRIDGE
    return Network.NONE if legacy == "NONE" else Network.HOST


def _network_name(part: AppPart, network: Network, problems: Problems) -> str:
    name = part.networks[0].name if part.networks else None
    if network is not Network.OWN:
        if name is not None:
            problems.append(("/networks/0/name", "is for mode container"))
        return ""
    if name is None:
        problems.append(("/networks/0/name", "is needed with mode container: that of a network of the engine"))
    elif parameters.VOLUME_NAME.fullmatch(name) is None:
        problems.append(("/networks/0/name", "is not a network's name: letters, digits, '_', '.' and '-'"))
    return name or ""


def _ports(part: AppPart, network: Network, problems: Problems) -> tuple[Port, ...]:
    mappings = _mappings(part, problems)
    _check_mappings(part, mappings or [], network, problems)
    if network in (Network.BRIDGE, Network.OWN):
        path, made = "/container/portMappings", _mapped(mappings, network)
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


def _check_mappings(part: AppPart, mappings: list[PortMappingPart], network: Network, problems: Problems) -> None:
    names = {one.name for one in part.networks or []}
    for index, one in enumerate(mappings):
        path = f"/container/portMappings/{index}"
        if one.networkNames and (network is not Network.OWN or set(one.networkNames) - names):
            problems.append((f"{path}/networkNames", "names none of the app's networks of mode container"))
        if network is Network.OWN and one.hostPort:
            problems.append((f"{path}/hostPort", "means nothing: each instance has an address of its own"))
        if network is Network.OWN and not one.containerPort:
            problems.append((f"{path}/containerPort", "is needed with networks of mode container"))


def _mapped(mappings: list[PortMappingPart] | None, network: Network) -> tuple[Port, ...]:
    if mappings is None:
        return (Port(name="default"),) if network is Network.BRIDGE else ()
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


def _on_public(part: AppPart, problems: Problems) -> bool:
    roles = set(part.acceptedResourceRoles or ["*"])
    if len(roles) > 1:
        problems.append(("/acceptedResourceRoles", "either * or slave_public is honoured, not both"))
    return "slave_public" in roles
