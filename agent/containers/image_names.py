"""What an image's name says, under which names to ask for it, and what a registry's refusal means."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from barter.core.tasks import Reason

HUB = "docker.io"
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9a-fA-F:]+\](:[0-9]{1,5})?")
_MIRROR = re.compile(r"(?P<host>[^/]+)(?P<path>(/[a-z0-9._-]+)*)")
_MEANINGS = (
    (Reason.DISK_FULL, ("no space left on device",)),
    (
        Reason.IMAGE_UNAUTHORIZED,
        (
            "no basic auth credentials",
            "unauthorized",
            "authentication required",
            "access denied",
            "denied:",
            "forbidden",
        ),
    ),
    (Reason.IMAGE_NOT_FOUND, ("manifest unknown", "not found: ", "name unknown", "not known to registry")),
    (
        Reason.IMAGE_UNREACHABLE,
        (
            *("dial tcp", "connection refused", "no such host", "i/o timeout", "timeout exceeded", "deadline exceeded"),
            *("no route to host", "unreachable", "connection reset", "server misbehaving", "unexpected eof"),
            *("tls:", "x509:", "http response to https client", "unexpected http status: 5", "bad gateway"),
            "service unavailable",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class ImageName:
    """`version` is ":TAG" or "@sha256:..."; of the Hub's own images `path` is library/NAME."""

    registry: str
    path: str
    version: str

    @property
    def by_digest(self) -> bool:
        return self.version.startswith("@")

    @property
    def familiar(self) -> str:
        """As an engine lists it."""
        return f"{self.path.removeprefix('library/')}{self.version}" if self.registry == HUB else self.at(self.registry)

    def at(self, place: str) -> str:
        """As it is called at another registry, or below a path there."""
        return f"{place}/{self.path}{self.version}"


@dataclass(frozen=True, slots=True)
class Mirror:
    """`place` is HOST[:PORT][/PATH]; with a `zone` only agents there ask it."""

    place: str
    zone: str = ""

    @property
    def host(self) -> str:
        return self.place.partition("/")[0]


Mirrors = Mapping[str, Sequence[Mirror]]


def parse_image(text: str) -> ImageName:
    """As Docker reads it: a first part with a dot or a port, or localhost, is the registry."""
    name, at, digest = text.partition("@")
    tag = ""
    if ":" in name.rpartition("/")[2]:
        name, _, tag = name.rpartition(":")
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        registry, path = first, rest
    else:
        registry, path = HUB, name
    if registry in (HUB, f"index.{HUB}"):
        registry, path = HUB, path if "/" in path else f"library/{path}"
    return ImageName(registry, path, f"@{digest}" if at else f":{tag or 'latest'}")


def places(image: str, mirrors: Mirrors, zone: str) -> list[Mirror]:
    """The mirrors to ask, in order: those of the zone, then those of none; the registry itself comes after them."""
    known = mirrors.get(parse_image(image).registry, ())
    return [*(each for each in known if each.zone and each.zone == zone), *(each for each in known if not each.zone)]


def parse_mirrors(tables: Mapping[str, Any]) -> dict[str, tuple[Mirror, ...]]:
    """A file's `["REGISTRY"] mirrors = [{place = "HOST[:PORT]", zone = "a"}, ...]`; raises ValueError."""
    return {registry: _of_registry(registry, table) for registry, table in tables.items()}


def _of_registry(registry: str, table: Any) -> tuple[Mirror, ...]:
    if not _HOST.fullmatch(registry):
        raise ValueError(f"[{registry!r}]: name a registry as images do: docker.io or host:port, in quotes")
    if not isinstance(table, dict) or set(table) != {"mirrors"} or not isinstance(table["mirrors"], list):
        raise ValueError(f'["{registry}"]: write mirrors = [{{place = "HOST:PORT", zone = "a"}}] and nothing else')
    return tuple(_mirror(registry, each) for each in table["mirrors"])


def _mirror(registry: str, said: Any) -> Mirror:
    known = isinstance(said, dict) and "place" in said and set(said) <= {"place", "zone"}
    if not known or not all(isinstance(value, str) for value in said.values()):
        raise ValueError(
            f'["{registry}"]: {said!r} is no mirror: write {{place = "HOST:PORT"}}, with zone = "a" if any'
        )
    place = _MIRROR.fullmatch(said["place"])
    if place is None or not _HOST.fullmatch(place["host"]):
        raise ValueError(f'["{registry}"]: {said["place"]!r} is no place: write HOST[:PORT][/PATH], without https://')
    return Mirror(said["place"], said.get("zone", ""))


def meaning(said: str) -> Reason:
    """Of what an engine says of a pull that failed."""
    lower = said.lower()
    for reason, words in _MEANINGS:
        if any(word in lower for word in words):
            return reason
    return Reason.IMAGE_FAILED


def advice(reason: Reason, registry: str) -> str:
    match reason:
        case Reason.IMAGE_NOT_FOUND:
            return "check the image's name and tag, or push it there; or put it on the agent with `docker load`"
        case Reason.IMAGE_UNAUTHORIZED:
            return (
                f"give the agent credentials for {registry} (--docker-config), or check the image's name: "
                "registries say the same of images that are not there"
            )
        case Reason.IMAGE_UNREACHABLE:
            return (
                f"check that this machine reaches {registry} (by https, unless it is on loopback), or name a mirror "
                "of it (--registries); or put the image on the agent with `docker load`"
            )
        case Reason.DISK_FULL:
            return "free space where the engine keeps its images, or lower --image-keep"
    return "see the engine's log, or try `docker pull` on the agent"
