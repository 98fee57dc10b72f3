"""The folder of downloaded files: NUMBER is whole, NUMBER.json says of what and that it is kept, all else is left over.

Nothing is synced to the disk: what a power cut spoils has another sha256, and is fetched again.
"""

import contextlib
import json
import os
from dataclasses import asdict
from pathlib import Path

from barter.agent.fetch.events import Kept

FOLDER = "fetch-cache"


def part_of(path: Path) -> Path:
    """Where what is to be the file `path` stands until it is whole."""
    return path.with_name(f"{path.name}.part")


class CacheFolder:
    def __init__(self, work_dir: Path) -> None:
        self._folder = work_dir / FOLDER

    def open(self) -> tuple[Kept, ...]:
        """What is kept, the longest unused first; what an executor left that was killed is removed. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found: list[tuple[float, Kept]] = []
        names = {entry.name for entry in os.scandir(self._folder)}
        for name in sorted(names):
            if (kept := self._read(name)) is not None and str(kept.number) in names:
                found.append((self._note(kept.number).stat().st_mtime, kept))
        known = {name for _, kept in found for name in (str(kept.number), f"{kept.number}.json")}
        for name in names - known:
            with contextlib.suppress(OSError):
                (self._folder / name).unlink()
        return tuple(kept for _, kept in sorted(found, key=lambda each: each[0]))

    def path(self, number: int) -> Path:
        return self._folder / str(number)

    def keep(self, kept: Kept) -> None:
        """Raises OSError."""
        fresh = self._folder / f"{kept.number}.new"
        fresh.write_text(json.dumps(asdict(kept)))
        fresh.replace(self._note(kept.number))

    def touch(self, number: int) -> None:
        with contextlib.suppress(OSError):
            os.utime(self._note(number))

    def discard(self, number: int) -> None:
        """Also what a download left that was ended in the midst of it."""
        for path in (self._note(number), self.path(number), part_of(self.path(number))):
            with contextlib.suppress(OSError):
                path.unlink()

    def _note(self, number: int) -> Path:
        return self._folder / f"{number}.json"

    def _read(self, name: str) -> Kept | None:
        """The note of that name, if it is one and its file has the size it says."""
        if not name.endswith(".json"):
            return None
        try:
            kept = Kept(**json.loads((self._folder / name).read_text()))
            size = (self._folder / str(kept.number)).stat().st_size
            return kept if name == f"{kept.number}.json" and size == kept.size else None
        except (OSError, ValueError, TypeError):
            return None
