"""An app's id is a path (`/prod/web`); what else is named after it."""

import re

_SEGMENT = re.compile(r"(([a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])\.)*([a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])")
_RESERVED = frozenset({"restart", "tasks", "versions"})
_LONGEST = 200


def check_path(text: str) -> str:
    """The absolute path of an app id, by Marathon's rules; raises ValueError."""
    path = text if text.startswith("/") else f"/{text}"
    segments = path[1:].split("/")
    if len(path) > _LONGEST:
        raise ValueError(f"is longer than {_LONGEST} characters")
    for segment in segments:
        if _SEGMENT.fullmatch(segment) is None:
            raise ValueError(
                f"{segment[:40]!r} is not usable in a path: lower-case letters, digits, '-' and '.', "
                "beginning and ending with a letter or digit"
            )
        if segment in _RESERVED:
            raise ValueError(f"{segment!r} is reserved for the API")
    return path


def ancestors(path: str) -> list[str]:
    """Those it lies in, the root left out: of `/a/b/c` `/a` and `/a/b`."""
    return [path[:end] for end, character in enumerate(path) if character == "/" and end]


def key_of(app_id: str) -> str:
    """What the master, the edge and `barter explain` know it by: `/prod/web` is `prod.web`."""
    return app_id.strip("/").replace("/", ".")


def task_id_of(app_id: str, generation: int, number: int) -> str:
    """`generation` grows with every start of the framework, `number` with every launch in it: no id comes twice."""
    return f"{app_id.strip('/').replace('/', '_')}.instance-{generation}-{number}"


def app_id_of(task_id: str) -> str:
    """The app in whose name `task_id_of` made it."""
    return f"/{task_id.rpartition('.instance-')[0].replace('_', '/')}"


def run_of(task_id: str) -> tuple[str, int]:
    """The place of a resident app's task and which run in it this is; 0 where the id is not one of those."""
    place_id, _, number = task_id.rpartition(".")
    return (place_id, int(number)) if place_id and number.isdecimal() else (task_id, 0)
