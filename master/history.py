"""What happened, and why: a bounded ring that operators list and watch, and what of it concerns whom."""

from collections import OrderedDict, deque
from collections.abc import Iterator
from itertools import chain, islice
from typing import NamedTuple

KEPT = 10_000
LONGEST_SUBJECT, LONGEST_REASON = 255, 1_000
RARE_KEPT, STORIES_KEPT, STORY_KEPT = 2_000, 2_000, 30
# What comes and goes without a task being started or ended: kept longer than the noise of tasks and offers.
RARE = ("agent_", "framework_", "role_", "maintenance_", "reserved", "unreserved", "volume_", "removals_")


class Entry(NamedTuple):
    """`subject` is the agent, framework, offer or task it is about."""

    sequence: int
    timestamp_ms: int
    kind: str
    subject: str
    reason: str


class History:
    """`story` is what concerns one thing, however busy all others are; the least recently told one is forgotten."""

    def __init__(self, kept: int = KEPT) -> None:
        self.sequence = 0
        self._ring: deque[Entry] = deque(maxlen=kept)
        self._rare: dict[str, deque[Entry]] = {prefix: deque(maxlen=RARE_KEPT) for prefix in RARE}
        self._stories: OrderedDict[str, deque[Entry]] = OrderedDict()

    def record(self, now: int, kind: str, subject: str, reason: str) -> None:
        """Peers word subjects and reasons too, so both are cut to what is worth keeping."""
        self.sequence += 1
        entry = Entry(self.sequence, now, kind, subject[:LONGEST_SUBJECT], reason[:LONGEST_REASON])
        self._ring.append(entry)
        if kind.startswith(RARE):
            next(kept for prefix, kept in self._rare.items() if kind.startswith(prefix)).append(entry)

    def tell(self, story: str, now: int, kind: str, subject: str, reason: str) -> None:
        """Add to the story only, beside what is recorded of it for all."""
        entries = self._stories.get(story)
        if entries is None:
            entries = self._stories[story] = deque(maxlen=STORY_KEPT)
            if len(self._stories) > STORIES_KEPT:
                self._stories.popitem(last=False)
        else:
            self._stories.move_to_end(story)
        entries.append(Entry(self.sequence, now, kind, subject[:LONGEST_SUBJECT], reason[:LONGEST_REASON]))

    def story(self, name: str) -> tuple[Entry, ...]:
        return tuple(self._stories.get(name, ()))

    def rare(self) -> Iterator[Entry]:
        """Of agents, frameworks, roles, reservations: of each so many, the oldest of a kind first."""
        return chain.from_iterable(self._rare.values())

    def since(self, sequence: int) -> tuple[Entry, ...]:
        """Those kept with a higher sequence, oldest first; costs as many steps as it returns."""
        fresh = min(max(self.sequence - sequence, 0), len(self._ring))
        return tuple(islice(reversed(self._ring), fresh))[::-1]

    def last(self, count: int) -> tuple[Entry, ...]:
        """The last `count`, oldest first; all that are kept where it is 0."""
        return self.since(self.sequence - count if count > 0 else 0)

    def of(self, subject: str) -> Iterator[Entry]:
        return (entry for entry in self._ring if entry.subject == subject[:LONGEST_SUBJECT])
