"""What the fields of a pod's definition mean together, and which of them contradict each other."""

from collections.abc import Iterable, Sequence

from barter.core.constraints import Constraint, Operator
from barter.core.tasks import CheckKind, Limits, Network
from barter.core.units import MIB, ms_of
from barter.frameworks.service import parameters, policies
from barter.frameworks.service.app import MILLION, App, Delays, KillSelection, Port, Unreachable
from barter.frameworks.service.checking import Problems
from barter.frameworks.service.fetching import fetched
from barter.frameworks.service.pod import Endpoint, Mount, Pod, PodCheck, PodContainer, PodVolume, Share
from barter.frameworks.service.pod_launch import DEFAULT_GRACE_MS
from barter.frameworks.service.pod_schema import (
    EndpointPart,
    ExecutorResourcesPart,
    PodCheckPart,
    PodContainerPart,
    PodPart,
    ResourcesPart,
    SchedulingPart,
)
from barter.frameworks.service.routes import PREFIX, label_problems

_TRANSPORT = {"tcp": "tcp", "udp": "udp", "http": "tcp", "https": "tcp"}
_NETWORKS = {"host": Network.HOST, "container/bridge": Network.BRIDGE, "container": Network.OWN}


def convert_pod(part: PodPart) -> tuple[App, Problems]:
    """The App, to be used where there are no problems: (path, reason) for all that is wrong."""
    problems: Problems = []
    network = _network(part, problems)
    containers = tuple(_container(part, index, network, problems) for index in range(len(part.containers)))
    pod = Pod(containers, _volumes(part, problems), _share(part.executorResources) if part.executorResources else None)
    ports = tuple(_port(endpoint, network) for container in containers for endpoint in container.endpoints)
    _check_names(part, problems)
    _check_env("", part.environment, problems)
    problems += [(f"/labels/{label}", reason) for label, reason in label_problems(part.labels, ports)]
    shares = [container.share for container in containers] + ([pod.executor] if pod.executor else [])
    scheduling = part.scheduling
    app = App(
        app_id=policies.app_id(part, problems),
        cpus=sum(share.cpus for share in shares),
        mem=sum(share.mem for share in shares),
        disk=sum(share.disk for share in shares),
        instances=part.scaling.instances,
        env=policies.plain_env(part.environment),
        secrets={name: one.source for name, one in part.secrets.items()},
        secret_env=policies.secrets_of(part.environment, part.secrets, "/environment", problems),
        labels=part.labels,
        constraints=_constraints(scheduling, problems),
        network=network,
        network_name=(part.networks[0].name or "") if part.networks else "",
        ports=ports,
        upgrade=policies.upgrade_of(scheduling.upgrade),
        delays=Delays(
            ms_of(scheduling.backoff.backoff),
            round(scheduling.backoff.backoffFactor * MILLION),
            ms_of(scheduling.backoff.maxLaunchDelay),
        ),
        unreachable=_unreachable(scheduling, problems),
        kill_selection=KillSelection(scheduling.killSelection),
        kill_grace_ms=max(_grace(container) for container in containers),
        on_public=_on_public(scheduling, problems),
        user=part.user or "",
        role=policies.role(part, problems),
        pod=pod,
    )
    return app, problems


def _share(part: ResourcesPart | ExecutorResourcesPart) -> Share:
    return Share(max(round(part.cpus * 1000), 1), round(part.mem * MIB), round(part.disk * MIB))


def _grace(container: PodContainer) -> int:
    return DEFAULT_GRACE_MS if container.kill_grace_ms is None else container.kill_grace_ms


def _network(part: PodPart, problems: Problems) -> Network:
    if not part.networks:
        return Network.HOST
    network, name = _NETWORKS[part.networks[0].mode], part.networks[0].name
    if network is not Network.OWN and name is not None:
        problems.append(("/networks/0/name", "is for mode container"))
    if network is Network.OWN and name is None:
        problems.append(("/networks/0/name", "is needed with mode container: that of a network of the engine"))
    if network is Network.OWN and name is not None and parameters.VOLUME_NAME.fullmatch(name) is None:
        problems.append(("/networks/0/name", "is not a network's name: letters, digits, '_', '.' and '-'"))
    if network is not Network.HOST:
        problems += [
            (f"/containers/{index}/image", f"is needed with networks of mode {part.networks[0].mode}")
            for index, container in enumerate(part.containers)
            if container.image is None
        ]
    return network


def _container(part: PodPart, index: int, network: Network, problems: Problems) -> PodContainer:
    given, path = part.containers[index], f"/containers/{index}"
    command = given.exec.command if given.exec else None
    _check_run(given, path, problems)
    _check_env(path, given.environment, problems)
    _check_mounts(part, given, path, problems)
    for number, endpoint in enumerate(given.endpoints):
        problems += [
            (f"{path}/endpoints/{number}/{field}", why) for field, why in _endpoint_problems(part, endpoint, network)
        ]
    problems += [
        (f"{path}/labels/{label}", "is for the pod's labels: the numbers in them are those of all its endpoints")
        for label in given.labels
        if label.startswith(PREFIX)
    ]
    grace = given.lifecycle.killGracePeriodSeconds
    return PodContainer(
        name=given.name,
        share=_share(given.resources),
        shell=(command.shell or "") if command else "",
        argv=tuple(command.argv or ()) if command else (),
        override_entrypoint=given.exec.overrideEntrypoint if given.exec else None,
        endpoints=tuple(
            Endpoint(one.name, one.containerPort, one.hostPort or 0, tuple(one.protocol), one.labels)
            for one in given.endpoints
        ),
        image=given.image.id if given.image else "",
        force_pull=given.image.forcePull if given.image else False,
        env=policies.plain_env(given.environment),
        secret_env=policies.secrets_of(given.environment, part.secrets, f"{path}/environment", problems),
        labels=given.labels,
        user=given.user or "",
        check=_check(given, given.healthCheck, f"{path}/healthCheck", problems) if given.healthCheck else None,
        mounts=tuple(Mount(one.name, one.mountPath, one.readOnly) for one in given.volumeMounts),
        artifacts=fetched(given.artifacts, f"{path}/artifacts", problems),
        kill_grace_ms=None if grace is None else ms_of(grace),
        limits=_limits(given, f"{path}/resourceLimits", problems),
    )


def _limits(given: PodContainerPart, path: str, problems: Problems) -> Limits | None:
    limits = given.resourceLimits
    return policies.limits_of(limits, given.resources.cpus, given.resources.mem, path, problems) if limits else None


def _check_run(given: PodContainerPart, path: str, problems: Problems) -> None:
    if given.exec is None:
        if given.image is None:
            problems.append((f"{path}/exec", "is needed, or an image"))
        return
    command = given.exec.command
    if (command.shell is None) is (command.argv is None):
        problems.append((f"{path}/exec/command", "needs either shell or argv"))
    if command.argv and not command.argv[0]:
        problems.append((f"{path}/exec/command/argv/0", "names no program"))
    if command.shell and given.exec.overrideEntrypoint is False:
        problems.append((f"{path}/exec/overrideEntrypoint", "is true with a shell command"))


def _check_env(path: str, env: Iterable[str], problems: Problems) -> None:
    problems += [
        (f"{path}/environment/{name}", "cannot be a variable's name: it holds '='") for name in env if "=" in name
    ]


def _check_mounts(part: PodPart, given: PodContainerPart, path: str, problems: Problems) -> None:
    volumes = {volume.name: volume for volume in part.volumes}
    for index, mount in enumerate(given.volumeMounts):
        where, volume = f"{path}/volumeMounts/{index}", volumes.get(mount.name)
        if volume is None:
            problems.append((f"{where}/name", f"no volume of the pod is called {mount.name}"))
        elif volume.host is not None and given.image is None:
            problems.append((where, "needs an image: processes see the machine's own files"))
        elif given.image is None and mount.mountPath.startswith("/"):
            problems.append((f"{where}/mountPath", "without an image it is below the sandbox: give a relative path"))
        elif given.image is None and mount.readOnly:
            problems.append((f"{where}/readOnly", "needs an image: a process has the volume by a link"))
    _unique([mount.mountPath for mount in given.volumeMounts], path + "/volumeMounts/{}/mountPath", problems)
    _unique([mount.name for mount in given.volumeMounts], path + "/volumeMounts/{}/name", problems)


def _endpoint_problems(part: PodPart, one: EndpointPart, network: Network) -> Problems:
    found: Problems = []
    if network is Network.HOST and one.containerPort is not None:
        found.append(("containerPort", "is not allowed when using host-mode networking"))
    if network is Network.OWN and not one.containerPort:
        found.append(("containerPort", "is required when using container-mode networking"))
    if network is Network.OWN and one.hostPort:
        found.append(("hostPort", "means nothing: each instance has an address of its own"))
    if set(one.networkNames) - {given.name for given in part.networks}:
        found.append(("networkNames", "names none of the pod's networks"))
    for index, protocol in enumerate(one.protocol):
        if protocol.lower() not in _TRANSPORT:
            found.append((f"protocol/{index}", f"{protocol!r} is none of {', '.join(_TRANSPORT)}"))
    if len({protocol.lower() for protocol in one.protocol}) < len(one.protocol):
        found.append(("protocol", "Duplicate protocols within the same endpoint are not allowed"))
    return found


def _port(endpoint: Endpoint, network: Network) -> Port:
    transports = {_TRANSPORT.get(protocol.lower(), "tcp") for protocol in endpoint.protocols} or {"tcp"}
    inside = endpoint.container_port or 0
    protocol = ",".join(sorted(transports, reverse=True))
    return Port(
        endpoint.name, endpoint.host_port, 0 if network is Network.HOST else inside, 0, protocol, endpoint.labels
    )


def _check(given: PodContainerPart, one: PodCheckPart, path: str, problems: Problems) -> PodCheck:
    if sum(choice is not None for choice in (one.http, one.tcp, one.exec)) != 1:
        problems.append((path, "Only one of http, tcp, or command may be specified"))
    endpoint = one.http.endpoint if one.http else one.tcp.endpoint if one.tcp else ""
    if endpoint and endpoint not in {known.name for known in given.endpoints}:
        where = "http" if one.http else "tcp"
        problems.append((f"{path}/{where}/endpoint", "is none of the container's endpoints"))
    command = one.exec.command if one.exec else None
    if command is not None and (command.shell is None) is (command.argv is None):
        problems.append((f"{path}/exec/command", "needs either shell or argv"))
    kind = CheckKind(one.http.scheme) if one.http else CheckKind.TCP if one.tcp else CheckKind.COMMAND
    return PodCheck(
        kind=kind,
        endpoint=endpoint,
        path=one.http.path if one.http else "/",
        shell=(command.shell or "") if command else "",
        argv=tuple(command.argv or ()) if command else (),
        grace_ms=ms_of(one.gracePeriodSeconds),
        interval_ms=ms_of(one.intervalSeconds),
        timeout_ms=ms_of(one.timeoutSeconds),
        max_failures=one.maxConsecutiveFailures,
        delay_ms=ms_of(one.delaySeconds),
    )


def _volumes(part: PodPart, problems: Problems) -> tuple[PodVolume, ...]:
    for index, volume in enumerate(part.volumes):
        users = [one for one in part.containers if any(mount.name == volume.name for mount in one.volumeMounts)]
        if not users:
            problems.append((f"/volumes/{index}", "volume must be referenced by at least one container"))
        if volume.host is not None and not volume.host.startswith("/"):
            problems.append((f"/volumes/{index}/host", "is to be an absolute path; without it the volume is ephemeral"))
        owners = {one.user or part.user or "" for one in users if one.image is None}
        if volume.host is None and len(owners) > 1:
            why = "is shared by processes of several users, who would not get to it: give them one user, or images"
            problems.append((f"/volumes/{index}", why))
    _unique([volume.name for volume in part.volumes], "/volumes/{}/name", problems)
    return tuple(PodVolume(volume.name, volume.host or "") for volume in part.volumes)


def _check_names(part: PodPart, problems: Problems) -> None:
    _unique([one.name for one in part.containers], "/containers/{}/name", problems)
    given = [
        (f"/containers/{outer}/endpoints/{inner}", endpoint)
        for outer, container in enumerate(part.containers)
        for inner, endpoint in enumerate(container.endpoints)
    ]
    for field in ("name", "containerPort", "hostPort"):
        seen: set[object] = set()
        for path, endpoint in given:
            value = getattr(endpoint, field)
            if value in seen and value:
                problems.append((f"{path}/{field}", f"{value} is given twice: it is unique in the pod"))
            seen.add(value)


def _unique(values: Sequence[object], path: str, problems: Problems) -> None:
    problems += [
        (path.format(index), f"{value} is given twice") for index, value in enumerate(values) if value in values[:index]
    ]


def _constraints(scheduling: SchedulingPart, problems: Problems) -> tuple[Constraint, ...]:
    made: list[Constraint] = []
    for index, one in enumerate(scheduling.placement.constraints):
        path = f"/scheduling/placement/constraints/{index}"
        operator = one.operator.upper()
        if operator not in Operator.__members__:
            problems.append((f"{path}/operator", f"{one.operator[:40]!r} is none of {', '.join(Operator)}"))
            continue
        try:
            made.append(Constraint(one.fieldName, Operator(operator), *([one.value] if one.value else [])))
        except ValueError as error:
            problems.append((path, str(error)))
    _unique(made, "/scheduling/placement/constraints/{}", problems)
    return tuple(made)


def _unreachable(scheduling: SchedulingPart, problems: Problems) -> Unreachable | None:
    strategy = scheduling.unreachableStrategy
    if isinstance(strategy, str):
        return None
    if strategy.expungeAfterSeconds < strategy.inactiveAfterSeconds:
        path = "/scheduling/unreachableStrategy/expungeAfterSeconds"
        problems.append((path, "is less than inactiveAfterSeconds"))
    return Unreachable(ms_of(strategy.inactiveAfterSeconds), ms_of(strategy.expungeAfterSeconds))


def _on_public(scheduling: SchedulingPart, problems: Problems) -> bool:
    roles = set(scheduling.placement.acceptedResourceRoles or ["*"])
    if len(roles) > 1:
        path = "/scheduling/placement/acceptedResourceRoles"
        problems.append((path, "either * or slave_public is honoured, not both"))
    return "slave_public" in roles
