"""Networks and ports of an app: Marathon's `networks`, and the two forms clients of older versions still send.

`container.docker.network` and `ipAddress` are read as the networks they stand for, `container.docker.portMappings` and
`ipAddress.discovery.ports` as `container.portMappings`, `ports` as `portDefinitions`.
"""

from collections.abc import Iterable, Mapping

from barter.core.tasks import Network
from barter.frameworks.service.app import Port
from barter.frameworks.service.parameters import VOLUME_NAME
from barter.frameworks.service.schema import (
    AppPart,
    ContainerPart,
    NetworkMode,
    NetworkPart,
    PortDefinitionPart,
    PortMappingPart,
)

Problems = list[tuple[str, str]]
_MODES = {"host": Network.HOST, "container/bridge": Network.BRIDGE, "container": Network.OWN}
_DOCKER: Mapping[str, NetworkMode] = {"HOST": "host", "BRIDGE": "container/bridge", "USER": "container"}


def modernised(part: AppPart, problems: Problems) -> AppPart:
    """The same with `networks`, `container.portMappings` and `portDefinitions` alone."""
    networks = _networks(part, problems)
    changes: dict[str, object] = {"networks": networks, "ipAddress": None, "ports": None}
    changes["portDefinitions"] = _definitions(part, problems)
    if part.container is not None:
        changes["container"] = part.container.model_copy(update={"portMappings": _mappings(part, problems)})
    if networks and _is_bridged(networks) and _says_the_same(part, changes.get("container")):
        changes["portDefinitions"] = None
    return part.model_copy(update=changes)


def mode(part: AppPart, problems: Problems) -> Network:
    """Of a part that is modernised."""
    networks = part.networks or []
    docker = part.container.docker if part.container else None
    if docker is not None and docker.network == "NONE" and not networks:
        return Network.NONE
    modes = {one.mode for one in networks}
    if len(modes) > 1 or (len(networks) > 1 and modes != {"container"}):
        problems.append(("/networks", "may be one host network, one bridge network, or container networks"))
    elif len(networks) > 1:
        problems.append(("/networks", "a container is in one network at a time: give one"))
    mapped = bool(part.container and part.container.portMappings)
    found = _MODES[networks[0].mode] if networks else Network.BRIDGE if mapped else Network.HOST
    if found is not Network.HOST and docker is None:
        asked = networks[0].mode if networks else "container/bridge"
        problems.append(("/networks", f"{asked} needs container.docker.image"))
    return found


def name(part: AppPart, network: Network, problems: Problems) -> str:
    """Of a part that is modernised."""
    given = part.networks[0].name if part.networks else None
    if network is not Network.OWN:
        if given is not None:
            problems.append(("/networks/0/name", "is for mode container"))
        return ""
    if given is None:
        problems.append(("/networks/0/name", "is needed with mode container: that of a network of the engine"))
    elif VOLUME_NAME.fullmatch(given) is None:
        problems.append(("/networks/0/name", "is not a network's name: letters, digits, '_', '.' and '-'"))
    return given or ""


def ports(part: AppPart, network: Network, problems: Problems) -> tuple[Port, ...]:
    """Of a part that is modernised."""
    mappings = part.container.portMappings if part.container else None
    _check_mappings(part, mappings or [], network, problems)
    if network in (Network.BRIDGE, Network.OWN):
        path, made = "/container/portMappings", _mapped(mappings, network)
        if part.portDefinitions:
            problems.append(("/portDefinitions", "are for the host network: use container.portMappings"))
        if part.requirePorts:
            problems.append(("/requirePorts", "is for the host network: give a hostPort"))
        unique([(one.container_port, one.protocol) for one in made if one.container_port], path + "/{}", problems)
    else:
        path, made = "/portDefinitions", _defined(part, network)
        if mappings:
            problems.append(("/container/portMappings", "need networks: [{mode: container/bridge}]"))
        if network is Network.NONE and made:
            problems.append((path, "need a network"))
    unique([port.host_port for port in made if port.host_port], path + "/{}", problems)
    unique([port.service_port for port in made if port.service_port], path + "/{}", problems)
    unique([port.name_at(index) for index, port in enumerate(made)], path + "/{}/name", problems)
    return made


def unique(values: Iterable[object], path: str, problems: Problems) -> None:
    seen: set[object] = set()
    for index, value in enumerate(values):
        if value in seen:
            problems.append((path.format(index), f"{value} is given twice"))
        seen.add(value)


def _networks(part: AppPart, problems: Problems) -> list[NetworkPart] | None:
    docker = part.container.docker.network if part.container and part.container.docker else None
    if part.networks:
        if part.ipAddress is not None:
            problems.append(("/ipAddress", "cannot be given together with networks"))
        if docker is not None and _DOCKER.get(docker) != part.networks[0].mode:
            problems.append(("/container/docker/network", f"contradicts networks: {part.networks[0].mode}"))
        return part.networks
    named = part.ipAddress.networkName if part.ipAddress else None
    if docker is not None and docker in _DOCKER:
        return [NetworkPart(mode=_DOCKER[docker], name=named if docker == "USER" else None)]
    return [NetworkPart(mode="container", name=named)] if part.ipAddress else part.networks


def _definitions(part: AppPart, problems: Problems) -> list[PortDefinitionPart] | None:
    if part.ports is None:
        return part.portDefinitions
    if part.portDefinitions and [one.port for one in part.portDefinitions] != part.ports:
        problems.append(("/ports", "cannot be given together with other portDefinitions"))
    return part.portDefinitions or [PortDefinitionPart(port=number) for number in part.ports]


def _mappings(part: AppPart, problems: Problems) -> list[PortMappingPart] | None:
    container = part.container
    if container is None:
        return None
    given = [("/container/portMappings", container.portMappings)]
    if container.docker is not None:
        given.append(("/container/docker/portMappings", container.docker.portMappings))
    if part.ipAddress is not None and part.ipAddress.discovery is not None:
        found = [one.as_mapping() for one in part.ipAddress.discovery.ports]
        given.append(("/ipAddress/discovery/ports", found))
        if found and container.type == "DOCKER":
            problems.append(("/ipAddress/discovery", "is not for containers of type DOCKER"))
    filled = [(path, mappings) for path, mappings in given if mappings]
    problems += [(path, f"cannot be given together with {filled[0][0]}") for path, _ in filled[1:]]
    return filled[0][1] if filled else next((mappings for _, mappings in given if mappings is not None), None)


def _is_bridged(networks: list[NetworkPart]) -> bool:
    return networks[0].mode != "host"


def _says_the_same(part: AppPart, container: object) -> bool:
    """Older versions tell an app's service ports as its `ports`, too, and take them back."""
    mappings = (container.portMappings or []) if isinstance(container, ContainerPart) else []
    told = [one.servicePort for one in mappings]
    return part.ports is not None and not part.portDefinitions and (not any(part.ports) or part.ports == told)


def _check_mappings(part: AppPart, mappings: list[PortMappingPart], network: Network, problems: Problems) -> None:
    names = {one.name for one in part.networks or []}
    for index, one in enumerate(mappings):
        path = f"/container/portMappings/{index}"
        if one.networkNames and (network is not Network.OWN or set(one.networkNames) - names):
            problems.append((f"{path}/networkNames", "names none of the app's networks of mode container"))
        if network is Network.OWN and one.hostPort is not None:
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
    if part.portDefinitions is None:
        return (Port(name="default"),) if network is Network.HOST else ()
    return tuple(
        Port(one.name or "", one.port if part.requirePorts else 0, 0, one.port, one.protocol, one.labels)
        for one in part.portDefinitions
    )
