"""The bench's own two processes: the load, and the bare server that is the floor."""

import json
import subprocess
import sys
import threading
from typing import Any, Self

from barter.tools.bench.cluster import clean_env, free_address
from barter.tools.bench.measure import BenchFailed

LONGEST_PHASE_SECONDS = 300
STOP_SECONDS = 10


class _Process:
    def __init__(self, module: str, *arguments: object) -> None:
        command = [sys.executable, "-m", f"barter.tools.bench.master.{module}", *map(str, arguments)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=clean_env(), text=True
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


class BareServer(_Process):
    def __init__(self, heartbeat_ms: int) -> None:
        self.address = free_address()
        super().__init__("bare", self.address, heartbeat_ms)


class LoadProcess(_Process):
    """One phase after the other; a phase that takes too long is broken off, and fails the bench."""

    def __init__(self, master: str, agents: int, tasks: int, agents_per_connection: int) -> None:
        super().__init__("load", master, agents, tasks, agents_per_connection)

    def ready(self) -> None:
        self._answer("be ready")

    def ask(self, phase: str) -> dict[str, Any]:
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(f"{phase}\n")
        stdin.flush()
        return self._answer(phase)

    def _answer(self, phase: str) -> dict[str, Any]:
        stdout = self._process.stdout
        assert stdout is not None
        breaker = threading.Timer(LONGEST_PHASE_SECONDS, self._process.kill)
        breaker.start()
        try:
            line = stdout.readline()
        finally:
            breaker.cancel()
        if not line:
            raise BenchFailed(f"the simulated agents ended when they were to {phase}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise BenchFailed(f"the simulated agents could not {phase}: {answer['error']}")
        return answer
