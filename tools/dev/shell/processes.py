"""The processes of a cluster: started with a mark in their environment, found again by it, reaped."""

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

MARK = "BARTER_DEV_MARK"
_SANDBOX = "BARTER_SANDBOX"
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, so that none is out of sight."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def launch(command: Sequence[str], log: Path, mark: str) -> int:
    """Start it in its own session, its output in `log`; return its pid."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, MARK: mark},
            start_new_session=True,
        )
    # Waited for by reap(), as the orphans are.
    child.returncode = 0
    return child.pid


def reap() -> Iterator[tuple[int, str]]:
    """Every child that has ended: its pid and how, `"was killed by SIGKILL"`."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        code = os.waitstatus_to_exitcode(status)
        yield pid, f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def left(mark: str, data_dir: Path) -> list[psutil.Process]:
    """Every process of the cluster but this one: marked, in a sandbox of it, in such a one's session, or below it."""
    environments = {process.pid: _environment(process) for process in psutil.process_iter()}
    sandboxes = f"{data_dir}{os.sep}"
    found = {
        pid
        for pid, environment in environments.items()
        if environment.get(MARK) == mark or environment.get(_SANDBOX, "").startswith(sandboxes)
    }
    sessions = {session for pid in found if (session := _session(pid)) != _session(os.getpid())}
    found |= {pid for pid in environments if _session(pid) in sessions}
    found |= {child.pid for child in psutil.Process().children(recursive=True)}
    processes = (_process(pid) for pid in found - {os.getpid()})
    return [process for process in processes if process is not None]


def _environment(process: psutil.Process) -> Mapping[str, str]:
    try:
        return process.environ()
    except (psutil.Error, OSError):
        return {}


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1


def _process(pid: int) -> psutil.Process | None:
    """The process unless it is gone, or only waits to be reaped."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None
