"""The bench's own processes: the load, and the bare server that is the floor."""

import json
import signal
import subprocess
import sys
import threading
import time
from typing import Any, Self

from barter.tools.bench.cluster import clean_env, free_address
from barter.tools.bench.measure import BenchFailed

LONGEST_PHASE_SECONDS = 300
STOP_SECONDS = 10


class OwnProcess:
    """A process that runs one of the bench's own modules, for as long as it is entered."""

    def __init__(self, module: str, *arguments: object, quiet: bool = False) -> None:
        """Not `quiet`: what it writes to stderr is seen."""
        errors = subprocess.DEVNULL if quiet else None
        self._module = module
        command = [sys.executable, "-m", f"barter.tools.bench.{module}", *map(str, arguments)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=clean_env(), text=True
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process as process:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()

    def answer(self, phase: str) -> dict[str, Any]:
        """The next line it says; raises BenchFailed where it could not do the `phase`."""
        stdout = self._process.stdout
        assert stdout is not None
        breaker = threading.Timer(LONGEST_PHASE_SECONDS, self._process.kill)
        breaker.start()
        try:
            line = stdout.readline()
        finally:
            breaker.cancel()
        if not line:
            raise BenchFailed(f"{self._module} ended when it was to {phase}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise BenchFailed(f"{self._module} could not {phase}: {answer['error']}")
        return answer

    def end(self, number: signal.Signals) -> float:
        """When (time.monotonic) it was sent the signal."""
        sent = time.monotonic()
        self._process.send_signal(number)
        return sent


class BareServer(OwnProcess):
    def __init__(self, heartbeat_ms: int) -> None:
        self.address = free_address()
        super().__init__("master.bare", self.address, heartbeat_ms)


class LoadProcess(OwnProcess):
    """One phase after the other; a phase that takes too long is broken off, and fails the bench."""

    def __init__(
        self, masters: str, agents: int, tasks: int, agents_per_connection: int, module: str = "master.load"
    ) -> None:
        super().__init__(module, masters, agents, tasks, agents_per_connection)

    def ready(self) -> None:
        self.answer("be ready")

    def ask(self, phase: str) -> dict[str, Any]:
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(f"{phase}\n")
        stdin.flush()
        return self.answer(phase)
