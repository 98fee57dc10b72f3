"""The files that are here: kept ones in the order of their use, and what is in use besides."""

from dataclasses import dataclass, field

from barter.agent.executor.events import TaskKey
from barter.agent.fetch.events import Discard, FetchAction, Keep, Kept, Touch
from barter.agent.fetch.plans import Plan
from barter.core.units import format_bytes


@dataclass(slots=True)
class File:
    """`users` are tasks it is being copied to; without `kept` it goes with the last of them."""

    what: Kept
    kept: bool
    users: set[TaskKey] = field(default_factory=set)


class Shelf:
    def __init__(self, limit: int, found: tuple[Kept, ...] = ()) -> None:
        """`found`: kept by an earlier executor, the longest unused first."""
        self._limit = limit
        self._files = {kept.number: File(kept, kept=True) for kept in found}
        self._expected: dict[int, int] = {}

    def find(self, plan: Plan) -> File | None:
        """A kept file of that URI that has the wanted content."""
        for file in reversed(self._files.values()):
            what = file.what
            if file.kept and what.uri == plan.uri and plan.sha256 in ("", what.sha256):
                return file
        return None

    def at(self, number: int) -> File | None:
        return self._files.get(number)

    def use(self, file: File, key: TaskKey) -> list[FetchAction]:
        file.users.add(key)
        self._files[file.what.number] = self._files.pop(file.what.number)
        return [Touch(file.what.number)] if file.kept else []

    def expect(self, number: int, size: int) -> list[FetchAction]:
        """Make room for a file that is to be kept and is on its way."""
        if size > self._limit:
            return []
        self._expected[number] = size
        return self.tidy()

    def arrived(self, what: Kept, *, keep: bool) -> tuple[File, list[FetchAction]]:
        """A whole file; kept only if it is to be and fits."""
        self._expected.pop(what.number, None)
        file = self._files[what.number] = File(what, kept=keep and what.size <= self._limit)
        return file, [Keep(what)] if file.kept else []

    def gave_up(self, number: int) -> None:
        self._expected.pop(number, None)

    def spoilt(self, file: File) -> None:
        """It is not what it was: nobody else gets it."""
        file.kept = False

    def left(self, file: File, key: TaskKey) -> list[FetchAction]:
        """That task has its copy, or wants none any more."""
        file.users.discard(key)
        if not file.kept and not file.users:
            del self._files[file.what.number]
            return [Discard(file.what.number, "nobody needs it any more")]
        return self.tidy()

    def resize(self, limit: int) -> list[FetchAction]:
        self._limit = limit
        return self.tidy()

    def tidy(self) -> list[FetchAction]:
        """Discard the longest unused until the rest is within the limit."""
        kept = [file for file in self._files.values() if file.kept]
        total = sum(file.what.size for file in kept) + sum(self._expected.values())
        discarded: list[FetchAction] = []
        for file in kept:
            if total <= self._limit:
                break
            if not file.users:
                total -= file.what.size
                del self._files[file.what.number]
                why = f"the cache holds at most {format_bytes(self._limit)}, and this was not used for longest"
                discarded.append(Discard(file.what.number, why))
        return discarded
