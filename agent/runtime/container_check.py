"""Runs a check's command in a container: its output is dropped, its end is waited for so long and no longer."""

import contextlib
import os
import select
import time
from typing import Any

import docker

from barter.agent.runtime.offspring import kill_with_offspring
from barter.agent.runtime.ran import Ran, exited

_READ_BYTES = 65_536
_LOOK_S = 0.02


def run(client: docker.APIClient, container: str, command: str, timeout_s: float) -> Ran:
    """Raises what the SDK raises."""
    deadline = time.monotonic() + timeout_s
    execution: str = client.exec_create(container, ["/bin/sh", "-c", command])["Id"]
    answer: Any = client.exec_start(execution, socket=True)
    try:
        while _more(answer, deadline):
            pass
    finally:
        answer.close()
    # Its output may end before it does, which is told a moment after it has.
    while (found := client.exec_inspect(execution))["Running"] or found["ExitCode"] is None:
        if time.monotonic() >= deadline:
            _end(int(found["Pid"]), container)
            return Ran(False, f"gave no result within {round(timeout_s * 1000)} ms")
        time.sleep(_LOOK_S)
    return exited(int(found["ExitCode"]))


def _more(answer: Any, deadline: float) -> bool:
    """Drop what there is of its output; False at its end, and once it is over time."""
    left = deadline - time.monotonic()
    if left <= 0:
        return False
    try:
        if hasattr(answer, "settimeout"):
            answer.settimeout(left)
            return bool(answer.recv(_READ_BYTES))
        poll = select.poll()
        poll.register(answer, select.POLLIN)
        readable = poll.poll(left * 1000)
        return bool(readable and os.read(answer.fileno(), _READ_BYTES))
    except TimeoutError:
        return False


def _end(pid: int, container: str) -> None:
    """The engine cannot end what it runs beside a container's own; where it is of this machine, we can."""
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/cgroup") as file:
            ours = container in file.read()
        if pid and ours:
            kill_with_offspring(pid)
