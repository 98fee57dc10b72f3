"""Sees containers end by their first processes, beside an engine that may be dead or stopped just then."""

import asyncio
import contextlib
import os
import time
from dataclasses import replace

from barter.agent.executor.events import Ended, TaskKey
from barter.agent.runtime.measure import container_cgroups
from barter.agent.runtime.proc import exit_code_of, start_time

# What an engine says of a container that ended while it was dead, where it could not learn more.
FORGOTTEN = 255


class Witness:
    """Only of containers of this machine. Exit codes are seen from Linux 6.15 on, or while nobody has asked."""

    def __init__(self) -> None:
        self._watched: dict[TaskKey, tuple[int, int, int]] = {}
        self._seen: dict[TaskKey, tuple[int | None, int]] = {}

    def watch(self, key: TaskKey, pid: int) -> None:
        """From now on, where it still lives."""
        if not pid or key in self._watched:
            return
        try:
            descriptor = os.pidfd_open(pid)
        except OSError:
            return
        self._watched[key] = pid, start_time(pid, zombies=True), descriptor
        asyncio.get_running_loop().add_reader(descriptor, self._gone, key)

    def corrected(self, event: Ended) -> Ended:
        """With what was seen, where the engine came too late for it; it is not watched any more."""
        self._drop(event.key)
        code, ended_ms = self._seen.pop(event.key, (None, 0))
        if code is not None and event.exit_code == FORGOTTEN:
            event = replace(event, exit_code=code)
        if ended_ms and (event.ended_ms is None or ended_ms < event.ended_ms):
            event = replace(event, ended_ms=ended_ms)
        return event

    def close(self) -> None:
        for key in list(self._watched):
            self._drop(key)

    def _gone(self, key: TaskKey) -> None:
        now = time.time_ns() // 1_000_000
        pid, started, descriptor = self._watched[key]
        code = exit_code_of(pid, started, descriptor)
        self._seen[key] = (128 - code if code is not None and code < 0 else code), now
        self._drop(key)

    def _drop(self, key: TaskKey) -> None:
        if (watched := self._watched.pop(key, None)) is not None:
            asyncio.get_running_loop().remove_reader(watched[2])
            os.close(watched[2])


def first_process(container_id: str) -> int:
    """The one that is the container: number 1 of its own processes; 0 where it is not one of this machine's."""
    for folder in container_cgroups(container_id):
        with contextlib.suppress(OSError), open(f"{folder}/cgroup.procs") as file:
            for line in file:
                if _own_number(int(line)) == 1:
                    return int(line)
    return 0


def _own_number(pid: int) -> int:
    """Its number in the innermost namespace of processes."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith("NSpid:"):
                return int(line.split()[-1])
    return 0
