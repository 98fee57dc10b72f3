"""What an operator allows and limits on an agent, as its executor needs it: one JSON file, written by the agent."""

import json
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

FILE = "settings.json"
_CAPABILITY = re.compile("[A-Z][A-Z0-9_]{1,40}")


@dataclass(frozen=True, slots=True)
class Settings:
    """Each field has a default and is a str, int, bool or a tuple of str, so that older and newer versions read each
    other's.

    `allowed_volumes` are folders below which tasks may mount the machine's folders, `allowed_capabilities` what may be
    added to a container ("NET_ADMIN"), `allowed_devices` the device files that one may have. Below
    `allowed_fetch` file: URIs may be fetched; `fetch_cache` is what fetched files may take that are kept, in bytes.

    `docker_config` is a file of registries' credentials, `registries` one of their mirrors, of which those of the
    agent's `zone` are tried first; empty for none. Images it pulled go when not used for `image_keep_ms`, and the
    longest unused while less than `least_free` percent of the disk are free. `isolation` of process tasks is
    "bubblewrap" or "none"; "auto" is for an agent to decide.
    """

    allowed_volumes: tuple[str, ...] = ()
    allowed_capabilities: tuple[str, ...] = ()
    allowed_devices: tuple[str, ...] = ()
    allowed_fetch: tuple[str, ...] = ()
    fetch_cache: int = 2 << 30
    docker_config: str = ""
    registries: str = ""
    zone: str = ""
    image_keep_ms: int = 7 * 24 * 3_600_000
    least_free: int = 10
    isolation: str = "none"

    def checked(self) -> "Settings":
        """Itself; raises ValueError with the value that can never be right."""
        for name in self.allowed_capabilities:
            if not _CAPABILITY.fullmatch(name):
                raise ValueError(f"capability {name!r} is none: name each as in capabilities(7), as NET_ADMIN")
        for path in self.allowed_devices:
            if not path.startswith("/dev/") or ".." in path.split("/"):
                raise ValueError(f"device {path!r} is refused: name a device file below /dev")
        return self

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Settings":
        """What another version wrote and this one does not know is left out; raises ValueError."""
        said = json.loads(text)
        if not isinstance(said, dict):
            raise ValueError("not a JSON object")
        values: dict[str, Any] = {}
        for each in fields(cls):
            if each.name in said:
                values[each.name] = _typed(each.name, said[each.name], each.default)
        return cls(**values)


def write(work_dir: Path, settings: Settings) -> Path:
    """For the executor of that folder, also one that runs already; raises OSError."""
    path = work_dir / FILE
    fresh = work_dir / f"{FILE}.new"
    fresh.write_text(settings.to_json())
    fresh.replace(path)
    return path


class SettingsFile:
    """The settings as they stand: an agent that starts with others writes the file anew while its executor lives on."""

    def __init__(self, path: Path | None = None) -> None:
        """Without a path nothing is allowed that needs allowing."""
        self._path = path
        self._read: tuple[tuple[int, int], Settings] | None = None

    def current(self) -> Settings:
        """Raises OSError or ValueError: nothing may be assumed of a file that cannot be read."""
        if self._path is None:
            return Settings()
        found = self._path.stat()
        mark = found.st_ino, found.st_mtime_ns
        if self._read is None or self._read[0] != mark:
            self._read = mark, Settings.from_json(self._path.read_text())
        return self._read[1]


def _typed(name: str, value: Any, default: Any) -> Any:
    if isinstance(default, tuple):
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
    elif type(value) is type(default):
        return value
    raise ValueError(f"{name}: {value!r} is no {'list of strings' if isinstance(default, tuple) else type(default)}")
