"""The data of persistent volumes: WORK_DIR/volumes/VOLUME_ID, durable when made, moved aside before it is deleted."""

import contextlib
import os
import secrets
import shutil
from pathlib import Path

from barter.agent.runtime.persistent import FOLDER, folder_of
from barter.core.ids import VolumeId, check_id
from barter.shell.log import logger

REMOVED = ".removed"
_log = logger("agent")


class VolumeFolders:
    def __init__(self, work_dir: Path) -> None:
        """Raises OSError."""
        self._work_dir = work_dir.absolute()
        self._root = self._work_dir / FOLDER
        self._removed = self._root / REMOVED
        self._stuck: set[Path] = set()
        for folder in (self._root, self._removed):
            folder.mkdir(mode=0o755, exist_ok=True)
        _sync(self._work_dir)

    def found(self) -> tuple[VolumeId, ...]:
        """Those whose data is here."""
        return tuple(VolumeId(each.name) for each in sorted(self._root.iterdir()) if _is_one(each))

    def make(self, volume_id: VolumeId) -> None:
        """Make its folder unless it is there; raises OSError, or ValueError on an id that may not name a folder."""
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder_of(self._work_dir, volume_id), 0o755)
            _sync(self._root)

    def delete(self, volume_id: VolumeId) -> str:
        """Once this returns nothing, its data never comes back, whatever ends meanwhile: else why it is still there.

        What it takes on the disk goes with `sweep`.
        """
        aside = self._removed / f"{volume_id}.{secrets.token_hex(4)}"
        try:
            os.rename(folder_of(self._work_dir, volume_id), aside)
            _sync(self._root)
            _sync(self._removed)
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as error:
            return str(error)
        return ""

    def sweep(self) -> None:
        """Remove what was moved aside, in this start or an earlier one, each tried once; may run in a thread."""
        for each in [path for path in self._removed.iterdir() if path not in self._stuck]:
            shutil.rmtree(each, ignore_errors=True)
            if each.exists():
                self._stuck.add(each)
                _log.warning("data of a deleted volume cannot be removed from the disk: do it by hand", path=str(each))


def _is_one(path: Path) -> bool:
    try:
        check_id("volume id", path.name)
    except ValueError:
        return False
    return path.is_dir() and not path.is_symlink()


def _sync(folder: Path) -> None:
    """Have its entries outlive a loss of power."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
