"""The executor as a process: started by exec, on its own, outliving the agent that started it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from barter.agent.runtime.proc import boot_id, start_time
from barter.agent.runtime.watch import gone
from barter.shell.log import logger

RECORD, LOG, SOCKET = "executor.json", "executor.log", "agent.sock"
LONGEST_SOCKET_PATH = 100
COMMAND = (sys.executable, "-m", "barter.agent.executor")
_log = logger("agent")


@dataclass(frozen=True, slots=True)
class Running:
    """`identity` names this process and no other ever: pid, start time and boot."""

    identity: str
    pid: int
    runtime: str
    socket: str


def identify(pid: int) -> str:
    """Raises ProcessLookupError when no such process lives; a zombie does not."""
    if not (started := start_time(pid)):
        raise ProcessLookupError(f"no process {pid} lives")
    return f"{pid}-{started}-{boot_id()[:8]}"


def socket_path(work_dir: Path, agent_id: str) -> str:
    """WORK_DIR/agent.sock, or where the kernel would not take that (108 bytes) a private folder for temporary files."""
    path = str(work_dir / SOCKET)
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    folder = Path(tempfile.gettempdir()) / f"barter-{agent_id}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o77 or folder.is_symlink():
        raise PermissionError(f"{folder} is not a private folder of this user: remove it, or use a shorter --work-dir")
    return str(folder / SOCKET)


class ExecutorProcess:
    """At most one executor: the one of an earlier agent where it still lives, else one started here."""

    def __init__(self, work_dir: Path, command: tuple[str, ...] = COMMAND) -> None:
        self._work_dir = work_dir
        self.runtime, self.host = "process", "127.0.0.1"
        self._died: Callable[[str], None] = lambda reason: None
        self._command = command
        self._child: subprocess.Popen[bytes] | None = None
        self._watch: asyncio.Task[None] | None = None
        self.running = self._recorded()

    def _recorded(self) -> Running | None:
        try:
            running = Running(**json.loads((self._work_dir / RECORD).read_text()))
            return running if identify(running.pid) == running.identity else None
        except (OSError, ValueError, TypeError):
            return None

    def on_death(self, died: Callable[[str], None]) -> None:
        """Have every death, and every failure to start one, told to `died`."""
        self._died = died

    def resume(self) -> None:
        """Watch the executor that lives already, or say that none does."""
        if self.running is None:
            self._died("none was left by an earlier agent")
        else:
            _log.info("the executor of an earlier start lives on", pid=self.running.pid)
            self._watch = asyncio.create_task(self._wait(self.running.pid))

    def start(self, socket: str) -> None:
        """Start one unless one runs; a failure is told through `died`."""
        if self.running is not None:
            return
        command = [*self._command, "--socket", socket, "--work-dir", str(self._work_dir)]
        command += ["--runtime", self.runtime, "--host", self.host]
        try:
            with open(self._work_dir / LOG, "ab") as log:
                self._child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    cwd=self._work_dir,
                )
            self.running = Running(identify(self._child.pid), self._child.pid, self.runtime, socket)
            self._write_record(self.running)
        except OSError as error:
            self.running = None
            self._died(f"cannot start it: {error}")
            return
        self._watch = asyncio.create_task(self._wait(self.running.pid))

    def _write_record(self, running: Running) -> None:
        fresh = self._work_dir / f"{RECORD}.new"
        fresh.write_text(json.dumps(asdict(running)))
        fresh.replace(self._work_dir / RECORD)

    async def _wait(self, pid: int) -> None:
        await gone(pid)
        code = ""
        if self._child is not None and self._child.pid == pid:
            code = f" with code {self._child.wait()}"
        self._child = self.running = None
        self._died(f"pid {pid} ended{code}, see {self._work_dir / LOG}")

    def kill(self) -> None:
        """End it by force, tasks aside."""
        if self.running is not None:
            os.kill(self.running.pid, signal.SIGKILL)

    async def close(self) -> None:
        """Stop watching; the executor goes on."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        if self._child is not None:
            # It is meant to outlive this object: without this, Popen warns of a child left behind.
            self._child.returncode = 0

    async def ended(self) -> None:
        """Wait until it has ended."""
        if self._watch is not None:
            await asyncio.gather(self._watch, return_exceptions=True)
