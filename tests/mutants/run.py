"""Runs seeds against one mutant: `python -m tests.mutants.run NAME [--seeds 500] [--first 0]`.

`-` for NAME is the code as it is, and CHECKER after it one of those that count; for a mutant its own `finds` count.

Prints what was found as one line of JSON, or `null`; ends with 0 where something was, with 1 where not, with 2 where
the mutant cannot be applied.
"""

import argparse
import json
import sys
from collections.abc import Collection
from dataclasses import asdict, dataclass

from tests.mutants import harness

SEEDS = 500
UNCHANGED = "-"


@dataclass(frozen=True, slots=True)
class Found:
    """The seed that failed, and what `checker` said of it."""

    seed: int
    checker: str
    message: str = ""


def search(first: int, seeds: int, counting: Collection[str]) -> Found | None:
    """The first seed from `first` on in which a checker of `counting` says no.

    Imports the simulator, so apply the mutant before.
    """
    from barter.tools.sim.seed import Plan, Run
    from barter.tools.sim.target import USUAL, populate_of

    populate = populate_of(USUAL)
    for seed in range(first, first + seeds):
        violation = Run(seed, Plan(), populate).play().violation
        if violation is not None and violation.checker in counting:
            return Found(seed, violation.checker, violation.message)
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description="Run seeds against one mutant.")
    parser.add_argument("name", help="a file tests/mutants/NAME.toml, or - for the code as it is")
    parser.add_argument("checkers", nargs="*", metavar="CHECKER", help="count, where NAME is -")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many to try at most")
    parser.add_argument("--first", type=int, default=0, help="the seed to begin with")
    given = parser.parse_args()
    counting = given.checkers
    try:
        if given.name != UNCHANGED:
            mutant = harness.find(given.name)
            counting = mutant.finds
            harness.apply(mutant)
    except (harness.Stale, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 2
    found = search(given.first, given.seeds, counting)
    print(json.dumps(asdict(found) if found else None))
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
