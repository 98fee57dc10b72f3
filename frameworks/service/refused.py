"""Fields of Marathon's app JSON that are not honoured here: taken when they say nothing, refused by name otherwise."""

from barter.frameworks.service.schema import Json

_NEUTRAL: tuple[object, ...] = (None, [], {}, "", 0, False)
_HERE = "is not supported"

_APP = {
    "gpus": f"{_HERE}: a demand cannot say how many; a framework that takes classic offers has them",
    "executor": f"{_HERE}: agents bring the executor",
    "executorResources": f"{_HERE}: the executor is not charged to tasks",
    "tty": f"{_HERE}: tasks have no terminal",
    "storeUrls": f"{_HERE}: use fetch",
}
_DOCKER = {
    "privileged": f"{_HERE}: no container gets the rights of the machine, but parameters cap-add and device",
    "credential": f"{_HERE}: agents hold the credentials of registries",
    "pullConfig": f"{_HERE}: agents hold the credentials of registries",
}
_CONTAINER = {"linuxInfo": f"{_HERE}: use docker.parameters"}
_VOLUME = {
    "secret": f"{_HERE}: use env: {{NAME: {{secret: ...}}}}",
}
_EXTERNAL = {
    "size": f"{_HERE}: a volume of the engine has no size",
    "shared": f"{_HERE}: a volume of the engine is shared by all that name it",
}
_PERSISTENT = {
    "maxSize": f"{_HERE}: a volume has its size",
    "profileName": f"{_HERE}: agents have no profiles of disks",
    "constraints": f"{_HERE}: an agent has one place for its volumes",
}
_CHECK = {"ipProtocol": f"{_HERE} other than IPv4: the agent asks where it is told its ports are"}
_READINESS = {"preserveLastResponse": f"{_HERE}: only whether it was ready is kept"}
_NETWORK = {"labels": _HERE}

_IP_ADDRESS = {"labels": _HERE, "groups": f"{_HERE}: Marathon ignores them, too"}

_ONLY = {"executor": "//cmd", "ipProtocol": "IPv4"}
READ_ONLY = frozenset(
    {
        *("version", "versionInfo", "tasksStaged", "tasksRunning", "tasksHealthy", "tasksUnhealthy"),
        *("deployments", "tasks", "lastTaskFailure", "readinessCheckResults", "taskStats", "waiting"),
    }
)


def without_refused(app: Json) -> tuple[Json, list[tuple[str, str]]]:
    """The JSON without those fields and without what only answers hold, and (path, reason) for what was refused."""
    problems: list[tuple[str, str]] = []
    kept = _filter({key: value for key, value in app.items() if key not in READ_ONLY}, "", _APP, problems)
    container = kept.get("container")
    if isinstance(container, dict):
        container = kept["container"] = _filter(container, "/container", _CONTAINER, problems)
        if isinstance(container.get("docker"), dict):
            container["docker"] = _filter(container["docker"], "/container/docker", _DOCKER, problems)
        _each(container, "volumes", "/container", _VOLUME, problems)
        _of_volumes(container, "persistent", _PERSISTENT, problems)
        _of_volumes(container, "external", _EXTERNAL, problems)
    _each(kept, "healthChecks", "", _CHECK, problems)
    _each(kept, "readinessChecks", "", _READINESS, problems)
    _each(kept, "networks", "", _NETWORK, problems)
    if isinstance(kept.get("ipAddress"), dict):
        kept["ipAddress"] = _filter(kept["ipAddress"], "/ipAddress", _IP_ADDRESS, problems)
    return kept, problems


def _each(parent: Json, field: str, path: str, table: dict[str, str], problems: list[tuple[str, str]]) -> None:
    items = parent.get(field)
    if isinstance(items, list):
        parent[field] = [
            _filter(item, f"{path}/{field}/{index}", table, problems) if isinstance(item, dict) else item
            for index, item in enumerate(items)
        ]


def _of_volumes(container: Json, kind: str, table: dict[str, str], problems: list[tuple[str, str]]) -> None:
    volumes = container.get("volumes")
    for index, volume in enumerate(volumes if isinstance(volumes, list) else []):
        if isinstance(volume, dict) and isinstance(volume.get(kind), dict):
            volume[kind] = _filter(volume[kind], f"/container/volumes/{index}/{kind}", table, problems)


def _filter(part: Json, path: str, table: dict[str, str], problems: list[tuple[str, str]]) -> Json:
    kept: Json = {}
    for key, value in part.items():
        if key not in table and key not in _ONLY:
            kept[key] = value
        elif not any(value is neutral or value == neutral for neutral in (*_NEUTRAL, _ONLY.get(key))):
            only = f"{_HERE} other than {_ONLY[key]}" if key in _ONLY else ""
            problems.append((f"{path}/{key}", table.get(key, only)))
    return kept
