"""Real ZooKeeper servers on free ports with own folders, ended with the test: one, or an ensemble."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from barter.shell.zookeeper.server import Peer, ServerConfig, command, missing, mode, write
from tests.integration.machine import free_port, until

TICK_MS = 200
# Even with one that is killed.
_DIES_WITH_THE_TEST = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()


class ZooKeeperServer:
    """One server; as a context manager it is started, and killed with its folder removed at the end."""

    def __init__(
        self,
        folder: Path | None = None,
        peer: Peer | None = None,
        peers: tuple[Peer, ...] = (),
        more: dict[str, str] | None = None,
    ) -> None:
        self.folder = folder or Path(tempfile.mkdtemp(prefix="barter-zk-"))
        self.port = peer.client_port if peer else free_port()
        self.id = peer.id if peer else 1
        self.config = ServerConfig(self.folder, self.port, self.id, peers, TICK_MS, more or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server is not started"
        return self._process.pid

    @property
    def mode(self) -> str:
        """`"leader"`, `"follower"`, `"standalone"`, or empty while it serves nobody."""
        return mode(self.port)

    def url(self, path: str = "/barter", credentials: str = "barter:secret") -> str:
        return f"zk://{credentials}@{self.address}{path}" if credentials else f"zk://{self.address}{path}"

    def start(self) -> None:
        """Returns at once; `wait` waits."""
        assert self._process is None, "the server runs"
        write(self.config)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_DIES_WITH_THE_TEST, *command(self.config, durable=False)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self, seconds: float = 40.0) -> None:
        def serving() -> bool:
            assert self._process is not None
            assert self._process.poll() is None, f"ZooKeeper ended:\n{self.log()[-2000:]}"
            return self.mode != ""

        until(serving, seconds)

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def stop(self) -> None:
        """SIGSTOP: it keeps its connections and answers nothing. Returns once each of its threads has stopped."""
        os.kill(self.pid, signal.SIGSTOP)
        until(lambda: all(_is_stopped(thread) for thread in Path(f"/proc/{self.pid}/task").iterdir()))

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """kill -9; its data stays for the next start."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        self.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


def _is_stopped(thread: Path) -> bool:
    return (thread / "stat").read_text().rpartition(")")[2].split()[0] == "T"


class Ensemble:
    """Servers with a quorum among them; `servers[i]` can be killed, stopped and started one by one."""

    def __init__(self, size: int = 3, folder: Path | None = None) -> None:
        self.folder = folder or Path(tempfile.mkdtemp(prefix="barter-zk-"))
        peers = tuple(Peer(number, free_port(), free_port(), free_port()) for number in range(1, size + 1))
        self.servers = [ZooKeeperServer(self.folder / str(peer.id), peer, peers) for peer in peers]

    def url(self, path: str = "/barter", credentials: str = "barter:secret") -> str:
        hosts = ",".join(server.address for server in self.servers)
        return f"zk://{credentials}@{hosts}{path}" if credentials else f"zk://{hosts}{path}"

    def start(self) -> None:
        for server in self.servers:
            server.folder.mkdir(parents=True, exist_ok=True)
            server.start()
        for server in self.servers:
            server.wait()

    @property
    def leader(self) -> ZooKeeperServer:
        """The server that leads the others; waits until one does."""
        return until(lambda: next((each for each in self.servers if each.mode == "leader"), None))

    @property
    def followers(self) -> list[ZooKeeperServer]:
        return [each for each in self.servers if each.mode == "follower"]

    def remove(self) -> None:
        for server in self.servers:
            server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


def require_zookeeper() -> None:
    """Skips where no server can run."""
    if lacking := missing():
        pytest.skip(lacking)
