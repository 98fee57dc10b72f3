"""What `barter sim` prints: each failing seed, made smaller, with the command that plays it again."""

import shlex
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click

from barter.tools.cli.errors import Refused
from barter.tools.cli.output import Column, emit_list, emit_one
from barter.tools.sim.failing import Failing
from barter.tools.sim.faults.table import TABLE
from barter.tools.sim.population import Populate
from barter.tools.sim.seed import MINUTE_US, Outcome, Plan
from barter.tools.sim.target import NoScheduler, populate_of

SHOWN = 10


def populate(scheduler: str) -> Populate:
    try:
        return populate_of(scheduler)
    except NoScheduler as error:
        raise Refused(str(error), then="give it as MODULE:CLASS or FILE.py:CLASS") from None


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
        "virtual_seconds": outcome.virtual_us / 1e6,
    }


def one(outcome: Outcome, output: str) -> None:
    if emit_one(as_data(outcome), output):
        return
    violation = outcome.violation
    what = f"seed {outcome.seed}: {outcome.faults} faults, {outcome.tasks} tasks, {outcome.happened} events"
    if violation is None:
        click.echo(f"{what}; all holds")
    else:
        click.echo(f"{what}; {violation.checker} at {violation.at_us / 1e6:.3f} s: {violation.message}")


class Report:
    """Of many seeds, as they come: failures at once, the rest as one line that moves on a terminal."""

    def __init__(self, scheduler: str, chosen: Sequence[int], plan: Plan, output: str) -> None:
        self._scheduler, self._chosen, self._plan, self._output = scheduler, chosen, plan, output
        self._failing: list[Failing] = []
        self._counts: Counter[str] = Counter()
        self._faults_least: int | None = None
        self._began = time.monotonic()
        self._live = sys.stderr.isatty()

    def add(self, result: Outcome | Failing) -> None:
        outcome = result.outcome if isinstance(result, Failing) else result
        self._counts.update(seeds=1, faults=outcome.faults, tasks=outcome.tasks, happened=outcome.happened)
        self._counts["virtual_us"] += outcome.virtual_us
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
            "failures": [
                {**as_data(each.outcome), "drawn": each.drawn, "replay": self._replay(each)} for each in self._failing
            ],
        }
        if not emit_one(data, self._output):
            hidden = len(self._failing) - SHOWN
            if hidden > 0:
                click.echo(f"{hidden} more failed; -o json has them all")
            click.echo(
                f"{counts['seeds']} seeds, {len(self._failing)} failed, in {seconds:.0f} s: "
                f"{counts['virtual_us'] / MINUTE_US / 60:.0f} virtual hours, {counts['faults']} faults "
                f"(at least {self._faults_least or 0} each), {counts['tasks']} tasks, {counts['happened']} events"
            )
        return 1 if self._failing else 0

    def _show(self, failing: Failing) -> None:
        outcome = failing.outcome
        violation = outcome.violation
        assert violation is not None
        click.echo(f"seed {outcome.seed} fails: {violation.checker} at {violation.at_us / 1e6:.3f} s")
        click.echo(f"  {violation.message}")
        click.echo(f"  {failing.drawn} things were done to it; it fails with these {len(failing.kept)}:")
        for text in outcome.deeds:
            click.echo(f"    {text}")
        click.echo(f"  its story: {self._replay(failing)}")

    def _replay(self, failing: Failing) -> str:
        words = ["barter", "sim", *([self._scheduler] if self._scheduler else []), "--seed", str(failing.outcome.seed)]
        plan, usual = self._plan, Plan()
        words += ["--agents", str(plan.agents)] if plan.agents != usual.agents else []
        words += ["--minutes", str(plan.minutes)] if plan.minutes != usual.minutes else []
        for name, rate in plan.rates.items():
            words += ["--rate", f"{name}={rate!r}"]
        words += ["--only", ",".join(map(str, failing.kept)), "--trace"]
        return shlex.join(words)

    def _clear(self) -> None:
        if self._live:
            click.echo("\r\x1b[K", nl=False, err=True)
