"""A HAProxy master as an operating system process: spawned so that it outlives the agent, watched, found again."""

import contextlib
import os
import signal
from pathlib import Path

import psutil

from barter.agent.runtime.watch import gone

LOG = "haproxy.log"
PID = "haproxy.pid"
MASTER_SOCKET = "master.sock"
_LOG_LIMIT = 1 << 20
_SUMMARIES = ("config : Error(s) found", "config : Fatal errors found")


def spawn(binary: str, work_dir: Path, config: str) -> int:
    """Start a master in its own session, its words going to the log; returns its pid."""
    log = os.open(work_dir / LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    try:
        return os.posix_spawn(
            binary,
            [binary, "-C", str(work_dir), "-W", "-S", f"unix@{MASTER_SOCKET},mode,600", "-p", PID, "-f", config],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, log, 1),
                (os.POSIX_SPAWN_DUP2, log, 2),
            ],
            setsid=True,
            setsigmask=(),
        )
    finally:
        os.close(log)


def find_master(work_dir: Path) -> int | None:
    """The pid of the master that runs on this work dir, whoever started it."""
    try:
        pid = int((work_dir / PID).read_text())
    except (OSError, ValueError):
        return None
    return pid if pid in find_all(work_dir) else None


def find_all(work_dir: Path) -> list[int]:
    """Every HAProxy process, master or worker, on this work dir: they all carry `-C WORK_DIR`."""
    found: list[int] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            line = process.cmdline()
            if "-C" in line and line[line.index("-C") + 1 :][:1] == [str(work_dir)] and "-W" in line:
                found.append(process.pid)
    return found


async def ended(pid: int) -> None:
    """Return once the process has ended, whether it is this one's child or not; a child is reaped."""
    await gone(pid)
    reap(pid)


def reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def end_all(work_dir: Path) -> None:
    """Kill what is left on this work dir, such as workers whose master was killed: they would share its ports."""
    for pid in find_all(work_dir):
        send(pid, signal.SIGKILL)


def log_size(work_dir: Path) -> int:
    try:
        return os.stat(work_dir / LOG).st_size
    except OSError:
        return 0


def trim_log(work_dir: Path) -> None:
    """HAProxy says a line per change of a server: keep that from filling the disk."""
    if log_size(work_dir) > _LOG_LIMIT:
        os.truncate(work_dir / LOG, 0)


def alerts(text: str) -> str:
    """HAProxy's own words on what is wrong: its first ALERT lines, without the process ids, on one line."""
    found = [line.partition(" : ")[2].strip() for line in text.splitlines() if line.startswith("[ALERT]")]
    words = [line.removeprefix("config : ") for line in found if not line.startswith(_SUMMARIES)]
    return "; ".join(list(dict.fromkeys(filter(None, words)))[:3]) or text.strip()[-300:]


def log_since(work_dir: Path, offset: int) -> str:
    try:
        with open(work_dir / LOG, errors="replace") as log:
            log.seek(offset)
            return log.read()
    except OSError:
        return ""
