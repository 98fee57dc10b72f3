"""What `barter sim` prints: each failing seed, made smaller, with the command that plays it again."""

import shlex
import sys
import time
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import click

from barter.tools.cli.output import Column, emit_list, emit_one
from barter.tools.sim.failing import Failing
from barter.tools.sim.faults.table import TABLE
from barter.tools.sim.seed import MINUTE_US, Outcome, Plan

SHOWN = 10


def table_of_faults(output: str) -> None:
    rows = [{"fault": kind.name, "per_hour": kind.per_hour, "what": kind.says} for kind in TABLE.values()]
    columns = [
        Column("FAULT", lambda row: row["fault"]),
        Column("PER HOUR", lambda row: f"{row['per_hour']:g}", right=True),
        Column("WHAT HAPPENS", lambda row: row["what"], prose=True),
    ]
    emit_list(rows, output, columns, "there are none")


def as_data(outcome: Outcome) -> dict[str, Any]:
    violation = outcome.violation
    return {
        "seed": outcome.seed,
        "ok": violation is None,
        "checker": violation.checker if violation else None,
        "message": violation.message if violation else None,
        "at_seconds": violation.at_us / 1e6 if violation else None,
        "faults": outcome.faults,
        "deeds": list(outcome.deeds),
        "tasks": outcome.tasks,
        "happened": outcome.happened,
        "settled_checked": outcome.settled_checked,
        "virtual_seconds": outcome.virtual_us / 1e6,
    }


def replay(scheduler: str, plan: Plan, seed: int, kept: Collection[int] | None) -> str:
    """The command that tells the story of this seed; `kept` are the deeds, None all."""
    words = ["barter", "sim", *([scheduler] if scheduler else []), "--seed", str(seed)]
    usual = Plan()
    words += ["--agents", str(plan.agents)] if plan.agents != usual.agents else []
    words += ["--minutes", str(plan.minutes)] if plan.minutes != usual.minutes else []
    for name, rate in plan.rates.items():
        words += ["--rate", f"{name}={rate!r}"]
    words += [] if kept is None else ["--only", ",".join(map(str, sorted(kept)))]
    return shlex.join([*words, "--trace"])


def one(outcome: Outcome, output: str, told_by: str) -> None:
    """`told_by` is the command that tells its story, empty where it was told."""
    if emit_one(as_data(outcome), output):
        return
    violation = outcome.violation
    counts = f"{_count(outcome.faults, 'fault')}, {_count(outcome.tasks, 'task')}, {outcome.happened} events"
    what = f"seed {outcome.seed}: {counts}"
    if violation is None:
        click.echo(f"{what}; all holds")
    else:
        click.echo(f"{what}; {violation.checker} at {violation.at_us / 1e6:.3f} s: {violation.message}")
        if told_by:
            click.echo(f"  its story: {told_by}")
    _say_unchecked(outcome.tasks, outcome.settled_checked)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _say_unchecked(tasks: int, settled_checked: bool) -> None:
    """What a run that held does not prove, in one line."""
    said = [] if tasks else ["no task ran"]
    if not settled_checked:
        said.append("no settled(): what it must have reached at the end was not checked (docs/testing.md)")
    if said:
        click.echo("; ".join(said))


def _these(number: int) -> str:
    if not number:
        return "none of them"
    return "this one:" if number == 1 else f"these {number}:"


def _virtual(us: int) -> str:
    minutes = us // MINUTE_US
    return _count(minutes, "virtual minute") if minutes < 60 else _count(round(minutes / 60), "virtual hour")


class Report:
    """Of many seeds, as they come: failures at once, the rest as one line that moves on a terminal."""

    def __init__(self, scheduler: str, chosen: Sequence[int], plan: Plan, output: str) -> None:
        self._scheduler, self._chosen, self._plan, self._output = scheduler, chosen, plan, output
        self._failing: list[Failing] = []
        self._counts: Counter[str] = Counter()
        self._faults_least: int | None = None
        self._settled_checked = True
        self._shrinks = False
        self._began = time.monotonic()
        self._live = sys.stderr.isatty()

    def shrinking(self, outcome: Outcome) -> None:
        """Told once: the line that moves stands still meanwhile."""
        if not self._shrinks:
            self._shrinks = True
            self._clear()
            then = "failing seeds are made smaller before they are shown, which takes a while"
            click.echo(f"seed {outcome.seed} fails; {then}", err=True)

    def add(self, result: Outcome | Failing) -> None:
        outcome = result.outcome if isinstance(result, Failing) else result
        self._counts.update(seeds=1, faults=outcome.faults, tasks=outcome.tasks, happened=outcome.happened)
        self._counts["virtual_us"] += outcome.virtual_us
        self._settled_checked = outcome.settled_checked
        least = self._faults_least
        self._faults_least = outcome.faults if least is None else min(outcome.faults, least)
        if isinstance(result, Failing):
            self._failing.append(result)
            if self._output == "table" and len(self._failing) <= SHOWN:
                self._clear()
                self._show(result)
        if self._live:
            done, all_ = self._counts["seeds"], len(self._chosen)
            click.echo(f"\r\x1b[K{done} of {all_} seeds, {len(self._failing)} failed", nl=False, err=True)

    def interrupted(self) -> None:
        self._clear()
        click.echo(f"stopped after {self._counts['seeds']} of {len(self._chosen)} seeds", err=True)

    def end(self) -> int:
        """Print the sum; returns the exit code."""
        self._clear()
        seconds = time.monotonic() - self._began
        counts = self._counts
        data = {
            "seeds": counts["seeds"],
            "failed": len(self._failing),
            "seconds": round(seconds, 1),
            "virtual_seconds": counts["virtual_us"] / 1e6,
            "faults": counts["faults"],
            "fewest_faults": self._faults_least or 0,
            "tasks": counts["tasks"],
            "happened": counts["happened"],
            "settled_checked": self._settled_checked,
            "failures": [
                {**as_data(each.outcome), "drawn": each.drawn, "replay": self._replay(each)} for each in self._failing
            ],
        }
        if not emit_one(data, self._output):
            hidden = len(self._failing) - SHOWN
            if hidden > 0:
                click.echo(f"{hidden} more failed; -o json has them all")
            click.echo(
                f"{_count(counts['seeds'], 'seed')}, {len(self._failing)} failed, in {seconds:.0f} s: "
                f"{_virtual(counts['virtual_us'])}, {_count(counts['faults'], 'fault')} "
                f"(at least {self._faults_least or 0} each), {_count(counts['tasks'], 'task')}, "
                f"{counts['happened']} events"
            )
            _say_unchecked(counts["tasks"], self._settled_checked)
        return 1 if self._failing else 0

    def _show(self, failing: Failing) -> None:
        outcome = failing.outcome
        violation = outcome.violation
        assert violation is not None
        click.echo(f"seed {outcome.seed} fails: {violation.checker} at {violation.at_us / 1e6:.3f} s")
        click.echo(f"  {violation.message}")
        done = f"{_count(failing.drawn, 'thing')} {'was' if failing.drawn == 1 else 'were'} done to it"
        click.echo(f"  {done}; it fails with {_these(len(failing.kept))}")
        for text in outcome.deeds:
            click.echo(f"    {text}")
        click.echo(f"  its story: {self._replay(failing)}")

    def _replay(self, failing: Failing) -> str:
        return replay(self._scheduler, self._plan, failing.outcome.seed, failing.kept)

    def _clear(self) -> None:
        if self._live:
            click.echo("\r\x1b[K", nl=False, err=True)
