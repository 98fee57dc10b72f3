"""Fields of Marathon's app JSON that are not honoured here: taken when they say nothing, refused by name otherwise."""

from barter.frameworks.service.schema import Json

_NEUTRAL: tuple[object, ...] = (None, [], {}, "", 0, False)
_HERE = "is not supported"

_APP = {
    "dependencies": f"{_HERE}: apps start in no order",
    "fetch": f"{_HERE}: put files into the image, or download them in cmd",
    "uris": f"{_HERE}: put files into the image, or download them in cmd",
    "gpus": f"{_HERE}: agents offer no gpus yet",
    "secrets": f"{_HERE}: there is no secret store",
    "residency": f"{_HERE}: there are no persistent volumes",
    "readinessChecks": f"{_HERE}: use healthChecks",
    "check": f"{_HERE}: use healthChecks",
    "executor": f"{_HERE}: agents bring the executor",
    "executorResources": f"{_HERE}: the executor is not charged to tasks",
    "resourceLimits": f"{_HERE}: cpus and mem are the limits",
    "ipAddress": f"{_HERE}: use networks",
    "user": f"{_HERE}: tasks run as the agent's user or the image's",
    "tty": f"{_HERE}: tasks have no terminal",
    "storeUrls": f"{_HERE}: put files into the image",
}
_DOCKER = {
    "privileged": f"{_HERE}: no container gets the rights of the machine",
    "parameters": f"{_HERE}: engine options cannot be passed through",
    "credential": f"{_HERE}: log the agent's engine in to the registry",
    "pullConfig": f"{_HERE}: log the agent's engine in to the registry",
}
_CONTAINER = {"linuxInfo": f"{_HERE}: no kernel capabilities can be set"}
_VOLUME = {
    "persistent": f"{_HERE}: only hostPath volumes are",
    "external": f"{_HERE}: only hostPath volumes are",
    "secret": f"{_HERE}: only hostPath volumes are",
}
_CHECK = {
    "ignoreHttp1xx": f"{_HERE}: 2xx and 3xx are healthy",
    "delaySeconds": f"{_HERE}: use gracePeriodSeconds",
}
_NETWORK = {"name": f"{_HERE}: there are no named networks", "labels": _HERE}
_MAPPING = {"networkNames": f"{_HERE}: there are no named networks"}

_ONLY = {"killSelection": "YOUNGEST_FIRST", "role": "*", "executor": "//cmd", "ipProtocol": "IPv4", "delaySeconds": 15}
READ_ONLY = frozenset(
    {
        *("version", "versionInfo", "tasksStaged", "tasksRunning", "tasksHealthy", "tasksUnhealthy"),
        *("deployments", "tasks", "lastTaskFailure", "readinessCheckResults", "taskStats"),
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
            docker = container["docker"] = _filter(container["docker"], "/container/docker", _DOCKER, problems)
            _each(docker, "portMappings", "/container/docker", _MAPPING, problems)
        _each(container, "volumes", "/container", _VOLUME, problems)
        _each(container, "portMappings", "/container", _MAPPING, problems)
    _each(kept, "healthChecks", "", _CHECK, problems)
    _each(kept, "networks", "", _NETWORK, problems)
    return kept, problems


def _each(parent: Json, field: str, path: str, table: dict[str, str], problems: list[tuple[str, str]]) -> None:
    items = parent.get(field)
    if isinstance(items, list):
        parent[field] = [
            _filter(item, f"{path}/{field}/{index}", table, problems) if isinstance(item, dict) else item
            for index, item in enumerate(items)
        ]


def _filter(part: Json, path: str, table: dict[str, str], problems: list[tuple[str, str]]) -> Json:
    kept: Json = {}
    for key, value in part.items():
        if key not in table and key not in _ONLY:
            kept[key] = value
        elif not any(value is neutral or value == neutral for neutral in (*_NEUTRAL, _ONLY.get(key))):
            only = f"{_HERE} other than {_ONLY[key]}" if key in _ONLY else ""
            problems.append((f"{path}/{key}", table.get(key, only)))
    return kept
