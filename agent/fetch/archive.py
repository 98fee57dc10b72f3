"""What of an archive may go into a sandbox, member by member: nothing outside, nothing special, not too much."""

from dataclasses import dataclass
from enum import StrEnum

from barter.agent.fetch.plans import is_log
from barter.core.beneath import parts_below
from barter.core.units import format_bytes

MOST_MEMBERS = 100_000
RATIO, FREE_BYTES = 200, 64 << 20
"""Unpacked it may be so many times as large, and so large in any case."""


class Unsafe(Exception):
    """The archive, or one member of it, is refused."""


class Kind(StrEnum):
    FILE = "file"
    FOLDER = "folder"
    LINK = "symbolic link"
    HARD_LINK = "hard link"
    OTHER = "special file"


@dataclass(frozen=True, slots=True)
class Member:
    """As the archive says; `target` of links."""

    name: str
    kind: Kind
    size: int = 0
    mode: int = 0o644
    target: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """`parts` and `source`, what a hard link is another name of, are below the folder it is unpacked to."""

    parts: tuple[str, ...]
    kind: Kind
    mode: int
    target: str = ""
    source: tuple[str, ...] = ()


class Admission:
    """Judges the members of one archive of `packed` bytes, in order; it may come to `limit` bytes at most."""

    def __init__(self, packed: int, limit: int, *, in_sandbox_root: bool = True) -> None:
        self._most = min(limit, max(packed * RATIO, FREE_BYTES))
        self._why = (
            f"{RATIO} times its size, as only a bomb does" if self._most < limit else "the disk its task asked for"
        )
        self._beside_logs = in_sandbox_root
        self._members = 0
        self._links: set[tuple[str, ...]] = set()
        self._files: set[tuple[str, ...]] = set()
        self.written = 0

    def admit(self, member: Member) -> Place | None:
        """Where it goes, None where there is nothing to do; raises Unsafe."""
        self._members += 1
        if self._members > MOST_MEMBERS:
            raise Unsafe(f"it has more than {MOST_MEMBERS} members")
        try:
            parts = parts_below(member.name)
        except ValueError as error:
            raise Unsafe(str(error)) from None
        shown = repr(member.name[:200])
        if member.kind is Kind.OTHER:
            raise Unsafe(f"{shown} is a device, pipe or socket")
        if not parts:
            if member.kind is Kind.FOLDER:
                return None
            raise Unsafe(f"{shown} is no name for a {member.kind}")
        if self._beside_logs and is_log(parts):
            raise Unsafe(f"{shown} is where the task's output goes")
        if any(parts[:depth] in self._links for depth in range(1, len(parts))):
            raise Unsafe(f"{shown} goes through a symbolic link of the same archive")
        if member.size < 0 or self.written + member.size > self._most:
            self._too_large()
        return self._placed(member, parts, shown)

    def wrote(self, count: int) -> None:
        """So many bytes were really written, whatever the archive had said; raises Unsafe."""
        self.written += count
        if self.written > self._most:
            self._too_large()

    def _placed(self, member: Member, parts: tuple[str, ...], shown: str) -> Place:
        self._links.discard(parts)
        match member.kind:
            case Kind.LINK:
                _check_target(parts, member.target, shown)
                self._links.add(parts)
                return Place(parts, member.kind, 0o777, target=member.target)
            case Kind.HARD_LINK:
                return Place(parts, member.kind, 0o644, source=self._source(member, shown))
            case Kind.FOLDER:
                return Place(parts, member.kind, 0o755)
        self._files.add(parts)
        return Place(parts, member.kind, 0o755 if member.mode & 0o100 else 0o644)

    def _source(self, member: Member, shown: str) -> tuple[str, ...]:
        try:
            source = parts_below(member.target)
        except ValueError as error:
            raise Unsafe(f"{shown} is a hard link, and {error}") from None
        if source not in self._files:
            raise Unsafe(
                f"{shown} is a hard link to {member.target[:200]!r}, which is no file before it in the archive"
            )
        return source

    def _too_large(self) -> None:
        raise Unsafe(f"unpacked it is larger than {format_bytes(self._most)}: {self._why}")


def _check_target(parts: tuple[str, ...], target: str, shown: str) -> None:
    """Only as many `..` as there are folders above the link, and only in front.

    Behind a name one could go up from wherever another link leads.
    """
    names = [name for name in target.split("/") if name not in ("", ".")]
    ups = next((at for at, name in enumerate(names) if name != ".."), len(names))
    if not target or target.startswith("/") or "\0" in target or ups >= len(parts) or ".." in names[ups:]:
        raise Unsafe(f"{shown} is a link that leads out of it, to {target[:200]!r}")
