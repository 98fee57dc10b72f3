"""Which folders of the machine a container may have: below what is allowed, outside what the machine runs on."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import PurePosixPath

from barter.agent.executor.events import Order
from barter.agent.runtime.base import LaunchFailed
from barter.core.container_rules import plain
from barter.core.tasks import Volume

# A volume may be none of these, nor lie below one, nor contain one, unless the operator allows just that.
PROTECTED = (
    *("/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys"),
    *("/root/.docker", "/root/.ssh", "/usr/bin", "/usr/lib", "/usr/libexec", "/usr/local/bin", "/usr/local/sbin"),
    *("/usr/sbin", "/var/lib/containerd", "/var/lib/docker", "/var/run", "/var/spool"),
)


def bind(volume: Volume, allowed: Iterable[str], private: tuple[str, ...] = ()) -> str:
    """The engine's `host:container:mode`, for a folder below one of `allowed`; `private` are folders never opened.

    Raises LaunchFailed with the rule that was broken. Links are followed first, so that none leads around it.
    """
    for path in (volume.host_path, volume.container_path):
        if not plain(path):
            raise LaunchFailed(
                f"volume path {path!r} is refused: it must be absolute, below '/', without '..', '.', '//' or ':'"
            )
    mode = "ro" if volume.read_only else "rw"
    # What was looked at is mounted: a link that another task turns meanwhile leads nowhere else.
    return f"{resolved(volume.host_path, allowed, private)}:{volume.container_path}:{mode}"


def resolved(path: str, allowed: Iterable[str], private: tuple[str, ...] = ()) -> str:
    """Where `path` leads; raises LaunchFailed where that is not for tasks."""
    real = PurePosixPath(os.path.realpath(path))
    if not plain(str(real)):
        raise LaunchFailed(f"volume {path!r} is refused: it leads to {str(real)!r}, which cannot be mounted")
    below = [root for each in allowed if real.is_relative_to(root := PurePosixPath(os.path.realpath(each)))]
    if not below:
        raise LaunchFailed(
            f"volume {path!r} is refused: {str(real)!r} is below no folder that this agent allows; use a named or "
            f"persistent volume, or start the agent with --allow-volume"
        )
    for name in (*PROTECTED, *private):
        protected = PurePosixPath(name)
        meant = name in PROTECTED and any(root.is_relative_to(protected) for root in below)
        if not meant and (real.is_relative_to(protected) or protected.is_relative_to(real)):
            raise LaunchFailed(
                f"volume {path!r} is refused: it would open {name} of the machine to the container; "
                "mount a folder made for the task"
            )
    return str(real)


def give_sandbox(order: Order) -> None:
    """To the user a container runs as, where that is a number: what a name means, only its image knows."""
    user, _, group = order.task.command.user.partition(":")
    if user.isdecimal() and os.geteuid() == 0:
        with contextlib.suppress(OSError):
            os.chown(order.sandbox, int(user), int(group) if group.isdecimal() else -1, follow_symlinks=False)
