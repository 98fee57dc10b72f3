"""Candidates and leaders as znodes: JSON that other versions may add to, names with the token in them."""

import json
import re
from collections.abc import Mapping
from typing import cast

from barter.core.candidacy import Candidate, Leader

_NAME = re.compile(r"c-(?P<token>[^/]+)-\d{10}")
_ADDRESS = re.compile(r"(https?://)?[A-Za-z0-9._:\[\]-]{1,300}")
"""What callers are sent to: nothing that ends a header's line, or that a browser would run."""
MOST_BYTES = 10_000
LARGEST_EPOCH = (1 << 63) - 1


class Unreadable(ValueError):
    """A node holds what this version cannot read; the text names it, and what to do."""


def candidate_name(token: str) -> str:
    """What ZooKeeper adds the digits to."""
    return f"c-{token}-"


def process_of(name: str) -> str:
    """The token of the process that made a candidate's node, in whichever of its sessions; empty for what is none."""
    found = _NAME.fullmatch(name)
    return found["token"].rpartition(".")[0] if found else ""


def candidate_bytes(token: str, addresses: Mapping[str, str]) -> bytes:
    return _bytes({"token": token, "addresses": dict(addresses)})


def candidate_of(path: str, data: bytes) -> Candidate:
    """Raises Unreadable."""
    name = path.rpartition("/")[2]
    found = _NAME.fullmatch(name)
    if found is None:
        raise _unreadable(path, "its name is none of a candidate")
    told = _object(path, data)
    if (token := told.get("token")) != found["token"]:
        raise _unreadable(path, f"its token is {str(token)[:100]!r}")
    return Candidate(name, found["token"], _addresses(path, told))


def leader_bytes(epoch: int, token: str, addresses: Mapping[str, str]) -> bytes:
    return _bytes({"epoch": epoch, "token": token, "addresses": dict(addresses)})


def leader_of(path: str, data: bytes, version: int) -> Leader:
    """Raises Unreadable."""
    told = _object(path, data)
    epoch, token = told.get("epoch"), told.get("token")
    if type(epoch) is not int or not 0 <= epoch < LARGEST_EPOCH:
        raise _unreadable(path, f"its epoch is {str(epoch)[:100]!r}")
    if not isinstance(token, str):
        raise _unreadable(path, "it has no token")
    return Leader(epoch, token, version, _addresses(path, told))


def _addresses(path: str, told: Mapping[str, object]) -> Mapping[str, str]:
    found = told.get("addresses")
    if not isinstance(found, dict):
        raise _unreadable(path, "it has no addresses")
    pairs = cast(dict[str, object], found)
    if not all(isinstance(address, str) and _ADDRESS.fullmatch(address) for address in pairs.values()):
        raise _unreadable(path, "an address is none")
    return {name: str(address) for name, address in pairs.items()}


def _object(path: str, data: bytes) -> Mapping[str, object]:
    if len(data) > MOST_BYTES:
        raise _unreadable(path, f"it holds {len(data)} bytes")
    try:
        told: object = json.loads(data)
    except (ValueError, RecursionError):
        raise _unreadable(path, f"it holds {_shown(data)}") from None
    if not isinstance(told, dict):
        raise _unreadable(path, f"it holds {_shown(data)}")
    return cast(dict[str, object], told)


def _unreadable(path: str, why: str) -> Unreadable:
    return Unreadable(
        f"{path} in ZooKeeper is not as this version writes it: {why}. Another program, or a version to come, has "
        "written it; nothing was changed. Use that version, another path in --zk, or look at the node and remove it"
    )


def _shown(data: bytes) -> str:
    if not data:
        return "nothing"
    shown = repr(data[:60])[1:]
    return shown if len(data) <= 60 else f"{shown}..."


def _bytes(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
