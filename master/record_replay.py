"""What was recorded against what today's code does of the same: batch by batch, from a snapshot on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from barter.core.batch import Batch
from barter.master.actions import Action, HistoryGrew
from barter.master.events import Event
from barter.master.history import Entry as HistoryEntry
from barter.master.machine import Master
from barter.master.record_json import Unreadable
from barter.master.record_log import BatchRecord, Entry, Gap, Header
from barter.master.record_text import action_lines
from barter.master.snapshot import restore
from barter.master.snapshot_records import Snapshot

SAME, RECORDED, TODAY = " ", "-", "+"
HISTORY_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """`lines` are pairs of SAME, RECORDED or TODAY and a line of text; `history` is today's, with its reasons.

    `decides` is false where nothing but the wording of reasons differs. `failure` is what today's code raised.
    """

    now_ms: int
    events: tuple[Event, ...]
    lines: tuple[tuple[str, str], ...]
    history: tuple[HistoryEntry, ...]
    decides: bool = True
    failure: str = ""


@dataclass(slots=True)
class Count:
    """Of batches: decided as recorded, otherwise, as recorded with other words for the reasons, and passed over."""

    alike: int = 0
    different: int = 0
    reworded: int = 0
    passed_over: int = 0
    events: int = 0
    snapshots: int = 0


class Replay:
    """Give it the entries of files in turn; it answers with a difference where there is one.

    Today's master goes on as long as it decides what was decided. After a difference its state is no longer the
    recorded one, so the batches up to the next snapshot are passed over, as they are after a gap.
    """

    def __init__(self) -> None:
        self.count = Count()
        self._batch: Batch[Event, Action] | None = None
        self._master: Master | None = None

    def entry(self, entry: Entry) -> Difference | None:
        """Raises Unreadable for a snapshot that does not hold together."""
        match entry:
            case Header() | Gap():
                self._batch = None
            case Snapshot():
                self.count.snapshots += 1
                if self._batch is None:
                    self._begin(entry)
            case BatchRecord():
                return self._replay(entry)
        return None

    def _begin(self, snapshot: Snapshot) -> None:
        try:
            self._master = restore(snapshot, snapshot.head.timing, snapshot.head.now_ms)
        except Exception as error:
            raise Unreadable(f"the snapshot does not hold together: {type(error).__name__} {error}") from None
        self._batch = Batch(self._master)

    def _replay(self, record: BatchRecord) -> Difference | None:
        if self._batch is None or self._master is None:
            self.count.passed_over += 1
            return None
        self.count.events += len(record.events)
        history = self._master.cluster.history
        before = history.sequence
        for event in record.events:
            self._batch.post(event)
        failure, actions = "", list[Action]()
        try:
            actions = self._batch.turn(record.now_ms)
        except Exception as error:
            failure = f"today's code raises {type(error).__name__}: {error}"
        difference = compare(record, actions, history.since(before), failure)
        self._judge(difference)
        return difference

    def _judge(self, difference: Difference | None) -> None:
        if difference is None:
            self.count.alike += 1
        elif not difference.decides:
            self.count.reworded += 1
        else:
            self.count.different += 1
            self._batch = None


def compare(
    record: BatchRecord, today: Sequence[Action], history: Sequence[HistoryEntry], failure: str = ""
) -> Difference | None:
    """None where the same was done for the same reasons, in the same order; numbers in the history do not count."""
    then, now = _deciding(record.actions), _deciding(today)
    if not failure and then == now:
        return None
    decides = bool(failure) or [_unworded(each) for each in then] != [_unworded(each) for each in now]
    lines = tuple(_diff([*_lines(then)], [*_lines(now)]))
    return Difference(record.now_ms, record.events, lines, tuple(history[-HISTORY_SHOWN:]), decides, failure)


def _deciding(actions: Sequence[Action]) -> list[Action]:
    return [action for action in actions if not isinstance(action, HistoryGrew)]


def _unworded(action: Any) -> Any:
    return replace(action, reason="")


def _lines(actions: Sequence[Action]) -> Iterator[str]:
    return (line for action in actions for line in action_lines(action))


def _diff(then: list[str], now: list[str]) -> Iterator[tuple[str, str]]:
    for kind, low, high, from_now, to_now in SequenceMatcher(None, then, now, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from ((SAME, line) for line in then[low:high])
        else:
            yield from ((RECORDED, line) for line in then[low:high])
            yield from ((TODAY, line) for line in now[from_now:to_now])
