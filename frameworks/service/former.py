"""Apps that are gone, kept for a while so that a group can go back to a version in which they were there."""

from dataclasses import dataclass

from barter.frameworks.service.paths import key_of
from barter.frameworks.service.state import StoredApp

MOST_FORMER = 250


@dataclass(frozen=True, slots=True)
class Former:
    """`stored` as it was when it was deleted, at the version `gone_at`. Of before `forgotten` others are missing."""

    stored: StoredApp
    gone_at: int
    forgotten: int = 0

    @property
    def key(self) -> str:
        return f"{self.gone_at}-{key_of(self.stored.app_id)}"


class Graveyard:
    """Those that are kept, the earliest first; at most MOST_FORMER."""

    def __init__(self, kept: tuple[Former, ...] = ()) -> None:
        self.kept = {each.key: each for each in sorted(kept, key=lambda each: each.gone_at)}

    def bury(self, stored: StoredApp, gone_at: int) -> tuple[Former, Former | None]:
        """The one that is kept now, and the one that is given up for it."""
        forgotten = max((each.forgotten for each in self.kept.values()), default=0)
        given_up = self.kept.pop(next(iter(self.kept))) if len(self.kept) >= MOST_FORMER else None
        former = Former(stored, gone_at, given_up.gone_at if given_up else forgotten)
        self.kept[former.key] = former
        return former, given_up
