"""A master, an agent and the service framework as real processes, each to be killed and started again."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import psutil

from tests.integration.machine import free_address, free_port, until

FoundT = TypeVar("FoundT")
PORTS_EACH = 40


def free_block() -> str:
    """A block of ports for tasks, none of them taken now; outside the range the kernel gives to clients."""
    while True:
        low = random.randrange(20_000, 30_000, PORTS_EACH)
        with contextlib.ExitStack() as probes, contextlib.suppress(OSError):
            for port in range(low, low + PORTS_EACH):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return f"{low}-{low + PORTS_EACH - 1}"


class ServiceWorld:
    """`docker_host` is where its agent finds an engine; empty for plain processes only.

    With `public` that agent is public, with an edge at the port `edge`.
    """

    def __init__(self, folder: Path, docker_host: str = "", *, public: bool = False) -> None:
        self.folder, self._docker_host = folder, docker_host
        self.master, self.api = free_address(), free_address()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._agent = (free_address(), free_address())
        self._ports = free_block()
        self.edge, self._public = free_port(), public

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", "barter.tools.cli.main", "start", *self.words_of(name)],
                env={**os.environ, "DOCKER_HOST": self._docker_host}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def words_of(self, name: str) -> list[str]:
        """What `barter start` is to do for it."""
        return [name, *{
            "master": ["--data-dir", str(self.folder / "m"), "--listen", self.master, "--http", free_address()],
            "agent": [*("--master", self.master, "--work-dir", str(self.folder / "a")),
                      *("--runtime", "docker" if self._docker_host else "process"),
                      *("--listen", self._agent[0], "--http", self._agent[1]),
                      *("--resources", f"cpus=4,mem=4GiB,disk=10GiB,ports={self._ports}", "--attributes", "zone=a"),
                      *self._edge_words()],
            "service": self.service_words(),
        }[name]]  # fmt: skip

    def _edge_words(self) -> list[str]:
        return ["--public", "--edge-http", str(self.edge), "--edge-stats", str(free_port())] if self._public else []

    def service_words(self) -> list[str]:
        return ["--master", self.master, "--data-dir", str(self.folder / "s"), "--listen", self.api]

    def pid(self, name: str) -> int:
        return self._processes[name].pid

    def end(self, name: str, number: signal.Signals) -> int:
        self._processes[name].send_signal(number)
        return self.wait(name)

    def wait(self, name: str) -> int:
        """The exit code, once it has ended."""
        return self._processes.pop(name).wait(30)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """The status and the JSON of an API call; status 0 while nothing listens."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.api}{path}", content, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return reply.status, json.loads(reply.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
        except OSError:
            return 0, None

    def serving(self) -> bool:
        return self.call("GET", "/v2/info")[0] == 200

    def app(self, app_id: str = "web") -> dict[str, Any]:
        status, answer = self.call("GET", f"/v2/apps/{app_id}?embed=app.reasons&embed=app.readiness")
        return dict(answer["app"]) if status == 200 else {}

    def settled(self, healthy: int, app_id: str = "web") -> dict[str, Any]:
        """The app once no deployment of it is left and so many of its instances are healthy."""

        def done() -> dict[str, Any] | None:
            app = self.app(app_id)
            return (
                app if app and not app["deployments"] and app["tasksHealthy"] == healthy == len(app["tasks"]) else None
            )

        return until(done) or {}

    def processes_of(self, task_id: str) -> list[psutil.Process]:
        """The processes that run in the task's sandbox."""
        return [process for process, place in self._here() if f"/{task_id}/" in f"{place}/"]

    def left_running(self) -> list[str]:
        return [place for _, place in self._here()]

    def _here(self) -> Iterator[tuple[psutil.Process, str]]:
        sandboxes = str(self.folder / "a" / "sandboxes")
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                place = process.cwd()
                if place.startswith(sandboxes) and process.status() != psutil.STATUS_ZOMBIE:
                    yield process, place

    def stop(self) -> None:
        """The agent leaves for good first, and its tasks with it."""
        if "agent" in self._processes:
            self.end("agent", signal.SIGUSR1)
        for name in list(self._processes):
            self.end(name, signal.SIGTERM)
        until(lambda: not self.left_running())


@contextlib.contextmanager
def listening(world: ServiceWorld) -> Iterator[list[dict[str, Any]]]:
    """What the event stream says meanwhile, from the first moment on."""
    heard: list[dict[str, Any]] = []
    request = urllib.request.Request(f"http://{world.api}/v2/events", headers={"Accept": "text/event-stream"})
    with urllib.request.urlopen(request, timeout=60) as stream:

        def listen() -> None:
            # Its end is the other's, or a closed connection.
            with contextlib.suppress(OSError, ValueError, AttributeError):
                for line in stream:
                    if line.startswith(b"data: "):
                        heard.append(json.loads(line.removeprefix(b"data: ")))

        threading.Thread(target=listen, daemon=True).start()
        until(lambda: heard)
        yield heard
        stream.fp.raw._sock.shutdown(socket.SHUT_RDWR)


def answer_of(task: dict[str, Any]) -> str:
    """What the instance says over HTTP, or empty."""
    try:
        with urllib.request.urlopen(f"http://{task['host']}:{task['ports'][0]}/", timeout=5) as reply:
            return str(reply.read().decode().strip())
    except OSError:
        return ""


@contextlib.contextmanager
def service_world(folder: Path, *names: str, docker_host: str = "", public: bool = False) -> Iterator[ServiceWorld]:
    os.environ["no_proxy"] = "127.0.0.1"
    world = ServiceWorld(folder, docker_host, public=public)
    try:
        for name in names:
            world.start(name)
        until(world.serving)
        yield world
    except BaseException as error:
        for name in ("service", "agent", "master"):
            with contextlib.suppress(OSError):
                error.add_note(f"{name}: {world.log(name)[-2000:]}")
        error.add_note(json.dumps(world.call("GET", "/v2/apps?embed=apps.tasks")[1]))
        raise
    finally:
        world.stop()
