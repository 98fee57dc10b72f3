"""From an operator's JSON of a pod to the App that has it, or to every reason why not."""

from pydantic import ValidationError

from barter.frameworks.service.app import App
from barter.frameworks.service.definition import DefinitionError, named, parse_app
from barter.frameworks.service.pod_convert import convert_pod
from barter.frameworks.service.pod_launch import unlaunchable_pod
from barter.frameworks.service.pod_schema import PodPart
from barter.frameworks.service.schema import Json

_HERE = "is not supported"
_Problems = list[tuple[str, str]]
_NEUTRAL: tuple[object, ...] = ([], {}, "", 0, False)
_READ_ONLY = ("version",)
_GPUS = f"{_HERE}: a demand cannot say how many; a framework that takes classic offers has them"
_POD = {
    "linuxInfo": f"{_HERE}: no container gets other rights than the usual ones",
    "legacySharedCgroups": f"{_HERE}: each container has its own limits",
}
_SCALING = {"maxInstances": f"{_HERE}: there are as many as instances says"}
_NETWORK = {"labels": _HERE}
_VOLUME = {
    "persistent": f"{_HERE} for pods: only host and ephemeral volumes are",
    "secret": f"{_HERE}: only host and ephemeral volumes are",
}
_CONTAINER = {
    "check": f"{_HERE} for pods: use healthCheck",
    "linuxInfo": f"{_HERE}: no container gets other rights than the usual ones",
    "tty": f"{_HERE}: tasks have no terminal",
}
_RESOURCES = {"gpus": _GPUS}
_IMAGE = {"pullConfig": f"{_HERE}: agents hold the credentials of registries", "labels": f"{_HERE}: the id says it all"}


def parse_pod(value: Json) -> App:
    """Raises DefinitionError naming every field that is wrong, unknown, or asks for what is not done here."""
    kept, problems = _without_refused(value)
    try:
        part = PodPart.model_validate(kept)
    except ValidationError as error:
        raise DefinitionError([*problems, *named(error)]) from None
    app, more = convert_pod(part)
    if not (problems or more):
        more = unlaunchable_pod(app)
    if problems or more:
        raise DefinitionError([*problems, *more])
    return app


def is_pod(value: Json) -> bool:
    """Whether this is the JSON of a pod, where that of an app could be, too."""
    return "containers" in value


def parse_definition(value: Json) -> App:
    """An app's or a pod's; raises DefinitionError."""
    return parse_pod(value) if is_pod(value) else parse_app(value)


def _without_refused(value: Json) -> tuple[Json, _Problems]:
    """What is left without what says nothing, and (path, reason) for what is refused by name."""
    problems: _Problems = []
    pod = _filtered({key: one for key, one in value.items() if key not in _READ_ONLY}, "", _POD, problems)
    _inside(pod, "scaling", "", _SCALING, problems)
    _each(pod, "networks", "", _NETWORK, problems)
    _each(pod, "volumes", "", _VOLUME, problems)
    _each(pod, "containers", "", _CONTAINER, problems)
    for index, container in enumerate(pod.get("containers", ()) if isinstance(pod.get("containers"), list) else ()):
        if isinstance(container, dict):
            _inside(container, "resources", f"/containers/{index}", _RESOURCES, problems)
            _inside(container, "image", f"/containers/{index}", _IMAGE, problems)
    return pod, problems


def _inside(parent: Json, field: str, path: str, table: dict[str, str], problems: _Problems) -> None:
    if isinstance(parent.get(field), dict):
        parent[field] = _filtered(parent[field], f"{path}/{field}", table, problems)


def _each(parent: Json, field: str, path: str, table: dict[str, str], problems: _Problems) -> None:
    if isinstance(parent.get(field), list):
        parent[field] = [
            _filtered(one, f"{path}/{field}/{index}", table, problems) if isinstance(one, dict) else one
            for index, one in enumerate(parent[field])
        ]


def _filtered(part: Json, path: str, table: dict[str, str], problems: _Problems) -> Json:
    """Marathon writes null for what is not given."""
    kept: Json = {}
    for key, value in part.items():
        if value is None:
            continue
        if key not in table:
            kept[key] = value
        elif not any(value is neutral or value == neutral for neutral in _NEUTRAL):
            problems.append((f"{path}/{key}", table[key]))
    return kept
