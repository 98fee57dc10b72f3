"""Masters elected by a real ZooKeeper, each a process: who leads, and how it is ended."""

import contextlib
import http.client
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from barter.core.addresses import split_address
from barter.shell.zookeeper.server import Peer, ServerConfig, command, missing, mode, write
from barter.tools.bench.cluster import clean_env, free_address
from barter.tools.bench.measure import BenchFailed

MASTERS, TICK_MS = 3, 200
CREDENTIALS = "bench:bench"
START_SECONDS, STOP_SECONDS, POLL_SECONDS = 60, 20, 0.02


class Ensemble:
    """So many ZooKeeper servers with folders of their own, ended with the bench."""

    def __init__(self, folder: Path, servers: int) -> None:
        self._folder = folder
        ports = [[split_address(free_address())[1] for _ in range(3)] for _ in range(servers)]
        peers = tuple(Peer(number, *three) for number, three in enumerate(ports, 1))
        own = peers if servers > 1 else ()
        self._configs = [
            ServerConfig(folder / f"zookeeper-{peer.id}", peer.client_port, peer.id, own, TICK_MS) for peer in peers
        ]
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def hosts(self) -> str:
        return ",".join(f"127.0.0.1:{config.client_port}" for config in self._configs)

    def start(self) -> None:
        """Raises BenchFailed."""
        if why := missing():
            raise BenchFailed(why)
        for config in self._configs:
            write(config)
            self._processes.append(_launch(command(config), self._folder / f"zookeeper-{config.id}.log"))
        deadline = time.monotonic() + START_SECONDS
        while not all(mode(config.client_port) for config in self._configs):
            if time.monotonic() > deadline:
                raise BenchFailed("ZooKeeper does not serve")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


@dataclass(frozen=True, slots=True)
class Used:
    """Seconds of processor time, and bytes of memory."""

    cpu: float
    resident: int


class Masters:
    """`addresses` is what those take who look for the leader. `session_seconds` is that of ZooKeeper."""

    def __init__(self, folder: Path, hosts: str, session_seconds: int) -> None:
        self.session_seconds = session_seconds
        self._folder = folder
        self._url = f"zk://{hosts}/barter"
        self._auth = folder / "credentials"
        self._auth.touch(0o600)
        self._auth.write_text(f"{CREDENTIALS}\n")
        self._grpc = [free_address() for _ in range(MASTERS)]
        self._http = [free_address() for _ in range(MASTERS)]
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def addresses(self) -> str:
        return ",".join(self._grpc)

    @property
    def url(self) -> str:
        return self._url

    @property
    def auth(self) -> Path:
        return self._auth

    def start(self) -> None:
        """Those that do not run; returns when all say that they are there and one leads. Raises BenchFailed."""
        for number in range(MASTERS):
            if number not in self._processes:
                self._start(number)
        deadline = time.monotonic() + START_SECONDS
        while not all(map(self._health, self._processes)) or not self._leaders():
            if time.monotonic() > deadline:
                raise BenchFailed("no master leads")
            time.sleep(POLL_SECONDS)

    def leader_pid(self) -> int:
        return self._processes[self._leader()].pid

    def processes(self) -> dict[int, Used]:
        """What each master uses, by its pid."""
        return {process.pid: _used(process.pid) for process in self._processes.values()}

    def end_leader(self, number: signal.Signals) -> float:
        """When (time.monotonic) the signal was sent. Returns once it has ended."""
        leader = self._leader()
        process = self._processes[leader]
        sent = time.monotonic()
        process.send_signal(number)
        process.wait()
        del self._processes[leader]
        return sent

    def stop(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()

    def _start(self, number: int) -> None:
        options = ["--zk", self._url, "--zk-auth", str(self._auth), "--zk-session-timeout", f"{self.session_seconds}s"]
        options += ["--listen", self._grpc[number], "--http", self._http[number]]
        words = [sys.executable, "-m", "barter.tools.cli.main", "start", "master", *options]
        self._processes[number] = _launch(words, self._folder / f"master-{number}.log")

    def _leader(self) -> int:
        """Raises BenchFailed."""
        deadline = time.monotonic() + START_SECONDS
        while not (found := self._leaders()):
            if time.monotonic() > deadline:
                raise BenchFailed("no master leads")
            time.sleep(POLL_SECONDS)
        return found[0]

    def _leaders(self) -> list[int]:
        return [number for number in self._processes if self._health(number).get("leading") is True]

    def _health(self, number: int) -> dict[str, object]:
        connection = http.client.HTTPConnection(*split_address(self._http[number]), timeout=5)
        try:
            connection.request("GET", "/health")
            answer = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError):
            return {}
        finally:
            connection.close()
        return answer if isinstance(answer, dict) else {}


@contextlib.contextmanager
def masters(servers: int, session_seconds: int) -> Iterator[Masters]:
    """Three of them, and so many servers of ZooKeeper; ended and removed at the end. Raises BenchFailed."""
    folder = Path(tempfile.mkdtemp(prefix="barter-bench-"))
    ensemble = Ensemble(folder, servers)
    made = Masters(folder, ensemble.hosts, session_seconds)
    try:
        ensemble.start()
        made.start()
        yield made
    finally:
        made.stop()
        ensemble.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _launch(words: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=clean_env(), start_new_session=True
        )


def _used(pid: int) -> Used:
    process = psutil.Process(pid)
    times = process.cpu_times()
    return Used(times.user + times.system, process.memory_info().rss)
