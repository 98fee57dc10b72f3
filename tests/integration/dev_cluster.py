"""A `barter dev` for tests: started as a user would, ended by Ctrl-C, and looked after for what it left."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

from barter.agent.edge.shell.binary import NoHAProxy, find
from tests.integration.machine import until

FoundT = TypeVar("FoundT")

READY_S, END_S = 60.0, 45.0


@dataclass
class Dev:
    """One `barter dev` process on its own folder; `said` is what it printed once it has ended."""

    data_dir: Path
    process: "subprocess.Popen[str]"
    addresses: dict[str, Any] = field(default_factory=dict)

    def wait_ready(self) -> None:
        self.addresses = until(self._ready, READY_S)

    def _ready(self) -> dict[str, Any] | None:
        assert self.process.poll() is None, self.log()
        return self.now()

    def now(self) -> dict[str, Any] | None:
        """dev.json as it stands, of this process."""
        with contextlib.suppress(OSError):
            told = json.loads((self.data_dir / "dev.json").read_text())
            return dict(told) if told["pid"] == self.process.pid else None
        return None

    def log(self) -> str:
        return (self.data_dir.parent / "dev.out").read_text()

    def barter(self, *words: str, code: int = 0) -> str:
        """Run a verb against this cluster; its output."""
        env = {**os.environ, "BARTER_DEV_DATA_DIR": str(self.data_dir)}
        for name in ("BARTER_MASTER", "BARTER_SERVICE"):
            env.pop(name, None)
        done = subprocess.run(
            [sys.executable, "-m", "barter.tools.cli.main", *words],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.returncode == code, f"{words}: {done.stdout}{done.stderr}\n{self.log()}"
        return done.stdout + done.stderr

    def rows(self, *words: str) -> Any:
        return json.loads(self.barter(*words, "-o", "json"))

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(END_S)

    def leftovers(self) -> list[str]:
        """Processes whose command line, environment or folder names this cluster's folder, and its sockets."""
        place = str(self.data_dir)
        found = [str(path) for path in self.data_dir.rglob("*") if path.is_socket()]
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                words = [*process.cmdline(), process.environ().get("BARTER_SANDBOX", ""), process.cwd()]
                if process.pid != os.getpid() and any(place in word for word in words):
                    found.append(f"{process.pid} {words}")
        return found


def start(data_dir: Path, *words: str) -> Dev:
    command = [sys.executable, "-m", "barter.tools.cli.main", "dev", "--data-dir", str(data_dir), *words]
    with (data_dir.parent / "dev.out").open("a") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, text=True, start_new_session=True
        )
    return Dev(data_dir, process)


@contextlib.contextmanager
def cluster(*words: str) -> Iterator[Dev]:
    """A ready cluster; leaving it ends it by Ctrl-C and fails when anything is left."""
    try:
        find()
    except NoHAProxy as error:
        pytest.skip(str(error))
    # Not below pytest's own folder: a unix socket's path has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="barter-dev-") as home:
        dev = start(Path(home, "d"), *(words if "--runtime" in words else ("--runtime", "process", *words)))
        try:
            dev.wait_ready()
            yield dev
            code = dev.stop() if dev.process.poll() is None else dev.process.returncode
            assert code == 0, dev.log()
            assert dev.leftovers() == []
        finally:
            if dev.process.poll() is None:
                for _ in range(2):
                    dev.process.send_signal(signal.SIGINT)
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        dev.process.wait(END_S)
