"""Ending what a cluster left behind: processes, containers, sockets."""

import contextlib
import os
import signal
import stat
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from barter.tools.dev.shell.processes import left, reap, send

GRACE_S = 2.0


def end_processes(mark: str, data_dir: Path, first: signal.Signals) -> list[str]:
    """Signal all with `first`, after a grace with SIGKILL; return a line for each that is still there."""
    found = left(mark, data_dir)
    for number, patience in ((first, GRACE_S), (signal.SIGKILL, GRACE_S)):
        for process in found:
            send(process.pid, number)
        deadline = time.monotonic() + patience
        while found and time.monotonic() < deadline:
            list(reap())
            found = left(mark, data_dir)
            if found:
                time.sleep(0.02)
        if not found:
            return []
    return [_line(process) for process in found]


def end_agents(pids: Sequence[int], mark: str, data_dir: Path, patience_s: float) -> None:
    """Ask agents, of which only the pids were noted, to leave for good, and wait until they did."""
    agents = [process for process in left(mark, data_dir) if process.pid in pids]
    for process in agents:
        send(process.pid, signal.SIGUSR1)
    psutil.wait_procs(agents, timeout=patience_s)


def end_containers(agent_ids: Sequence[str]) -> list[str]:
    """Remove the containers of these agents; return a line for each that could not be removed."""
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=10)
    except DockerException:
        return []
    failed: list[str] = []
    with contextlib.closing(client):
        for agent_id in agent_ids:
            for container in client.containers.list(all=True, filters={"label": f"barter.agent={agent_id}"}):
                try:
                    container.remove(force=True)
                except DockerException as error:
                    failed.append(f"container {container.name}: {error}")
    return failed


def remove_sockets(data_dir: Path) -> None:
    for folder, _, names in os.walk(data_dir):
        for name in names:
            path = Path(folder, name)
            with contextlib.suppress(OSError):
                if stat.S_ISSOCK(path.lstat().st_mode):
                    path.unlink()


def _line(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return f"process {process.pid}: {' '.join(process.cmdline())[:120]}"
    return f"process {process.pid}"
