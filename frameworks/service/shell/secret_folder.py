"""The secrets of apps as files below one folder, which nobody but its owner and group may enter."""

import os
import stat
from pathlib import Path

from barter.frameworks.service.secrets import SecretMissing

LONGEST = 64 << 10


class UnfitFolder(Exception):
    """Why a folder is none for secrets, and what to do."""


class SecretFolder:
    """A source is the path of a file below `folder`; one newline at the file's end is not part of the secret.

    Raises UnfitFolder where there is no such folder, or where everybody may enter it.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise UnfitFolder(f"--secrets-dir {folder} is not a folder: make it with mkdir -m 700")
        if stat.S_IMODE(folder.stat().st_mode) & stat.S_IRWXO:
            raise UnfitFolder(f"--secrets-dir {folder} is open to everybody on this machine: chmod o-rwx it")
        self._folder = folder.resolve()

    def read(self, source: str) -> str:
        """Raises SecretMissing with the reason, which names the source and never a value."""
        if any(part in ("", ".", "..") for part in source.split("/")) or "\0" in source:
            raise SecretMissing(f"secret {source[:200]!r} is no plain path below the folder of secrets")
        try:
            path = (self._folder / source).resolve()
            if not path.is_relative_to(self._folder):
                raise SecretMissing(f"secret {source[:200]!r} leads out of the folder of secrets")
            return _text(path)
        except RuntimeError:
            raise SecretMissing(f"secret {source[:200]!r} is a link that leads to itself") from None
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else "it cannot be read"
            raise SecretMissing(f"secret {source[:200]!r} is not in the folder of secrets: {why}") from None
        except ValueError as error:
            raise SecretMissing(f"secret {source[:200]!r} {error}") from None


def _text(path: Path) -> str:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("is not a file")
        data = file.read(LONGEST + 1)
    if len(data) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} bytes")
    if b"\0" in data:
        raise ValueError("holds a NUL, which no variable can")
    try:
        return data.removesuffix(b"\n").decode()
    except UnicodeDecodeError:
        raise ValueError("is not text in UTF-8") from None
