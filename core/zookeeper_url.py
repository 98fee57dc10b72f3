"""Where an ensemble is and which of its paths is ours: zk://[user:password@]host[:port],host[:port]/path."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

SCHEME = "zk://"
DEFAULT_PORT = 2181
_EXAMPLE = "like zk://host1:2181,host2:2181/barter"
_HOST = re.compile(r"[A-Za-z0-9._-]+")
_SIX = re.compile(r"\[[0-9A-Fa-f:.]+\]")
_NAME = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class ZooKeeperUrl:
    """`hosts` are `host:port`; `path` begins with a slash and is more than that; `credentials` are `user:password`.

    Its text and repr leave the credentials out.
    """

    hosts: tuple[str, ...]
    path: str
    credentials: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{SCHEME}{','.join(self.hosts)}{self.path}"


@dataclass(frozen=True, slots=True)
class ZooKeeperTls:
    """Files in PEM: the authority's certificates, and one's own certificate with its key. Any of them means TLS."""

    ca: str = ""
    cert: str = ""
    key: str = ""


def is_zookeeper_url(text: str) -> bool:
    """Whether it is meant as one, right or wrong, not as HOST:PORT addresses."""
    return text.strip().lower().startswith("zk:")


def parse_url(text: str) -> ZooKeeperUrl:
    """Raises ValueError, which says what is wrong; what may be a password is never in it."""
    text = text.strip()
    if not text.startswith(SCHEME):
        raise ValueError(f"a ZooKeeper URL begins with {SCHEME}, {_EXAMPLE}{_of_scheme(text)}")
    # A password may hold anything, a path no @: so all before the last one is credentials.
    credentials, at, rest = text.removeprefix(SCHEME).rpartition("@")
    if any(character.isspace() for character in rest):
        raise ValueError(f"a ZooKeeper URL has no spaces in it: {_EXAMPLE}, hosts divided by commas alone")
    hosts, slash, path = rest.partition("/")
    if not slash or not path.strip("/"):
        raise ValueError(f"the ZooKeeper URL names no path: each cluster needs one of its own, {_EXAMPLE}")
    return ZooKeeperUrl(
        tuple(_host(host) for host in hosts.split(",")),
        _path(path),
        parse_credentials(unquote(credentials)) if at else "",
    )


def parse_credentials(text: str) -> str:
    """`"user:password"` as it is; raises ValueError, without what it was given."""
    user, colon, password = text.partition(":")
    if not colon or not user or not password:
        raise ValueError("credentials for ZooKeeper are user:password, neither of them empty")
    if any(ord(character) < 32 or character == "\x7f" for character in text):
        raise ValueError("credentials for ZooKeeper are one line, without control characters")
    return text


def _of_scheme(text: str) -> str:
    """What was meant, where that is plain."""
    scheme = re.match(r"[A-Za-z]+:/*", text)
    return f"; this one begins with {scheme[0]}" if scheme and "/" in scheme[0] else ""


def _host(text: str) -> str:
    if not text:
        raise ValueError(f"the ZooKeeper URL has an empty host: {_EXAMPLE}")
    if _SIX.fullmatch(text):
        return f"{text}:{DEFAULT_PORT}"
    host, colon, port = text.rpartition(":")
    if not colon:
        host, port = text, str(DEFAULT_PORT)
    if not host:
        raise ValueError(f"the ZooKeeper URL has a port without a host: {_EXAMPLE}")
    if ":" in host and not _SIX.fullmatch(host):
        raise ValueError("an IPv6 address in a ZooKeeper URL is in brackets, like zk://[::1]:2181/barter")
    if not (_HOST.fullmatch(host) or _SIX.fullmatch(host)):
        raise ValueError(f"a host in the ZooKeeper URL has characters that no host has: {_EXAMPLE}")
    # Without the port itself: it is a password where somebody forgot the host.
    if not (port.isascii() and port.isdecimal()) or not 0 < int(port) <= 65535:
        raise ValueError(f"the port after host {host} in the ZooKeeper URL is not a number from 1 to 65535")
    return f"{host}:{int(port)}"


def _path(text: str) -> str:
    names = text.removesuffix("/").split("/")
    for name in names:
        if not name:
            raise ValueError(f"the path in the ZooKeeper URL has an empty name in it, two slashes in a row: {_EXAMPLE}")
        if name in (".", ".."):
            raise ValueError("the path in the ZooKeeper URL has . or .. in it, which ZooKeeper has not")
        if not _NAME.fullmatch(name):
            raise ValueError("a name in the ZooKeeper URL's path is of letters, digits, dots, dashes and underscores")
    if names[0] == "zookeeper":
        raise ValueError(f"the path /zookeeper is ZooKeeper's own: choose another, {_EXAMPLE}")
    return "/" + "/".join(names)
