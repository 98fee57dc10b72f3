"""Runs seeds against one mutant: `python -m tests.mutants.run NAME [--seeds 500] [--first 0]`.

Prints what was found as one line of JSON, or `null`; ends with 0 where something was, with 1 where not, with 2 where
the mutant cannot be applied.
"""

import argparse
import importlib
import json
import sys
from dataclasses import asdict, dataclass

from tests.mutants import harness

SEEDS = 500


@dataclass(frozen=True, slots=True)
class Found:
    """`seed` is the one that failed, `tried` how many were run for that."""

    seed: int
    tried: int
    checker: str
    message: str


def search(first: int, seeds: int) -> Found | None:
    """The first seed from `first` on that ends in a violation; imports the simulator, so apply the mutant before."""
    run_seed = importlib.import_module("barter.tools.sim.seed").run_seed
    for tried, seed in enumerate(range(first, first + seeds), 1):
        violation = run_seed(seed).violation
        if violation is not None:
            return Found(seed, tried, violation.checker, violation.message)
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description="Run seeds against one mutant.")
    parser.add_argument("name", help="a file tests/mutants/NAME.toml")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many to try at most")
    parser.add_argument("--first", type=int, default=0, help="the seed to begin with")
    given = parser.parse_args()
    try:
        harness.apply(harness.find(given.name))
    except (harness.Stale, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 2
    found = search(given.first, given.seeds)
    print(json.dumps(asdict(found) if found else None))
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
