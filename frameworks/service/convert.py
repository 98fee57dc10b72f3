"""What the fields of an app definition mean together, and which of them contradict each other."""

import re

from barter.core.constraints import Constraint, Operator
from barter.core.roles import DEFAULT_ROLE
from barter.core.tasks import Rlimit, Volume
from barter.core.units import MIB, ms_of
from barter.frameworks.service import networking, parameters, policies
from barter.frameworks.service.app import MILLION, App, Delays, Image, KillSelection
from barter.frameworks.service.checking import Problems, generic_check, health_checks, readiness_check
from barter.frameworks.service.fetching import artifacts
from barter.frameworks.service.routes import label_problems
from barter.frameworks.service.schema import AppPart, VolumePart

PUBLIC = "slave_public"
_LITERAL = re.compile(r"[a-zA-Z0-9_/.-]+")


def convert(part: AppPart) -> tuple[App | None, Problems]:
    """The App, or None, and (path, reason) for all that is wrong."""
    problems: Problems = []
    part = networking.modernised(part, problems)
    network = networking.mode(part, problems)
    ports = networking.ports(part, network, problems)
    app_id = policies.app_id(part, problems)
    _check_run(part, problems)
    _check_env(part, problems)
    policies.check_single_instance(part, problems)
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
        delays=_delays(part),
        unreachable=policies.unreachable(part, problems),
        kill_selection=KillSelection(part.killSelection),
        kill_grace_ms=ms_of(part.taskKillGracePeriodSeconds),
        on_public=_on_public(part, problems),
        user=part.user or "",
        rlimits=_rlimits(part, problems),
        artifacts=artifacts(part, problems),
        network_name=networking.name(part, network, problems),
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
    return (None if problems else app), problems


def _delays(part: AppPart) -> Delays:
    factor = round(part.backoffFactor * MILLION)
    return Delays(ms_of(part.backoffSeconds), factor, ms_of(part.maxLaunchDelaySeconds))


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
    networking.unique(paths, "/container/volumes/{}/containerPath", problems)
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
    networking.unique([one.name for one in made], "/ulimits/{}/name", problems)
    return tuple(made)


def _constraints(part: AppPart, problems: Problems) -> tuple[Constraint, ...]:
    made: list[Constraint] = []
    for index, (field, given, *value) in enumerate(part.constraints):
        operator = given.upper()
        if operator not in Operator.__members__:
            problems.append((f"/constraints/{index}", f"{given[:80]!r} is none of {', '.join(Operator)}"))
            continue
        if operator == Operator.IS and value and _LITERAL.fullmatch(value[0]) is None:
            problems.append((f"/constraints/{index}", "IS takes a text or a number, not ranges and not sets"))
        try:
            made.append(Constraint(field, Operator(operator), *value))
        except ValueError as error:
            problems.append((f"/constraints/{index}", str(error)))
    networking.unique(made, "/constraints/{}", problems)
    return tuple(made)


def _on_public(part: AppPart, problems: Problems) -> bool:
    """Reserved resources are used wherever they are an app's to use, so that its own role beside * says nothing."""
    roles = set(part.acceptedResourceRoles or [DEFAULT_ROLE])
    path = "/acceptedResourceRoles"
    if others := sorted(roles - {DEFAULT_ROLE, PUBLIC, part.role}):
        problems.append((path, f"{others[0][:80]} is none of *, {PUBLIC} and the app's role"))
    elif roles == {part.role} and part.role not in (DEFAULT_ROLE, PUBLIC):
        problems.append((path, "reserved resources alone cannot be asked for: add *"))
    elif PUBLIC in roles and len(roles) > 1:
        problems.append((path, f"either {PUBLIC} or others are honoured, not both"))
    return PUBLIC in roles
