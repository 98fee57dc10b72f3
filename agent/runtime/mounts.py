"""What is mounted in a container, as the kernel tells it: whether it is the folder that was looked at and allowed.

An engine is given a path, and who can write beside it may put a link in its place before it is mounted.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

_OCTAL = re.compile(r"\\([0-7]{3})")


class Identity(NamedTuple):
    """A folder by its filesystem and its path in that."""

    device: str
    path: str


def identity(real: str, proc: Path = Path("/proc")) -> Identity | None:
    """Of a path without links, as this process sees it; None where the kernel does not say."""
    path, found = PurePosixPath(real), None
    for device, root, point in _mounts(proc, "self"):
        if path.is_relative_to(point):
            # Of those one upon the other the last one counts, as it hides what is below it.
            longer = found is None or len(point.parts) >= len(found[2].parts)
            found = (device, root, point) if longer else found
    if found is None:
        return None
    device, root, point = found
    return Identity(device, str(root / path.relative_to(point)))


def strayed(pid: int, wanted: dict[str, Identity], proc: Path = Path("/proc")) -> list[str]:
    """Which of the `wanted` paths a process has something else of than was looked at; none where it has ended."""
    has = {Identity(device, str(root)) for device, root, _ in _mounts(proc, str(pid))}
    return [path for path, each in wanted.items() if each not in has] if has else []


def _mounts(proc: Path, pid: str) -> Iterator[tuple[str, PurePosixPath, PurePosixPath]]:
    try:
        text = os.fsdecode((proc / pid / "mountinfo").read_bytes())
    except OSError:
        return
    for line in text.splitlines():
        fields = line.split(" ")
        if len(fields) > 4:
            yield fields[2], PurePosixPath(_plain(fields[3])), PurePosixPath(_plain(fields[4]))


def _plain(field: str) -> str:
    """The kernel writes spaces and the like as octal numbers."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), field)
