"""Where today's decisions differ from recorded ones."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from barter.master.record_replay import RECORDED, SAME, TODAY, Count, Difference
from barter.master.record_text import event_line, plain
from barter.tools.cli.output import Row
from barter.tools.cli.views.times import clock_time

SIDES = {SAME: "same", RECORDED: "recorded", TODAY: "today"}
_SIGNS = {side: sign for sign, side in SIDES.items()}
EVENTS_SHOWN, SAME_SHOWN = 20, 3


def difference(found: Difference, file: str, line: int) -> dict[str, Any]:
    return {
        "file": file,
        "line": line,
        "now_ms": found.now_ms,
        "decides": found.decides,
        "failure": plain(found.failure),
        "events": [event_line(event) for event in found.events],
        "actions": [{"side": SIDES[sign], "text": text} for sign, text in found.lines],
        "history": [plain(f"{entry.kind} {entry.subject}: {entry.reason}") for entry in found.history],
    }


def result(count: Count, differences: Sequence[Row], cut: Sequence[str], unreadable: str) -> dict[str, Any]:
    """`unreadable` says where and why the rest could not be read, empty where all was."""
    return {"batches": asdict(count), "cut": list(cut), "unreadable": unreadable, "differences": list(differences)}


def lines(row: Row) -> Iterator[str]:
    """A difference for people: `-` is what was done, `+` what this version would do."""
    kind = "" if row["decides"] else "  (only the reasons differ)"
    yield f"{clock_time(row['now_ms'])}  {row['file']}:{row['line']}{kind}"
    events = row["events"] or ["time passed"]
    yield from (f"  > {event}" for event in events[:EVENTS_SHOWN])
    if len(events) > EVENTS_SHOWN:
        yield f"  > and {len(events) - EVENTS_SHOWN} more events"
    yield from _actions(row["actions"])
    if row["failure"]:
        yield f"  ! {row['failure']}"
    if row["history"]:
        yield "  this version says:"
        yield from (f"      {entry}" for entry in row["history"])
    yield ""


def _actions(actions: Sequence[Row]) -> Iterator[str]:
    """All that differ, and of those that do not the nearest."""
    differing = [at for at, action in enumerate(actions) if action["side"] != SIDES[SAME]]
    near = {at + step for at in differing for step in range(-SAME_SHOWN, SAME_SHOWN + 1)}
    left_out = False
    for at, action in enumerate(actions):
        if at in near:
            yield f"  {_SIGNS[action['side']]} {action['text']}"
        elif not left_out:
            yield "    ..."
        left_out = at not in near


def summary(plain: Row) -> Iterator[str]:
    count = plain["batches"]
    compared = count["alike"] + count["different"] + count["reworded"]
    told = [f"of {compared} batches with {count['events']} events {count['alike']} were decided as recorded"]
    if count["different"]:
        told.append(f"{count['different']} otherwise")
    if count["reworded"]:
        told.append(f"{count['reworded']} for reasons in other words")
    yield ", ".join(told)
    if count["passed_over"]:
        yield f"{count['passed_over']} batches up to the next snapshots, after differences or gaps, were passed over"
    shown, all_found = len(plain["differences"]), count["different"] + count["reworded"]
    if shown < all_found:
        yield f"the first {shown} of {all_found} differences are shown"
    yield from (f"the last line of {name} is cut off, and was left out" for name in plain["cut"])
