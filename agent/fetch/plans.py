"""From an artifact as a framework writes it to what is to be done, or why it never can be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from barter.core.beneath import parts_below
from barter.core.tasks import Artifact

ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip")
LONGEST_URI = 8192
_SHA256 = re.compile("[0-9a-f]{64}")
_LOGS = re.compile(r"(stdout|stderr)(\.(\d+|new))?")


@dataclass(frozen=True, slots=True)
class Plan:
    """`folder` and `name` are where it goes in the sandbox; an `archive` is unpacked into the folder instead.

    `shown` is the `uri` for messages, without credentials.
    """

    uri: str
    shown: str
    sha256: str
    folder: tuple[str, ...]
    name: str
    archive: bool
    executable: bool
    cache: bool

    @property
    def local(self) -> bool:
        return self.uri.startswith("file:")


def plan(artifact: Artifact) -> Plan:
    """Raises ValueError with what is wrong and how it would be right."""
    split = _split(artifact.uri)
    shown = shown_uri(split)
    sha256 = artifact.sha256.lower()
    if sha256 and not _SHA256.fullmatch(sha256):
        raise ValueError(f"the sha256 {artifact.sha256[:80]!r} of {shown} is none: write 64 hexadecimal digits")
    named = artifact.output_file or unquote(split.path.rpartition("/")[2])
    parts = parts_below(named)
    if not parts or (not artifact.output_file and len(parts) != 1):
        raise ValueError(f"{shown} does not say how its file is called: give an output_file")
    archive = artifact.extract and parts[-1].lower().endswith(ARCHIVES)
    if not archive and is_log(parts):
        raise ValueError(f"the file of {shown} cannot be {parts[0]}, where the task's output goes: give an output_file")
    uri = urlunsplit(split._replace(scheme=split.scheme.lower(), fragment=""))
    cache = artifact.cache and split.scheme != "file"
    return Plan(uri, shown, sha256, parts[:-1], parts[-1], archive, artifact.executable, cache)


def named(artifacts: Sequence[Artifact]) -> str:
    """What is fetched, for messages: also of URIs that turn out to be none."""
    try:
        first = shown_uri(urlsplit(artifacts[0].uri))
    except ValueError:
        first = "an artifact"
    return first if len(artifacts) == 1 else f"{first} and {len(artifacts) - 1} more"


def is_log(parts: tuple[str, ...]) -> bool:
    """Whether it would be in the place of the task's output."""
    return len(parts) > 0 and _LOGS.fullmatch(parts[0]) is not None


def shown_uri(split: SplitResult) -> str:
    """Without credentials, query and fragment: these may be secrets."""
    host = split.netloc.rpartition("@")[2]
    return urlunsplit((split.scheme, host, split.path, "", ""))[:300]


def _split(uri: str) -> SplitResult:
    shown = repr(uri.partition("?")[0].rpartition("@")[2][:200])
    if len(uri) > LONGEST_URI or not uri.isprintable() or " " in uri:
        raise ValueError(f"the URI {shown} is too long, or has spaces or control characters: quote them as %20")
    try:
        split = urlsplit(uri)
        host = split.hostname
        _ = split.port
    except ValueError as error:
        raise ValueError(f"the URI {shown} cannot be read: {error}") from None
    if split.scheme in ("http", "https"):
        if not host:
            raise ValueError(f"the URI {shown} names no host")
    elif split.scheme != "file":
        raise ValueError(f"the URI {shown} is none of http:, https: and file:")
    elif split.netloc not in ("", "localhost") or not split.path.startswith("/") or "\0" in unquote(split.path):
        raise ValueError(f"the URI {shown} is not file:///PATH with an absolute path")
    return split
