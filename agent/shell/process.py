"""The executor as a process: started by exec, on its own, outliving the agent that started it."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from barter.agent.runtime.identity import Running, identify, recorded
from barter.agent.runtime.settings import FILE as SETTINGS
from barter.agent.runtime.watch import gone
from barter.shell.log import logger

LOG, SOCKET = "executor.log", "agent.sock"
# In a folder of its own, which is all that frameworks' executors see of the work dir beside their sandboxes.
OWN_SOCKET = "own-executors/agent.sock"
LONGEST_SOCKET_PATH = 100
COMMAND = (sys.executable, "-m", "barter.agent.executor")
_log = logger("agent")


def socket_path(work_dir: Path, agent_id: str, name: str = SOCKET) -> str:
    """WORK_DIR/agent.sock, or where the kernel would not take that (108 bytes) in a folder for temporary files.

    That one others can only go through, as executors that run as other users do.
    """
    path = work_dir / name
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        path.parent.mkdir(mode=0o755, exist_ok=True)
        return str(path)
    folder = Path(tempfile.gettempdir()) / f"barter-{agent_id}"
    folder.mkdir(mode=0o711, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o66 or folder.is_symlink():
        raise PermissionError(f"{folder} is not a private folder of this user: remove it, or use a shorter --work-dir")
    # One of an earlier version let nobody through.
    folder.chmod(0o711)
    (folder / name).parent.mkdir(mode=0o755, exist_ok=True)
    return str(folder / name)


class ExecutorProcess:
    """At most one executor: the one of an earlier agent where it still lives, else one started here."""

    def __init__(self, work_dir: Path, command: tuple[str, ...] = COMMAND) -> None:
        self._work_dir = work_dir
        self.runtime, self.host = "process", "127.0.0.1"
        self._died: Callable[[str], None] = lambda reason: None
        self._command = command
        self._child: subprocess.Popen[bytes] | None = None
        self._watches: set[asyncio.Task[None]] = set()
        self.running = recorded(work_dir)

    def on_death(self, died: Callable[[str], None]) -> None:
        """Have every death, and every failure to start one, told to `died`."""
        self._died = died

    def resume(self) -> None:
        """Watch the executor that lives already, or say that none does."""
        if self.running is None:
            self._died("none was left by an earlier agent")
        else:
            self._adopt(self.running)

    def recognize(self, pid: int) -> str:
        """The identity of the process if it is the executor, also one that an agent killed meanwhile started."""
        try:
            identity = identify(pid)
        except ProcessLookupError:
            return ""
        if self.running is not None and self.running.identity == identity:
            return identity
        found = recorded(self._work_dir)
        if found is None or found.identity != identity:
            return ""
        self._adopt(found)
        return identity

    def start(self, socket: str) -> None:
        """Start one unless one runs; a failure is told through `died`."""
        if self.running is None and (found := recorded(self._work_dir)) is not None:
            self._adopt(found)
        if self.running is not None:
            return
        command = [*self._command, "--socket", socket, "--work-dir", str(self._work_dir)]
        command += ["--runtime", self.runtime, "--host", self.host, "--settings", str(self._work_dir / SETTINGS)]
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
        except OSError as error:
            self.running = None
            self._died(f"cannot start it: {error}")
            return
        self._watch_over(self.running.pid)

    def _adopt(self, found: Running) -> None:
        """What was started here meanwhile ends by itself: the other one has the folder."""
        _log.info("the executor of an earlier start lives on", pid=found.pid)
        self.running = found
        self._watch_over(found.pid)

    def _watch_over(self, pid: int) -> None:
        watch = asyncio.create_task(self._wait(pid))
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)

    async def _wait(self, pid: int) -> None:
        await gone(pid)
        code = ""
        if self._child is not None and self._child.pid == pid:
            code = f" with code {self._child.wait()}"
            self._child = None
        if self.running is None or self.running.pid != pid:
            return
        self.running = None
        self._died(f"pid {pid} ended{code}, see {self._work_dir / LOG}")

    def kill(self) -> None:
        """End it by force, tasks aside."""
        if self.running is not None:
            os.kill(self.running.pid, signal.SIGKILL)

    async def close(self) -> None:
        """Stop watching; the executor goes on."""
        watches = list(self._watches)
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)
        if self._child is not None:
            # It is meant to outlive this object: without this, Popen warns of a child left behind.
            self._child.returncode = 0

    async def ended(self) -> None:
        """Wait until it has ended."""
        await asyncio.gather(*self._watches, return_exceptions=True)
