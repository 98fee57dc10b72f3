"""Which folders of the machine a container may have: plain absolute paths outside what the machine runs on."""

import os
from pathlib import PurePosixPath

from barter.agent.runtime.base import LaunchFailed
from barter.core.tasks import Volume

# A volume may be none of these, nor lie below one, nor contain one.
PROTECTED = (
    *("/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys"),
    *("/root/.docker", "/root/.ssh", "/usr/bin", "/usr/lib", "/usr/libexec", "/usr/local/bin", "/usr/local/sbin"),
    *("/usr/sbin", "/var/lib/containerd", "/var/lib/docker", "/var/run", "/var/spool"),
)


def bind(volume: Volume, private: tuple[str, ...] = ()) -> str:
    """The engine's `host:container:mode`; `private` are folders protected besides PROTECTED.

    Raises LaunchFailed with the rule that was broken. Links are followed first, so that none leads around it.
    """
    for path in (volume.host_path, volume.container_path):
        if not _plain(path):
            raise LaunchFailed(
                f"volume path {path!r} is refused: it must be absolute, below '/', without '..', '.', '//' or ':'"
            )
    real = PurePosixPath(os.path.realpath(volume.host_path))
    if not _plain(str(real)):
        raise LaunchFailed(
            f"volume {volume.host_path!r} is refused: it leads to {str(real)!r}, which cannot be mounted"
        )
    for name in (*PROTECTED, *private):
        protected = PurePosixPath(name)
        if real.is_relative_to(protected) or protected.is_relative_to(real):
            raise LaunchFailed(
                f"volume {volume.host_path!r} is refused: it would open {name} of the machine to the container; "
                "mount a folder made for the task"
            )
    # What was looked at is mounted: a link that another task turns meanwhile leads nowhere else.
    return f"{real}:{volume.container_path}:{'ro' if volume.read_only else 'rw'}"


def _plain(path: str) -> bool:
    return (
        path.startswith("/")
        and path != "/"
        and ":" not in path
        and "\0" not in path
        and not any(part in ("", ".", "..") for part in path[1:].split("/"))
    )
