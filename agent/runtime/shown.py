"""A container as an engine shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Shown:
    """`state` is the engine's word: created, running, exited, ... A list says nothing of the exit,
    of `pid` and of `began`.

    `began` is whether it ever started, as far as the engine knows; `pid` is 0 where nothing runs; `address` is empty
    where it shares its host's, or is only reached by mapped ports.
    """

    container_id: str
    state: str
    labels: Mapping[str, str]
    exit_code: int | None = None
    out_of_memory: bool = False
    pid: int = 0
    ended_ms: int | None = None
    address: str = ""
    began: bool = True


def inspected(said: Mapping[str, Any]) -> Shown:
    """From the engine's answer to an inspection."""
    state = said["State"]
    return Shown(
        said["Id"],
        state["Status"],
        said["Config"]["Labels"] or {},
        state["ExitCode"],
        state["OOMKilled"],
        state["Pid"],
        milliseconds(state["FinishedAt"]) if state["Status"] in ("exited", "dead") else None,
        address_of(said),
        milliseconds(state["StartedAt"]) is not None,
    )


def milliseconds(stamp: str) -> int | None:
    """Since 1970, of a time as engines write it, with up to nine digits after the second; None for their zero."""
    try:
        second = datetime.fromisoformat(f"{stamp[:19]}+00:00").timestamp()
    except ValueError:
        return None
    digits = stamp[20:23] if stamp[19:20] == "." else ""
    part = "".join(each for each in digits if each.isdecimal()).ljust(3, "0")
    return int(second) * 1000 + int(part) if second > 0 else None


def address_of(said: Mapping[str, Any]) -> str:
    """Its own, in a network of the engine's that is neither its usual bridge nor its host's."""
    networks: Mapping[str, Any] = (said.get("NetworkSettings") or {}).get("Networks") or {}
    for name, network in networks.items():
        if name not in ("bridge", "host", "none"):
            return str(network.get("IPAddress") or network.get("GlobalIPv6Address") or "")
    return ""
