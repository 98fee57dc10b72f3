"""Runs the fetcher's workers: processes of their own, one for each download and each placing."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

COMMAND = (sys.executable, "-m", "barter.agent.fetch.shell.worker")
_READ = 1 << 16

Heard = Callable[[dict[str, Any]], None]


class Workers:
    """At most one for each number. They are known by pidfd: whoever reaps this process' children may reap them too."""

    def __init__(self) -> None:
        self._workers: dict[int, _Worker] = {}

    def start(self, number: int, job: dict[str, Any], heard: Heard) -> None:
        """`heard` gets each answer, and `{"failed": None}` of one that ends without. Raises OSError."""
        self._workers[number] = _Worker(job, heard, lambda: self._workers.pop(number, None))

    def stop(self, number: int) -> None:
        """Nothing is heard of it any more."""
        if (worker := self._workers.pop(number, None)) is not None:
            worker.kill()

    def close(self) -> None:
        for number in list(self._workers):
            self.stop(number)


class _Worker:
    def __init__(self, job: dict[str, Any], heard: Heard, over: Callable[[], object]) -> None:
        self._heard, self._over = heard, over
        self._loop = asyncio.get_running_loop()
        self._answered = False
        self._line = b""
        self._child = subprocess.Popen(
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, cwd="/"
        )
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._stdin, self._stdout = self._child.stdin, self._child.stdout
        self._pidfd = os.pidfd_open(self._child.pid)
        with contextlib.suppress(BrokenPipeError):
            # A job is smaller than a pipe, so this does not block.
            os.write(self._stdin.fileno(), json.dumps(job).encode() + b"\n")
        os.set_blocking(self._stdout.fileno(), False)
        self._loop.add_reader(self._stdout.fileno(), self._read)

    def kill(self) -> None:
        """At once, whatever it does."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        self._close()

    def _read(self) -> None:
        data = os.read(self._stdout.fileno(), _READ)
        *lines, self._line = (self._line + data).split(b"\n")
        if not data:
            self._over()
            self._close()
            lines = [] if self._answered else [b'{"failed": null}']
        for line in lines:
            answer = json.loads(line)
            self._answered = self._answered or "sized" not in answer
            self._heard(answer)

    def _close(self) -> None:
        self._loop.remove_reader(self._stdout.fileno())
        self._stdin.close()
        self._stdout.close()
        self._loop.add_reader(self._pidfd, self._reap)

    def _reap(self) -> None:
        self._loop.remove_reader(self._pidfd)
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PIDFD, self._pidfd, os.WEXITED | os.WNOHANG)
        os.close(self._pidfd)
        # It is over, whoever has reaped it.
        self._child.returncode = 0
