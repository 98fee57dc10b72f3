"""One cluster a folder, one block of task ports a cluster: claims that end with the process that holds them."""

import contextlib
import errno
import json
import shutil
import socket
from pathlib import Path
from typing import Any

from barter.shell.lock import FolderLock, FolderTaken
from barter.tools.dev.plan import BLOCKS, FIRST_TASK_PORT, HOST, TASK_PORTS, task_ports

LOCK, RUN = "lock", "run.json"
_TCP_LISTEN = "0A"


class Refused(Exception):
    """Why no cluster can be started there, and what to do."""


def lock(data_dir: Path) -> FolderLock:
    """Hold the folder until this process ends; raises Refused when another `barter dev` has it."""
    advice = "use it (barter status), end it with Ctrl-C, or start another with --data-dir DIR"
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return FolderLock(data_dir / LOCK, "`barter dev`", advice)
    except FolderTaken as taken:
        raise Refused(str(taken)) from None
    except OSError as error:
        raise Refused(f"cannot use {data_dir}: {error.strerror}; name another folder with --data-dir DIR") from None


def empty(data_dir: Path) -> None:
    """Remove all but the lock; raises Refused."""
    for path in data_dir.iterdir():
        if path.name == LOCK:
            continue
        try:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        except OSError as error:
            raise Refused(f"cannot empty {data_dir}: {error}; remove it yourself, or use --data-dir DIR") from None


def task_port_block() -> tuple[int, socket.socket]:
    """The first block of task ports that nobody here uses, and the (abstract) socket that holds it."""
    used = _listening()
    for block in range(BLOCKS):
        if not used.isdisjoint(task_ports(block)):
            continue
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            holder.bind(f"\0barter-dev-task-ports-{block}")
        except OSError as error:
            holder.close()
            if error.errno != errno.EADDRINUSE:
                raise
            continue
        return block, holder
    raise Refused(
        f"each of the {BLOCKS} blocks of task ports below {FIRST_TASK_PORT + TASK_PORTS} is used by another cluster "
        "or program: end one of them (ss -ltnp shows who listens)"
    )


def _listening() -> set[int]:
    """The TCP ports that anyone on this machine chose to listen on, not those the system handed out."""
    found: set[int] = set()
    handed_out = range(*map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()))
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
            found.update(int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == _TCP_LISTEN)
    return found.difference(handed_out)


def is_free(port: int) -> bool:
    """Whether a daemon could listen on it now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def note_run(data_dir: Path, run: dict[str, Any]) -> None:
    """Keep what the next start needs to clean up after a `barter dev` that was killed."""
    draft = data_dir / f"{RUN}.new"
    draft.write_text(json.dumps(run))
    draft.replace(data_dir / RUN)


def last_run(data_dir: Path) -> dict[str, Any]:
    """What a `barter dev` that could not clean up noted; empty where all was well."""
    try:
        run = json.loads((data_dir / RUN).read_text())
    except (OSError, ValueError):
        return {}
    return run if isinstance(run, dict) else {}


def forget_run(data_dir: Path) -> None:
    (data_dir / RUN).unlink(missing_ok=True)
