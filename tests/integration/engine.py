"""A Docker Engine for tests: the one DOCKER_HOST names where it answers, else a dockerd of our own, else a skip.

The fixtures `engine` and `busybox` come to every test below tests/ through tests/integration/conftest.py.
"""

import contextlib
import io
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest
from docker.errors import DockerException

BUSYBOX = Path("/usr/bin/busybox")
IMAGE = "barter-test/busybox:1"
_APPLETS = ("sh", "true", "false", "sleep", "echo", "cat", "httpd", "nc", "wget", "env", "kill", "dd", "head", "id")
_START_S, _STOP_S = 40, 15
_bridges = itertools.count()


@dataclass(frozen=True)
class Engine:
    """`host` goes into DOCKER_HOST."""

    host: str

    @contextlib.contextmanager
    def client(self) -> Iterator[docker.APIClient]:
        client = docker.APIClient(base_url=self.host, version="auto", timeout=30)
        try:
            yield client
        finally:
            client.close()


class OwnEngine:
    """A dockerd with its own folders, which can be killed and started again."""

    def __init__(self, folder: Path, *, live_restore: bool = False) -> None:
        self._folder = folder
        self._live_restore = live_restore
        self._bridge = _make_bridge()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        return f"unix://{self._folder}/docker.sock"

    @property
    def pid(self) -> int:
        """Of the one started last."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> str:
        """Start and wait; return why it did not come up, or nothing."""
        folder = self._folder
        (folder / "dockerd.pid").unlink(missing_ok=True)
        command = ["dockerd", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "-H", self.host]
        command += ["--pidfile", f"{folder}/dockerd.pid", "--bridge", self._bridge or "none", "--iptables=false"]
        command += ["--ip-masq=false"] + (["--live-restore"] if self._live_restore else [])
        with (folder / "dockerd.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if answers(self.host):
                return ""
            time.sleep(0.1)
        lines = (folder / "dockerd.log").read_text(errors="replace").splitlines()
        return next((line for line in reversed(lines) if "level=fatal" in line or "failed" in line), "no answer")

    def kill(self) -> None:
        """kill -9, as if it had crashed; its containerd dies with it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_STOP_S)
        # Where process 1 reaps nobody, the dead containerd would pass for a living one.
        (self._folder / "exec" / "containerd" / "containerd.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        """End it with what it made; its folder stays the caller's to remove."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self.kill()
        _end_all_of(self._folder)
        if self._bridge:
            _quietly("ip", "link", "delete", self._bridge)
            self._bridge = ""

    def left_running(self) -> list[str]:
        """What its containers' processes are called, whether it knows of them or not."""
        shims = [each for each in _processes() if _command_line(each).find(f"{self._folder}/exec/".encode()) >= 0]
        found = [_command_line(Path(f"/proc/{pid}")) for shim in shims for pid in _children(shim)]
        return [line.replace(b"\0", b" ").decode() for line in found if line]


def _processes() -> list[Path]:
    return [entry for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _end_all_of(folder: Path) -> None:
    """End what an engine that was killed left running, and take down its mounts."""
    for entry in _processes():
        if _command_line(entry).find(f"{folder}/exec/".encode()) >= 0:
            for pid in (*_children(entry), int(entry.name)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for point in reversed(mounts):
        if point.startswith(f"{folder}/"):
            _quietly("umount", "--lazy", point)


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def _children(process: Path) -> list[int]:
    try:
        return [int(pid) for pid in (process / "task" / process.name / "children").read_text().split()]
    except OSError:
        return []


def _make_bridge() -> str:
    """A bridge of our own for port mappings, or nothing where it is not allowed."""
    number = next(_bridges)
    name = f"bt{os.getpid() % 100_000}-{number}"
    if not _quietly("ip", "link", "add", name, "type", "bridge"):
        return ""
    subnet = 100 + (os.getpid() + number) % 100
    _quietly("ip", "address", "add", f"172.31.{subnet}.1/24", "dev", name)
    _quietly("ip", "link", "set", name, "up")
    return name


def _quietly(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def answers(host: str) -> bool:
    if host.startswith("unix://") and not _connects(host.removeprefix("unix://")):
        return False
    try:
        client = docker.APIClient(base_url=host, version="auto", timeout=5)
    except (DockerException, OSError):
        return False
    client.close()
    return True


def _connects(path: str) -> bool:
    """The docker SDK leaves its socket open where nobody listens, so that is found out before."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


def missing() -> str:
    """Why no engine can be had here, or nothing."""
    if os.geteuid() != 0:
        return "no Docker Engine answers at DOCKER_HOST, and starting one needs root"
    if shutil.which("dockerd") is None:
        return "no Docker Engine answers at DOCKER_HOST, and dockerd is not installed (apt install docker.io)"
    return ""


def import_busybox(host: str) -> str:
    """Make IMAGE from Debian's static busybox by the engine's import; returns its name."""
    with Engine(host).client() as client:
        if not client.images(IMAGE, quiet=True):
            repository, _, tag = IMAGE.partition(":")
            client.import_image_from_data(_busybox_tar(), repository=repository, tag=tag)
    return IMAGE


def _busybox_tar() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for folder in ("bin", "etc", "tmp", "www"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o777
            tar.addfile(entry)
        tar.add(BUSYBOX, "bin/busybox")
        for applet in _APPLETS:
            entry = tarfile.TarInfo(f"bin/{applet}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
    return data.getvalue()


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A Docker Engine that answers; skips with the reason where there is none."""
    configured = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if answers(configured):
        yield Engine(configured)
        return
    if why := missing():
        pytest.skip(why)
    # Not below pytest's own folder: a unix socket's path has at most 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="barter-engine-"))
    own = OwnEngine(folder)
    try:
        if why := own.start():
            pytest.skip(f"dockerd does not start here: {why}")
        yield Engine(own.host)
    finally:
        own.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def busybox(engine: Engine) -> str:
    """The name of an image with busybox's shell and tools."""
    if not BUSYBOX.exists():
        pytest.skip("no static busybox here to make an image of (apt install busybox-static)")
    return import_busybox(engine.host)
