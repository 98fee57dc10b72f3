"""A real master and one real agent, as processes of their own on free loopback ports, for as long as a bench runs."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from barter.core.addresses import split_address
from barter.tools.bench.measure import BenchFailed

START_SECONDS = 30
STOP_SECONDS = 20
STOP_ORDER = ("agent", "other", "service", "master")
RESOURCES = "cpus=128,mem=1024GiB,disk=1024GiB,ports=31000-32000"


class Cluster:
    """`master` and `service` are addresses; `folder` holds every log, until the end."""

    def __init__(self, folder: Path, runtime: str, agent_options: Sequence[str] = ()) -> None:
        self.folder = folder
        self._agent_options = agent_options
        self.master, self.service = free_address(), ""
        self._master_http, self.agent_http = free_address(), free_address()
        self._processes: dict[str, tuple[subprocess.Popen[bytes], signal.Signals]] = {}
        self._runtime = runtime

    def start(self, *, with_service: bool = False) -> None:
        self.start_master()
        if with_service:
            self.start_service()
        self.start_agent()
        self.wait_for_agent()

    def start_service(self) -> None:
        self.service = free_address()
        options = ["--master", self.master, "--data-dir", f"{self.folder}/service", "--listen", self.service]
        self._launch("service", signal.SIGTERM, *options)
        self._wait("service", self.service)

    def start_agent(self, name: str = "agent") -> None:
        """Start it and wait for nothing; on the work dir of the one before of that name, if there was one."""
        options = ["--master", self.master, "--work-dir", f"{self.folder}/{name}", "--listen", free_address()]
        http_address = self.agent_http if name == "agent" else free_address()
        options += ["--hostname", name, "--http", http_address, "--runtime", self._runtime, "--resources", RESOURCES]
        # The floors are spawned without it, too.
        options += ["--max-containers", "10000", "--isolation", "none"]
        options += self._agent_options
        self._launch(name, signal.SIGUSR1, *options)

    def wait_for_agent(self) -> None:
        self._wait("agent", self.agent_http)

    def start_master(self) -> None:
        options = ["--data-dir", f"{self.folder}/master", "--listen", self.master, "--http", self._master_http]
        self._launch("master", signal.SIGTERM, *options)
        self._wait("master", self._master_http)

    def pid(self, name: str) -> int:
        return self._processes[name][0].pid

    def kill(self, name: str) -> None:
        """kill -9, as if it had crashed."""
        process, _ = self._processes.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        """The agent leaves with its tasks, then the others end; what does not in time is killed."""
        for name in (name for name in STOP_ORDER if name in self._processes):
            process, number = self._processes[name]
            if process.poll() is None:
                process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(STOP_SECONDS)
            if process.poll() is None:
                process.kill()
                process.wait()
        for pid in _processes_of(self.folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def executors(self) -> list[int]:
        """The processes of the agent's executor."""
        return [pid for pid in _processes_of(self.folder) if b"barter.agent.executor" in _command_line(pid)]

    def lose(self, name: str) -> None:
        """kill -9 of an agent and of all it started, as if its machine had lost its power."""
        begun = psutil.Process(self.pid(name)).children(recursive=True)
        begun += [psutil.Process(pid) for pid in _processes_of(self.folder / name)]
        self.kill(name)
        for process in {*begun, *(each for one in begun if one.is_running() for each in one.children(recursive=True))}:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def _launch(self, name: str, end: signal.Signals, *options: str) -> None:
        daemon = "agent" if name == "other" else name
        command = [sys.executable, "-m", "barter.tools.cli.main", "start", daemon, *options]
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=clean_env(), start_new_session=True
            )
        self._processes[name] = (process, end)

    def _wait(self, name: str, http_address: str) -> None:
        process, _ = self._processes[name]
        deadline = time.monotonic() + START_SECONDS
        while not is_healthy(http_address):
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchFailed(f"the {name} did not start: {_last_line(self.folder / f'{name}.log')}")
            time.sleep(0.02)


@contextlib.contextmanager
def cluster(runtime: str, *, with_service: bool = False, agent_options: Sequence[str] = ()) -> Iterator[Cluster]:
    """Start, yield, stop, and remove the folder. Raises BenchFailed when a daemon does not start.

    Of an option of the agent that is given twice, that of `agent_options` counts.
    """
    folder = Path(tempfile.mkdtemp(prefix="barter-bench-"))
    made = Cluster(folder, runtime, agent_options)
    try:
        made.start(with_service=with_service)
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def clean_env() -> dict[str, str]:
    """The environment without what would configure a daemon or the command line."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BARTER_")}


def is_healthy(address: str) -> bool:
    connection = http.client.HTTPConnection(*split_address(address), timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _processes_of(folder: Path) -> Iterator[int]:
    """Those whose command line names `folder`."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            pid = int(entry.name)
            if os.fsencode(folder) in _command_line(pid):
                yield pid


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
