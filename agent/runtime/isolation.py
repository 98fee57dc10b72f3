"""Process tasks in a bubblewrap of their own: the machine read-only, no other sandbox, volume or process in sight."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from barter.agent.executor.events import Order
from barter.agent.runtime import shared
from barter.agent.runtime.base import LaunchFailed
from barter.agent.runtime.persistent import folder_of
from barter.agent.runtime.users import Identity

AGENT_SOCKET = "BARTER_AGENT_SOCKET"
BUBBLEWRAP, NONE = "bubblewrap", "none"
_TRY_S = 10.0
# What Docker leaves root, but for making device files and raw packets.
_CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID",
    "SYS_CHROOT",
)  # fmt: skip
# Sockets of the machine's services are in /run; how names are resolved is, too, on some.
_PRIVATE = ("/tmp", "/var/tmp", "/run", "/dev/shm")
_ENGINES = ("containerd", "containers", "docker", "kubelet")
_RESOLVERS = ("/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf")


def problem(work_dir: Path) -> str:
    """Why tasks cannot be isolated here, empty where they can: tries it."""
    program = shutil.which("bwrap")
    if program is None:
        return "there is no bwrap: install the package bubblewrap"
    command = [program, *_walls(work_dir), "--", "/bin/true"]
    try:
        tried = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TRY_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bwrap cannot be run: {error}"
    if tried.returncode:
        said = tried.stderr.decode(errors="replace").strip()[:200]
        return f"bwrap fails ({said}): run the agent as root, or allow user namespaces"
    return ""


def chosen(wanted: str, work_dir: Path) -> tuple[str, str]:
    """For --isolation what it comes to here, and a note for operators; raises ValueError where it was asked for."""
    if wanted == NONE:
        return NONE, "Process tasks see each other's sandboxes: the agent runs with --isolation none."
    why = problem(work_dir)
    if not why:
        return BUBBLEWRAP, ""
    if wanted == BUBBLEWRAP:
        raise ValueError(f"--isolation bubblewrap does not work here: {why}, or choose --isolation auto")
    return NONE, f"Process tasks see each other's sandboxes: {why}."


def wrapped(order: Order, work_dir: Path, argv: Sequence[str], owner: Identity | None) -> tuple[str, list[str]]:
    """The program to start instead, and its arguments; raises LaunchFailed."""
    program = shutil.which("bwrap")
    if program is None:
        raise LaunchFailed("bubblewrap is gone from this machine: install it, or start the agent with --isolation none")
    command = [program, *_walls(work_dir)]
    for above in reversed(Path(order.sandbox).parents):
        if above.is_relative_to(work_dir) and above != work_dir:
            # Else only root could go through them.
            command += ["--perms", "0755", "--dir", str(above)]
    for folder in _own_folders(order):
        command += ["--bind", folder, folder]
    for mount in order.task.volumes:
        data = folder_of(work_dir, mount.volume_id)
        command += ["--ro-bind" if mount.read_only else "--bind", data, data]
    for each in order.task.shared:
        data = shared.folder_of(work_dir, order, each)
        for above in Path(data).parents[2::-1]:
            command += ["--perms", "0755", "--dir", str(above)]
        command += ["--bind", data, data]
    command += ["--remount-ro", "/", "--chdir", order.sandbox, "--"]
    if owner is not None:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise LaunchFailed("there is no setpriv to change the user with: install the package util-linux")
        command += [setpriv, f"--reuid={owner.uid}", f"--regid={owner.gid}", "--clear-groups", "--"]
    return program, [*command, *argv]


def _own_folders(order: Order) -> list[str]:
    """A framework's executor has its tasks' sandboxes, too, and the folder where its agent's socket is."""
    if not order.task.is_executor:
        return [order.sandbox]
    socket = order.task.command.env.get(AGENT_SOCKET, "")
    return [str(Path(order.sandbox).parent), *([str(Path(socket).parent)] if socket else [])]


@cache
def _machine() -> tuple[str, ...]:
    """All folders of the machine, read-only, but for those in which mounts come and go: bwrap fails on these."""
    folders = {"/": {"dev", "proc", "run", "tmp"}}
    if any(os.path.isdir(f"/var/lib/{name}") for name in _ENGINES):
        folders = {"/": {*folders["/"], "var"}, "/var": {"lib", "tmp"}, "/var/lib": set(_ENGINES)}
    binds: list[str] = []
    for folder, left_out in folders.items():
        for name in sorted(set(os.listdir(folder)) - left_out):
            path = os.path.join(folder, name)
            if os.path.islink(path):
                binds += ["--symlink", os.readlink(path), path]
            elif os.path.isdir(path):
                # A package that is removed takes its folder along.
                binds += ["--ro-bind-try", path, path]
    return tuple(binds)


def _walls(work_dir: Path) -> list[str]:
    """All that is the same for each task: `work_dir` is empty but for what is added later."""
    walls = [*_machine(), "--dev", "/dev", "--proc", "/proc"]
    for folder in _PRIVATE:
        if os.path.isdir(folder):
            walls += ["--tmpfs", folder]
    for folder in _RESOLVERS:
        walls += ["--ro-bind-try", folder, folder]
    walls += ["--tmpfs", str(work_dir), "--unshare-pid", "--unshare-ipc"]
    if os.geteuid() == 0:
        walls += ["--cap-drop", "ALL"]
        for name in _CAPABILITIES:
            walls += ["--cap-add", f"CAP_{name}"]
    return walls
