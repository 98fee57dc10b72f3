"""Runs seeds against one mutant: `python -m tests.mutants.run NAME [--seeds 500] [--first 0]`; NAME `-` for none.

Prints what was found as one line of JSON, or `null`; ends with 0 where something was, with 1 where not, with 2 where
the mutant cannot be applied.
"""

import argparse
import json
import sys
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


def search(first: int, seeds: int) -> Found | None:
    """The first seed from `first` on that ends in a violation; imports the simulator, so apply the mutant before."""
    from barter.tools.sim.seed import Plan, Run
    from barter.tools.sim.target import USUAL, populate_of

    populate = populate_of(USUAL)
    for seed in range(first, first + seeds):
        violation = Run(seed, Plan(), populate).play().violation
        if violation is not None:
            return Found(seed, violation.checker, violation.message)
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description="Run seeds against one mutant.")
    parser.add_argument("name", help="a file tests/mutants/NAME.toml, or - for the code as it is")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many to try at most")
    parser.add_argument("--first", type=int, default=0, help="the seed to begin with")
    given = parser.parse_args()
    try:
        if given.name != UNCHANGED:
            harness.apply(harness.find(given.name))
    except (harness.Stale, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 2
    found = search(given.first, given.seeds)
    print(json.dumps(asdict(found) if found else None))
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
