"""`barter sim`."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout
from typing import TYPE_CHECKING

import click

from barter.tools.cli.options import output_option

if TYPE_CHECKING:
    from barter.tools.sim.seed import Plan

FEWEST_AGENTS, FEWEST_MINUTES = 8, 12
EPILOG = """\b
Examples:
  barter sim --seeds 200                        Barter's own frameworks, seeds 0 to 199
  barter sim --seed 17 --trace                  one of them, with its story
  barter sim --seed 17 --only 3,21 --trace      with these two of its faults alone
  barter sim my_module:MyScheduler --seeds 200  your framework under the same faults
  barter sim --faults                           the table of faults
"""


@click.command(epilog=EPILOG)
@click.argument("scheduler", default="", metavar="[MODULE:CLASS]")
@click.option(
    "--seeds", type=click.IntRange(1), metavar="N", help="Run so many seeds, on all processors.  [default: 100]"
)
@click.option("--first", type=click.IntRange(0), default=0, show_default=True, help="The first of them.")
@click.option("--seed", type=click.IntRange(0), help="Run this one alone.")
@click.option("--trace", is_flag=True, help="Print the story of --seed.")
@click.option("--only", metavar="I,J,...", help="Of what is done to --seed only these, from 0; '' for nothing.")
@click.option("--agents", type=click.IntRange(1), default=10, show_default=True, help="Machines.")
@click.option("--minutes", type=click.IntRange(2), default=30, show_default=True, help="Virtual time of a run.")
@click.option("--rate", "rates", multiple=True, metavar="FAULT=N", help="So many per hour and target; see --faults.")
@click.option("--jobs", type=click.IntRange(1), help="Processes.  [default: one for each processor]")
@click.option("--faults", is_flag=True, help="Print the table of faults and their rates.")
@output_option
def sim(
    scheduler: str,
    seeds: int | None,
    first: int,
    seed: int | None,
    trace: bool,
    only: str | None,
    agents: int,
    minutes: int,
    rates: tuple[str, ...],
    jobs: int | None,
    faults: bool,
    output: str,
) -> None:
    """Whole clusters under faults, from a seed.

    Master, agents, executors and frameworks are the production code on a simulated network, disks and clocks. What
    must never be is checked after every step; a seed that fails is made smaller first. The same seed and version
    give the same run. The frameworks are Barter's own, or one scheduler of yours, MODULE:CLASS or FILE.py:CLASS.
    """
    from barter.tools.cli import sim_output as out
    from barter.tools.sim.seed import Plan

    if faults:
        if scheduler or seed is not None or seeds is not None:
            raise click.UsageError("--faults prints the table of faults and runs nothing: leave the rest out")
        out.table_of_faults(output)
        return
    if seed is None and (trace or only is not None):
        raise click.UsageError("--trace and --only are for one --seed")
    if seed is not None and seeds is not None:
        raise click.UsageError("either --seed or --seeds")
    if trace and output != "table":
        raise click.UsageError("--trace is text: leave -o out")
    if not scheduler and (agents < FEWEST_AGENTS or minutes < FEWEST_MINUTES):
        few = f"Barter's own frameworks need {FEWEST_AGENTS} --agents and {FEWEST_MINUTES} --minutes to settle"
        raise click.UsageError(few)
    plan = Plan(agents=agents, minutes=minutes, rates=_rates(rates))
    if seed is not None:
        sys.exit(_one(scheduler, seed, plan, trace, only, output))
    chosen = range(first, first + (seeds or 100))
    sys.exit(_many(scheduler, chosen, plan, jobs or 0, output))


def _rates(given: tuple[str, ...]) -> dict[str, float]:
    from barter.tools.sim.faults.table import TABLE

    rates: dict[str, float] = {}
    for item in given:
        name, _, value = item.partition("=")
        try:
            rate = float(value)
        except ValueError:
            rate = -1.0
        if name not in TABLE or not 0 <= rate <= 10_000:
            raise click.UsageError(f"--rate {item!r} is not FAULT=NUMBER with a fault of `barter sim --faults`")
        rates[name] = rate
    return rates


def _numbers(given: str | None, deeds: int) -> frozenset[int] | None:
    if given is None:
        return None
    try:
        numbers = frozenset(int(number) for number in given.split(",") if number)
    except ValueError:
        raise click.UsageError(f"--only {given!r} is not a list of numbers like 3,17,21") from None
    if unknown := sorted(number for number in numbers if not 0 <= number < deeds):
        few = f"there are {deeds}, from 0 to {deeds - 1}" if deeds else "there is nothing"
        raise click.UsageError(f"--only {unknown[0]}: of what is done to this seed {few}")
    return numbers


def _one(scheduler: str, seed: int, plan: "Plan", trace: bool, only: str | None, output: str) -> int:
    from barter.tools.cli import sim_output as out
    from barter.tools.sim.seed import Run
    from barter.tools.sim.story import Story
    from barter.tools.sim.target import populate_of

    with _stdout_for(output), _refusals():
        run = Run(seed, plan, populate_of(scheduler))
        kept = _numbers(only, len(run.deeds))
        story = Story(click.echo)
        outcome = run.play(kept, [story] if trace else [])
        story.close()
    out.one(outcome, output, "" if trace else out.replay(scheduler, plan, seed, kept))
    return 1 if outcome.violation else 0


def _stdout_for(output: str) -> AbstractContextManager[object]:
    """What an author's scheduler prints is not to stand in the middle of JSON."""
    return nullcontext() if output == "table" else redirect_stdout(sys.stderr)


@contextmanager
def _refusals() -> Iterator[None]:
    from barter.tools.cli.errors import Refused
    from barter.tools.sim.population import NoScheduler

    try:
        yield
    except NoScheduler as error:
        raise Refused(str(error), then=error.then) from None


def _many(scheduler: str, chosen: range, plan: "Plan", jobs: int, output: str) -> int:
    from concurrent.futures.process import BrokenProcessPool

    from barter.tools.cli import sim_output as out
    from barter.tools.cli.errors import Refused
    from barter.tools.sim.shell.campaign import seeds as run_seeds

    report = out.Report(scheduler, chosen, plan, output)
    try:
        with _stdout_for(output), _refusals():
            for result in run_seeds(scheduler, chosen, plan, jobs, report.shrinking):
                report.add(result)
    except KeyboardInterrupt:
        report.interrupted()
        return 1
    except BrokenProcessPool:
        report.interrupted()
        raise Refused("one of its processes was killed", then="try fewer --jobs if memory is short") from None
    return report.end()
