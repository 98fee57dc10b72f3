"""`fetch` of an app, and `uris` of older ones: the artifacts that are in an instance's sandbox before it starts."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from barter.core.tasks import Artifact
from barter.frameworks.service.schema import AppPart, FetchPart, Json

_SCHEMES = ("http", "https", "file")


def artifacts(part: AppPart, problems: list[tuple[str, str]]) -> tuple[Artifact, ...]:
    if part.fetch and part.uris:
        problems.append(("/uris", "cannot be given together with fetch"))
    field = "fetch" if part.fetch else "uris"
    return fetched(part.fetch or [FetchPart(uri=uri) for uri in part.uris], f"/{field}", problems)


def fetched(given: Sequence[FetchPart], path: str, problems: list[tuple[str, str]]) -> tuple[Artifact, ...]:
    """Those at `path` of a definition."""
    for index, one in enumerate(given):
        problems += [(f"{path}/{index}/{name}", reason) for name, reason in _problems(one)]
    return tuple(
        Artifact(one.uri, (one.sha256 or "").lower(), one.extract, one.executable, one.cache, one.destPath or "")
        for one in given
    )


def fetch_json(artifact: Artifact) -> Json:
    found: Json = {
        "uri": artifact.uri,
        "extract": artifact.extract,
        "executable": artifact.executable,
        "cache": artifact.cache,
    }
    if artifact.output_file:
        found["destPath"] = artifact.output_file
    if artifact.sha256:
        found["sha256"] = artifact.sha256
    return found


def _problems(one: FetchPart) -> list[tuple[str, str]]:
    found = [("uri", why)] if (why := _uri_problem(one.uri, named=one.destPath is not None)) else []
    if one.destPath is not None:
        path = PurePosixPath(one.destPath)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            found.append(("destPath", "is to name a file below the sandbox"))
    return found


def _uri_problem(uri: str, *, named: bool) -> str:
    try:
        split = urlsplit(uri)
        host = split.hostname
    except ValueError as error:
        return f"is not a URI: {error}"
    if split.scheme not in _SCHEMES:
        return f"begins with none of http://, https:// and file://: {uri[:80]!r}"
    if split.scheme != "file" and not host:
        return "names no host"
    return "" if named or split.path.rpartition("/")[2] else "does not say how its file is called: give a destPath"
