"""What Marathon's `container.docker.parameters` ask of an engine: those of `docker run` that a container can have."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from barter.core.container_rules import RLIMITS
from barter.core.tasks import UNLIMITED, Device, Rlimit, Tmpfs, Volume

_SIZE = re.compile(r"([1-9]\d{0,15})([bkmg]?)b?", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
VOLUME_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}")
_CAPABILITY = re.compile(r"[A-Z][A-Z_]{1,40}")
_HINTS = {
    "privileged": "no container gets the rights of the machine: name what it needs with cap-add and device",
    "net": "use networks",
    "network": "use networks",
    "publish": "use container.portMappings",
    "env": "use env",
    "label": "use labels",
    "memory": "use mem",
    "cpu-shares": "use cpus",
    "cpus": "use cpus",
    "name": "agents name containers",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What of a Container and of a Command the parameters say."""

    entrypoint: tuple[str, ...] = ()
    user: str = ""
    rlimits: tuple[Rlimit, ...] = ()
    volumes: tuple[Volume, ...] = ()
    tmpfs: tuple[Tmpfs, ...] = ()
    capabilities: tuple[str, ...] = ()
    devices: tuple[Device, ...] = ()
    log_driver: str = ""
    log_options: Mapping[str, str] = field(default_factory=dict)
    shm_size: int = 0
    init: bool = False


def read(parameters: Iterable[tuple[str, str]]) -> tuple[Options, list[tuple[int, str]]]:
    """The options, and (index, reason) for each parameter that is wrong or not honoured."""
    options, problems = Options(), []
    seen: set[str] = set()
    for index, (key, value) in enumerate(parameters):
        try:
            if key in _ONCE and key in seen:
                raise ValueError("is given twice")
            options = _apply(options, key, value)
            seen.add(key)
        except ValueError as error:
            problems.append((index, f"{key}: {error}"))
    return options, problems


def rlimit(name: str, soft: int, hard: int) -> Rlimit:
    """Raises ValueError."""
    if name not in RLIMITS:
        raise ValueError(f"{name[:40]!r} is none of {', '.join(RLIMITS)}")
    if hard != UNLIMITED and (soft == UNLIMITED or soft > hard):
        raise ValueError(f"{name}: soft is more than hard")
    return Rlimit(name, soft, hard)


def _apply(options: Options, key: str, value: str) -> Options:
    if (one := _ONCE.get(key)) is not None:
        return one(options, value)
    if (more := _SEVERAL.get(key)) is not None:
        return more(options, value)
    advice = _HINTS.get(key, f"those that are: {', '.join(sorted({*_ONCE, *_SEVERAL}))}")
    raise ValueError(f"is not supported: {advice}")


def _entrypoint(options: Options, value: str) -> Options:
    return replace(options, entrypoint=(_some(value),))


def _user(options: Options, value: str) -> Options:
    return replace(options, user=_some(value))


def _log_driver(options: Options, value: str) -> Options:
    return replace(options, log_driver=_some(value))


def _shm_size(options: Options, value: str) -> Options:
    return replace(options, shm_size=_size(value))


def _init(options: Options, value: str) -> Options:
    if value not in ("true", "false"):
        raise ValueError(f"{value[:40]!r} is neither true nor false")
    return replace(options, init=value == "true")


def _ulimit(options: Options, value: str) -> Options:
    name, equals, limits = value.partition("=")
    soft, colon, hard = limits.partition(":")
    if not equals or not _is_limit(soft) or (colon and not _is_limit(hard)):
        raise ValueError(f"{value[:80]!r} is not NAME=SOFT or NAME=SOFT:HARD")
    made = rlimit(name, int(soft), int(hard or soft))
    if name in {each.name for each in options.rlimits}:
        raise ValueError(f"{name} is given twice")
    return replace(options, rlimits=(*options.rlimits, made))


def _volume(options: Options, value: str) -> Options:
    source, *rest = value.split(":")
    if not rest or len(rest) > 2 or not rest[0].startswith("/") or rest[1:] not in ([], ["ro"], ["rw"]):
        raise ValueError(f"{value[:80]!r} is not NAME:/PATH or /HOST/PATH:/PATH, with :ro or :rw")
    path, read_only = rest[0], rest[1:] == ["ro"]
    if source.startswith("/"):
        made = Volume(path, source, read_only)
    elif VOLUME_NAME.fullmatch(source):
        made = Volume(path, "", read_only, source)
    else:
        raise ValueError(f"{source[:80]!r} is neither an absolute path nor a volume's name")
    return replace(options, volumes=(*options.volumes, made))


def _tmpfs(options: Options, value: str) -> Options:
    path, colon, given = value.partition(":")
    size = 0
    if not path.startswith("/"):
        raise ValueError(f"{path[:80]!r} is not an absolute path")
    if colon:
        name, _, amount = given.partition("=")
        if name != "size":
            raise ValueError(f"{given[:80]!r}: only its size can be set, as in /path:size=64m")
        size = _size(amount)
    return replace(options, tmpfs=(*options.tmpfs, Tmpfs(path, size)))


def _capability(options: Options, value: str) -> Options:
    name = value.upper().removeprefix("CAP_")
    if _CAPABILITY.fullmatch(name) is None:
        raise ValueError(f"{value[:40]!r} is not a capability, as NET_ADMIN is")
    return replace(options, capabilities=(*options.capabilities, name))


def _device(options: Options, value: str) -> Options:
    parts = value.split(":")
    if len(parts) > 3 or not all(part.startswith("/") for part in parts[:2]):
        raise ValueError(f"{value[:80]!r} is not /HOST/DEVICE[:/DEVICE[:rwm]]")
    permissions = parts[2] if len(parts) == 3 else "rwm"
    if not permissions or set(permissions) - set("rwm"):
        raise ValueError(f"{permissions[:40]!r} are no permissions out of r, w and m")
    made = Device(parts[0], parts[1] if len(parts) > 1 else "", permissions)
    return replace(options, devices=(*options.devices, made))


def _log_option(options: Options, value: str) -> Options:
    name, equals, given = value.partition("=")
    if not name or not equals:
        raise ValueError(f"{value[:80]!r} is not NAME=VALUE")
    return replace(options, log_options={**options.log_options, name: given})


def _some(value: str) -> str:
    if not value:
        raise ValueError("is empty")
    return value


def _is_limit(text: str) -> bool:
    return text == str(UNLIMITED) or (text.isdecimal() and len(text) <= 18)


def _size(text: str) -> int:
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is not a size, as 64m or 1g is")
    return int(match[1]) * _UNITS[match[2].lower()]


_ONCE: dict[str, Callable[[Options, str], Options]] = {
    "entrypoint": _entrypoint,
    "user": _user,
    "log-driver": _log_driver,
    "shm-size": _shm_size,
    "init": _init,
}
_SEVERAL: dict[str, Callable[[Options, str], Options]] = {
    "ulimit": _ulimit,
    "volume": _volume,
    "tmpfs": _tmpfs,
    "cap-add": _capability,
    "device": _device,
    "log-opt": _log_option,
}
