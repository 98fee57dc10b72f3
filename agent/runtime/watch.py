"""Sees the end of processes that are not our children: by pidfd, else by looking now and then."""

import asyncio
import os
from collections.abc import Callable

from barter.agent.runtime.proc import start_time

_LOOK_S = 1.0


class Watch:
    def __init__(self, gone: Callable[[int], None]) -> None:
        """`gone(pid)` is called once for each, in the loop."""
        self._gone = gone
        self._descriptors: dict[int, int] = {}
        self._looked_at: dict[int, int] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, pid: int, started: int) -> None:
        loop = asyncio.get_running_loop()
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            loop.call_soon(self._gone, pid)
            return
        except OSError:
            self._looked_at[pid] = started
            if self._timer is None:
                self._timer = loop.call_later(_LOOK_S, self._look)
            return
        self._descriptors[pid] = descriptor
        loop.add_reader(descriptor, self._ended, pid)

    def close(self) -> None:
        for descriptor in self._descriptors.values():
            asyncio.get_running_loop().remove_reader(descriptor)
            os.close(descriptor)
        self._descriptors.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _ended(self, pid: int) -> None:
        descriptor = self._descriptors.pop(pid)
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)
        self._gone(pid)

    def _look(self) -> None:
        for pid in [pid for pid, started in self._looked_at.items() if start_time(pid) != started]:
            del self._looked_at[pid]
            self._gone(pid)
        self._timer = asyncio.get_running_loop().call_later(_LOOK_S, self._look) if self._looked_at else None


async def gone(pid: int) -> None:
    """Return once the process has ended, a child or not; a child is left to be reaped."""
    if not (started := start_time(pid)):
        return
    ended = asyncio.Event()
    watch = Watch(lambda _: ended.set())
    watch.add(pid, started)
    try:
        await ended.wait()
    finally:
        watch.close()
