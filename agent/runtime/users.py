"""Whose processes a task's are, and within which limits."""

import contextlib
import os
import pwd
import resource
from dataclasses import dataclass

from barter.agent.executor.events import Order
from barter.agent.runtime.base import LaunchFailed
from barter.core.tasks import UNLIMITED, Rlimit

_KINDS = {name.removeprefix("RLIMIT_").lower(): getattr(resource, name) for name in dir(resource) if "RLIMIT_" in name}
_LARGEST = 1 << 62


@dataclass(frozen=True, slots=True)
class Identity:
    uid: int
    gid: int

    def __str__(self) -> str:
        return f"{self.uid}:{self.gid}"


def identity(user: str) -> Identity | None:
    """Of a name or "uid[:gid]"; None where nothing is to be changed. Raises LaunchFailed."""
    if not user:
        return None
    name, separator, group = user.partition(":")
    try:
        known = pwd.getpwuid(_number(name)) if name.isdecimal() else pwd.getpwnam(name)
        uid, gid = known.pw_uid, known.pw_gid
    except (KeyError, ValueError):
        if not name.isdecimal():
            raise LaunchFailed(f"no user {name!r} on this machine: create it, or give a uid[:gid]") from None
        uid = gid = _number(name)
    if separator:
        if not group.isdecimal():
            raise LaunchFailed(f"user {user!r} is neither a name nor uid[:gid] in digits")
        gid = _number(group)
    if os.geteuid() == 0:
        return Identity(uid, gid)
    if (uid, gid) == (os.geteuid(), os.getegid()):
        return None
    own = f"{os.geteuid()}:{os.getegid()}"
    raise LaunchFailed(f"user {user!r} is refused: this agent runs as {own} and starts tasks as itself; run it as root")


def own_sandbox(order: Order, owner: Identity) -> None:
    """Hand the sandbox with all in it to its user, and close it to others; raises LaunchFailed."""
    try:
        for folder, _, files, descriptor in os.fwalk(order.sandbox):
            os.fchown(descriptor, owner.uid, owner.gid)
            for file in files:
                os.chown(file, owner.uid, owner.gid, dir_fd=descriptor, follow_symlinks=False)
            if folder == order.sandbox:
                os.fchmod(descriptor, 0o700)
    except OSError as error:
        raise LaunchFailed(f"the sandbox cannot be given to user {owner}: {error.strerror}") from None


def own_volumes(order: Order, owner: Identity) -> None:
    """The folders of its volumes as well, what is in them aside: earlier tasks may have been others'."""
    for mount in order.task.volumes:
        if not mount.read_only:
            with contextlib.suppress(OSError):
                os.chown(f"{order.sandbox}/{mount.path}", owner.uid, owner.gid)


def limits_of(rlimits: tuple[Rlimit, ...]) -> list[str]:
    """Each as "number:soft:hard"; raises LaunchFailed on what there is not or what the agent itself may not."""
    found: dict[str, str] = {}
    for each in rlimits:
        name = each.name.lower().removeprefix("rlimit_")
        if (kind := _KINDS.get(name)) is None:
            raise LaunchFailed(f"rlimit {each.name!r} is none of {', '.join(sorted(_KINDS))}")
        if name in found:
            raise LaunchFailed(f"rlimit {name} is given twice")
        soft, hard = (_bound(name, value) for value in (each.soft, each.hard))
        if _above(soft, hard):
            raise LaunchFailed(f"rlimit {name}: soft {each.soft} is above hard {each.hard}")
        most = resource.getrlimit(kind)[1]
        if _above(hard, most):
            raise LaunchFailed(
                f"rlimit {name}: hard {each.hard} is above the agent's own {most}; raise that, or ask less"
            )
        found[name] = f"{kind}:{soft}:{hard}"
    return list(found.values())


def _bound(name: str, value: int) -> int:
    if value == UNLIMITED:
        return resource.RLIM_INFINITY
    if not 0 <= value <= _LARGEST:
        raise LaunchFailed(f"rlimit {name}: {value} is neither -1 (unlimited) nor from 0 to {_LARGEST}")
    return value


def _above(value: int, other: int) -> bool:
    if other == resource.RLIM_INFINITY:
        return False
    return value == resource.RLIM_INFINITY or value > other


def _number(text: str) -> int:
    if len(text) > 10 or not int(text) < (1 << 32) - 1:
        raise LaunchFailed(f"{text[:20]!r} is no user or group number")
    return int(text)
