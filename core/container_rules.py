"""What of a task's container could run nowhere, whatever an agent allows: bad names, paths, numbers."""

import re
from collections.abc import Iterable, Iterator

from barter.core.tasks import UNLIMITED, Command, Container, Device, Network, Rlimit, TaskInfo, Volume

RLIMITS = (
    *("core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio"),
    *("rttime", "sigpending", "stack"),
)
# Drivers whose output the engine gives back, so that it comes into the sandbox, and that can be limited.
LOG_DRIVERS = ("json-file", "local")
MOST_LOG_FILES, MOST_LOG_BYTES = 10, 100 << 20
# Where Mesos' containers find their sandbox.
SANDBOX = "/mnt/mesos/sandbox"
LEAST_SHM = 64 << 10
MOST = 64
_LONGEST_PATH = 4096
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,63})?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_CAPABILITY = re.compile(r"[A-Z][A-Z0-9_]{1,40}")
_USUAL_NETWORKS = ("bridge", "host", "none", "default", "container")
_LOG_OPTIONS = ("max-size", "max-file", "compress")
# What an engine fills in itself, in every container.
_ENGINES_OWN = ("/proc", "/sys", "/dev")


def container_problem(task: TaskInfo) -> str:
    """The first thing that is wrong, with its field and what to write instead; empty when nothing is."""
    return next(_problems(task), "")


def plain(path: str) -> bool:
    """An absolute path that means the same to everyone who reads it, and can be part of `from:to`."""
    return (
        path.startswith("/")
        and path != "/"
        and len(path) <= _LONGEST_PATH
        and not any(each in path for each in (":", "\0", "\n"))
        and not any(part in ("", ".", "..") for part in path[1:].split("/"))
    )


def _problems(task: TaskInfo) -> Iterator[str]:
    yield from _command(task.command)
    if (container := task.container) is not None:
        yield from _start(task.command, container)
        yield from _network(container)
        yield from _mounts(task, container)
        yield from _rights(container)
        yield from _logs(container)
        if container.shm_size and container.shm_size < LEAST_SHM:
            yield f"container.shm_size: {container.shm_size} is too small: at least {LEAST_SHM} bytes, or 0"


def _command(command: Command) -> Iterator[str]:
    texts = (command.shell, *command.argv, *command.env.keys(), *command.env.values())
    if any("\0" in text for text in texts):
        yield "command: it contains a NUL character, which no program can be given: leave it out"
    if any(not name or "=" in name for name in command.env):
        yield "command.env: a name is empty or contains '=': name each variable as NAME"
    if command.user and not _USER.fullmatch(command.user):
        yield f"command.user: {command.user[:80]!r} is neither a name nor a number: write user or uid, or uid:gid"
    yield from _rlimits(command.rlimits)


def _rlimits(rlimits: tuple[Rlimit, ...]) -> Iterator[str]:
    for each in rlimits:
        field = f"command.rlimits.{each.name[:40]!r}"
        if each.name not in RLIMITS:
            yield f"{field}: there is no such limit; there are {', '.join(RLIMITS)}"
        if min(each.soft, each.hard) < UNLIMITED:
            yield f"{field}: {min(each.soft, each.hard)} is no limit: at least 0, or {UNLIMITED} for none"
        if each.hard != UNLIMITED and (each.soft == UNLIMITED or each.soft > each.hard):
            yield f"{field}: soft {each.soft} is over hard {each.hard}: make it at most that"
    yield from _twice("command.rlimits", (each.name for each in rlimits))


def _start(command: Command, container: Container) -> Iterator[str]:
    if any("\0" in each for each in container.entrypoint):
        yield "container.entrypoint: it contains a NUL character, which no program can be given: leave it out"
    if container.entrypoint and not container.entrypoint[0]:
        yield "container.entrypoint: its first part is empty: name the program"
    if container.entrypoint and command.shell:
        yield "container.entrypoint: a shell line is run by /bin/sh: use command.argv beside an entrypoint"


def _network(container: Container) -> Iterator[str]:
    name, own = container.network_name, container.network is Network.OWN
    if name and not own:
        yield f"container.network_name: it needs network {Network.OWN}, and the task has {container.network}"
    if own and (not _NAME.fullmatch(name) or name in _USUAL_NETWORKS):
        yield f"container.network_name: {name[:80]!r} is no network with addresses of its own: name one the engine has"
    if own and container.port_mappings:
        yield "container.port_mappings: with an address of its own no port is mapped: leave them out"
    for each in container.port_mappings if container.network is Network.BRIDGE else ():
        if not (0 < each.container_port < 65_536 and 0 < each.host_port < 65_536):
            yield f"container.port_mappings: {each.container_port}:{each.host_port}: ports are 1 to 65535"
        if each.protocol not in ("tcp", "udp", "sctp"):
            yield f"container.port_mappings: protocol {each.protocol[:40]!r} is none of tcp, udp, sctp"


def _mounts(task: TaskInfo, container: Container) -> Iterator[str]:
    for volume in container.volumes:
        yield from _volume(volume)
    for tmpfs in container.tmpfs:
        yield from _place("container.tmpfs.container_path", tmpfs.container_path)
        if tmpfs.size < 0:
            yield f"container.tmpfs.size: {tmpfs.size} is no size: bytes, or 0"
    places = [volume.container_path for volume in container.volumes]
    places += [tmpfs.container_path for tmpfs in container.tmpfs]
    places += [mount.path for mount in task.volumes]
    places += [folder.path for folder in task.shared]
    if SANDBOX in places:
        yield f"container.volumes: {SANDBOX} is the sandbox: choose another container_path"
    yield from _twice("container.volumes", places)


def _volume(volume: Volume) -> Iterator[str]:
    yield from _place("container.volumes.container_path", volume.container_path)
    if bool(volume.name) == bool(volume.host_path):
        yield "container.volumes: give a host_path or the name of a volume, one of the two"
    elif volume.name and not _NAME.fullmatch(volume.name):
        yield f"container.volumes.name: {volume.name[:80]!r} is no name: letters, digits, '_', '.', '-', at most 128"
    elif volume.host_path and not plain(volume.host_path):
        yield f"container.volumes.host_path: {_not_plain(volume.host_path)}"


def _place(field: str, path: str) -> Iterator[str]:
    if not plain(path):
        yield f"{field}: {_not_plain(path)}"
    elif any(path == each or path.startswith(f"{each}/") for each in _ENGINES_OWN) and not path.startswith("/dev/shm"):
        yield f"{field}: {path[:80]!r} is the engine's own: choose another place in the container"


def _not_plain(path: str) -> str:
    return f"{path[:80]!r} is refused: it must be absolute, below '/', without '..', '.', '//' or ':'"


def _rights(container: Container) -> Iterator[str]:
    for name in container.capabilities:
        if not _CAPABILITY.fullmatch(name) or name == "ALL":
            yield f"container.capabilities: {name[:40]!r} is none: name each as in capabilities(7), as NET_ADMIN"
    for device in container.devices:
        yield from _device(device)
    yield from _twice("container.capabilities", container.capabilities)
    yield from _twice("container.devices", (each.container_path or each.host_path for each in container.devices))


def _device(device: Device) -> Iterator[str]:
    for field, path in (("host_path", device.host_path), ("container_path", device.container_path or "/dev/x")):
        if not plain(path) or not path.startswith("/dev/"):
            yield f"container.devices.{field}: {path[:80]!r} is no device: a plain path below /dev"
    if not device.permissions or not set(device.permissions) <= set("rwm"):
        yield f"container.devices.permissions: {device.permissions[:40]!r} is not made of r, w and m"


def _logs(container: Container) -> Iterator[str]:
    if container.log_driver and container.log_driver not in LOG_DRIVERS:
        yield (
            f"container.log_driver: with {container.log_driver[:40]!r} its output could not be read or limited: "
            f"use one of {', '.join(LOG_DRIVERS)}"
        )
    for name, value in container.log_options.items():
        if name not in _LOG_OPTIONS:
            yield f"container.log_options: {name[:40]!r} is none of {', '.join(_LOG_OPTIONS)}"
        elif not _log_value(name, value):
            yield (
                f"container.log_options.{name}: {value[:40]!r} is refused: max-size up to {MOST_LOG_BYTES >> 20}m, "
                f"max-file 1 to {MOST_LOG_FILES}, compress true or false"
            )


def _log_value(name: str, value: str) -> bool:
    if name == "compress":
        return value in ("true", "false")
    if name == "max-file":
        return value.isascii() and value.isdecimal() and 1 <= int(value[:9]) <= MOST_LOG_FILES
    if not re.fullmatch(r"[1-9][0-9]{0,9}[kmg]?", value):
        return False
    return int(value.rstrip("kmg")) * {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}.get(value[-1], 1) <= MOST_LOG_BYTES


def _twice(field: str, names: Iterable[str]) -> Iterator[str]:
    found = list(names)
    if len(found) > MOST:
        yield f"{field}: {len(found)} are too many, at most {MOST}"
    seen: set[str] = set()
    for name in found:
        if name in seen:
            yield f"{field}: {name[:80]!r} is given twice"
        seen.add(name)
