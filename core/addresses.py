"""Addresses as people write them: HOST:PORT."""

import ipaddress
import re

from barter.core.zookeeper_url import is_zookeeper_url, parse_url

_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9._])?")


def split_address(address: str) -> tuple[str, int]:
    """`"host:port"` or `"[::1]:port"` as a pair; raises ValueError."""
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 <= int(port) <= 65535:
        # Before an @ there may be a password.
        shown = "(not shown, for it has an @)" if "@" in address else repr(address)
        hint = ", and a ZooKeeper URL begins with zk://" if "://" in address else ""
        raise ValueError(f"{shown} is not HOST:PORT{hint}")
    return host.strip("[]"), int(port)


def parse_advertised(text: str) -> str:
    """A host that others can be told, a name or an address of IPv4 or IPv6, or empty; raises ValueError."""
    host = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if host and not _NAME.fullmatch(host):
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise ValueError(f"{text!r} is no host: give a name or an address alone, without a port") from None
    if host in ("0.0.0.0", "::"):
        raise ValueError(f"{text!r} is every address, and nobody can call that: give the one that others reach")
    return host


def split_addresses(masters: str) -> tuple[str, ...]:
    """The addresses in `"host:port[,host:port]"`; raises ValueError when there is none, or one that is none."""
    addresses = tuple(address.strip() for address in masters.split(",") if address.strip())
    if not addresses:
        raise ValueError("no master is named: give HOST:PORT[,HOST:PORT]")
    for address in addresses:
        split_address(address)
    return addresses


def split_masters(masters: str) -> tuple[str, ...]:
    """The same, or none where `masters` is a ZooKeeper URL, which knows them. Raises ValueError."""
    if not is_zookeeper_url(masters):
        return split_addresses(masters)
    parse_url(masters)
    return ()
