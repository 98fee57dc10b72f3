"""What tests with real processes ask of this machine: free ports, who lives, and waiting that has an end."""

import asyncio
import contextlib
import random
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

FoundT = TypeVar("FoundT")


def free_port() -> int:
    """Not taken now, and outside the range from which the kernel gives ports to clients."""
    while True:
        port = random.randrange(10_000, 20_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def free_address() -> str:
    return f"127.0.0.1:{free_port()}"


def alive(pid: int) -> bool:
    """Whether there is such a process; a zombie is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def until(attempt: Callable[[], FoundT | None], seconds: float = 60.0) -> FoundT:
    """What `attempt` returns once it is something; fails the test at the deadline."""
    deadline = time.monotonic() + seconds
    while not (found := attempt()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain"
        time.sleep(0.02)
    return found


async def eventually(what: Callable[[], FoundT | None], hope: str = "", seconds: float = 20.0) -> FoundT:
    """The same in a loop; for what no message tells."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain: {hope}"
        await asyncio.sleep(0.01)
    return found
