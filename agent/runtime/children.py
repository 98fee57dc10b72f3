"""Sees the end of our child processes: SIGCHLD and waitid, no thread and no task per process."""

import asyncio
import os
import signal
from collections.abc import Callable

from barter.agent.executor.events import TaskKey

Ends = list[tuple[TaskKey, int, str]]
_AT_ONCE = 128


class Children:
    def __init__(self, ended: Callable[[Ends], None]) -> None:
        """`ended` gets key, exit code (128 + n after signal n) and the signal's name, many at a time."""
        self._ended = ended
        self._tasks: dict[int, TaskKey] = {}
        self._others: dict[int, asyncio.Future[int]] = {}

    def open(self) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._reap)

    def close(self) -> None:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGCHLD)

    def add(self, pid: int, key: TaskKey) -> None:
        self._tasks[pid] = key

    async def result(self, pid: int, timeout_ms: int) -> tuple[bool, str]:
        """Wait for a child that is no task, and kill its group when the time is over; whether it exited with 0."""
        future = self._others[pid] = asyncio.get_running_loop().create_future()
        try:
            code = await asyncio.wait_for(future, timeout_ms / 1000)
        except (TimeoutError, asyncio.CancelledError) as error:
            if pid in self._others:
                os.killpg(pid, signal.SIGKILL)
            if isinstance(error, asyncio.CancelledError):
                raise
            return False, f"no result within {timeout_ms} ms"
        return code == 0, f"exited with status {code}"

    def _reap(self) -> None:
        ends: Ends = []
        for _ in range(_AT_ONCE):
            if not self._reap_one(ends):
                break
        else:
            asyncio.get_running_loop().call_soon(self._reap)
        if ends:
            self._ended(ends)

    def _reap_one(self, ends: Ends) -> bool:
        """Take one dead child, if there is one; what is left of a task's process group dies with its leader."""
        try:
            dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return False
        if dead is None:
            return False
        pid = dead.si_pid
        if pid in self._tasks:
            # While the leader is a zombie its number cannot name another group.
            os.killpg(pid, signal.SIGKILL)
        try:
            _, status = os.waitpid(pid, 0)
        except ChildProcessError:
            return True
        code = os.waitstatus_to_exitcode(status)
        if (key := self._tasks.pop(pid, None)) is not None:
            ends.append((key, code, "") if code >= 0 else (key, 128 - code, signal_name(-code)))
        elif (future := self._others.pop(pid, None)) is not None and not future.done():
            future.set_result(code)
        return True


def signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
