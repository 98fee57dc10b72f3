"""The machine of one world: its agent under a supervisor, its processes, engine, disk and clock."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import docker
from docker.errors import APIError

from barter.agent.runtime.limits import Limits
from tests.campaign.record import Record, Window, now_ms
from tests.campaign.tasks import FETCHED, TASK, WORLD
from tests.integration.engine import OwnEngine, import_busybox
from tests.integration.machine import alive

DISK = "48m"
CLOCK = Path(__file__).parent / "clock"
RESTART_S = 0.3
AGENT = """
import sys
from pathlib import Path
from barter.agent.runtime.settings import Settings
from barter.agent.shell.daemon import AgentOptions, run
from barter.core.resources import parse_resources
masters, work_dir, runtime, volumes, isolation = sys.argv[1:]
have = parse_resources("cpus=64,mem=64GiB,ports=31000-32000")
listen = "127.0.0.1:0"
settings = Settings(allowed_volumes=(volumes,), allowed_fetch=(volumes,), isolation=isolation)
sys.exit(run(AgentOptions(masters, Path(work_dir), listen, listen, runtime=runtime, resources=have, settings=settings)))
"""


class Engine:
    """One dockerd with live-restore for all the worlds of a worker, started when first needed."""

    def __init__(self) -> None:
        # Not below any longer path: a unix socket's has at most 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="barter-ce-"))
        self._own = OwnEngine(self.folder, live_restore=True)
        self.up = False
        self.stopped = False
        self.lock = asyncio.Lock()

    @property
    def host(self) -> str:
        return self._own.host

    async def start(self) -> str:
        """Why it did not come up, or nothing."""
        if self.up:
            return ""
        why = await asyncio.to_thread(self._own.start)
        self.up = not why
        if self.up:
            await asyncio.to_thread(import_busybox, self.host)
        return why

    def kill(self) -> None:
        self.up = self.stopped = False
        self._own.kill()

    def signal(self, number: signal.Signals) -> None:
        self.stopped = number is signal.SIGSTOP
        if self.up:
            os.kill(self._own.pid, number)

    def containers(self) -> dict[str, str]:
        """Every container: name and state."""
        client = docker.APIClient(self.host, version="auto", timeout=20)
        try:
            return {each["Names"][0].lstrip("/"): each["State"] for each in client.containers(all=True)}
        finally:
            client.close()

    def remove_all(self) -> None:
        """What a world that failed left."""
        client = docker.APIClient(self.host, version="auto", timeout=20)
        try:
            for each in client.containers(all=True):
                with contextlib.suppress(APIError):
                    client.remove_container(each["Id"], force=True)
        finally:
            client.close()

    def stop(self) -> None:
        if self.stopped:
            self.signal(signal.SIGCONT)
        self._own.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Processes:
    """The processes of a world, found by what they carry in their environment."""

    def __init__(self, world: str) -> None:
        self._mark = f"{WORLD}={world}".encode()

    def _all(self) -> Iterator[tuple[int, str, bytes]]:
        """Pid, the task it is of or nothing, and command line."""
        for name in os.listdir("/proc"):
            if not name.isdecimal():
                continue
            try:
                environment = Path(f"/proc/{name}/environ").read_bytes().split(b"\0")
                if self._mark not in environment or not alive(int(name)):
                    continue
                command = Path(f"/proc/{name}/cmdline").read_bytes()
            except OSError:
                continue
            task = next((each for each in environment if each.startswith(f"{TASK}=".encode())), b"=")
            yield int(name), task.partition(b"=")[2].decode(), command

    def parts(self, kind: bytes = b"") -> list[int]:
        """Those that are no tasks: all, or whose command line has `kind` in it."""
        return [pid for pid, task, command in self._all() if not task and kind in command]

    def executors(self) -> list[int]:
        return self.parts(b"barter.agent.executor")

    def keepers(self) -> list[int]:
        """The parents of process tasks."""
        return self.parts(b"/keeper/boot.py")

    def tasks(self) -> dict[int, str]:
        return {pid: task for pid, task, _ in self._all() if task}

    def everything(self) -> list[int]:
        return [pid for pid, _, _ in self._all()]


class Machine:
    """`down` holds why the agent is not to be started just now; its supervisor starts it whenever nothing does."""

    def __init__(self, world: str, record: Record, engine: Engine | None, *, root: bool, isolated: bool) -> None:
        self.world, self.record, self.engine = world, record, engine
        self.folder = Path(tempfile.mkdtemp(prefix="barter-c-"))
        self.work_dir, self.marks = self.folder / "w", self.folder / "m"
        self.processes = Processes(world)
        self.down: set[str] = set()
        self.leaving = False
        self.exits: list[int] = []
        self._root = root
        self._agent: asyncio.subprocess.Process | None = None
        self._killed = False
        self._fillers: set[str] = set()
        self._supervisor: asyncio.Task[None] | None = None
        for folder in (self.work_dir, self.marks):
            folder.mkdir()
        (self.folder / "clock").write_text("0")
        (self.marks / FETCHED).write_text("fetched\n")
        if root:
            command = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700", "barter-campaign", str(self.work_dir)]
            subprocess.run(command, check=True)
        self.volumes: Path | None = None
        if isolated:
            self.volumes = self.work_dir / "volumes"
            self.volumes.mkdir()
            subprocess.run(["mount", "--bind", str(self.marks), str(self.volumes)], check=True)

    @property
    def agent_pid(self) -> int:
        running = self._agent is not None and self._agent.returncode is None
        return self._agent.pid if running and self._agent is not None else 0

    @property
    def log(self) -> str:
        return (self.folder / "agent.log").read_text(errors="replace")

    @property
    def executor_log(self) -> str:
        logs = sorted(self.work_dir.glob("**/executor*.log"))
        return "".join(path.read_text(errors="replace") for path in logs)

    def start(self, master: str) -> None:
        self._supervisor = asyncio.create_task(self._supervise(master))

    async def _supervise(self, master: str) -> None:
        runtime = "docker" if self.engine is not None else "process"
        command = [sys.executable, "-c", AGENT, master, str(self.work_dir), runtime, str(self.marks)]
        command.append("none" if self.volumes is None else "bubblewrap")
        paths = os.pathsep.join([str(CLOCK), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = {**os.environ, WORLD: self.world, "PYTHONPATH": paths}
        environment["BARTER_CAMPAIGN_CLOCK"] = str(self.folder / "clock")
        if self.engine is not None:
            environment["DOCKER_HOST"] = self.engine.host
        while not self.leaving:
            if self.down:
                await asyncio.sleep(0.01)
                continue
            self._killed = False
            self._agent = await self._start_agent(command, environment)
            self.record.tell(f"agent started, pid {self._agent.pid}")
            began = now_ms()
            code = await self._agent.wait()
            self.exits.append(code)
            self.record.tell(f"agent ended with code {code}")
            full = self.record.during("full disk", began, now_ms(), 1_000)
            if not self._killed and not self.leaving:
                if not full:
                    self.record.problems.append(f"the agent ended by itself with code {code}")
                await asyncio.sleep(RESTART_S)

    async def _start_agent(self, command: list[str], environment: dict[str, str]) -> asyncio.subprocess.Process:
        log = os.open(self.folder / "agent.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC)
        try:
            return await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )
        finally:
            os.close(log)

    def kill_agent(self, number: signal.Signals = signal.SIGKILL) -> None:
        if pid := self.agent_pid:
            self._killed = True
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill_executors(self) -> None:
        self.signal(self.processes.executors(), signal.SIGKILL)

    def signal(self, pids: list[int], number: signal.Signals) -> None:
        """To those of them that live."""
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def fill(self, name: str) -> None:
        """Leave no byte free on the disk of the work dir."""
        self._fillers.add(name)
        with open(self.work_dir / f".full-{name}", "ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * (256 << 10))
        with open(self.work_dir / f".full-{name}", "ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 4096)

    def free(self, name: str) -> None:
        self._fillers.discard(name)
        with contextlib.suppress(FileNotFoundError):
            (self.work_dir / f".full-{name}").unlink()

    def step_clock(self, by_ms: int) -> None:
        off = self.record.clock_offsets[-1] + by_ms
        self.record.clock_offsets.append(off)
        (self.folder / "clock").write_text(str(off))

    def begin(self, what: str) -> Window:
        window = Window(what, now_ms(), 0)
        self.record.windows.append(window)
        return window

    def end(self, window: Window) -> None:
        self.record.windows.remove(window)
        self.record.windows.append(replace(window, to_ms=now_ms()))

    async def leave(self) -> int:
        """Have the agent leave for good; its exit code."""
        self.leaving = True
        if pid := self.agent_pid:
            os.kill(pid, signal.SIGUSR1)
        assert self._agent is not None
        return await asyncio.wait_for(self._agent.wait(), 45)

    async def close(self) -> None:
        """End what is left, by pid, and remove the folders."""
        self.leaving = True
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)
        for _ in range(3):
            for pid in self.processes.everything():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if self._agent is not None:
            await self._agent.wait()
        Limits(self.work_dir).sweep(set())
        if self.volumes is not None:
            unmount = await asyncio.create_subprocess_exec("umount", "--lazy", str(self.volumes))
            await unmount.wait()
        if self._root:
            unmount = await asyncio.create_subprocess_exec("umount", "--lazy", str(self.work_dir))
            await unmount.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
