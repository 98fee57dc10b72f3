"""What is known of the mutants: the seed that finds each, kept in found.json so that CI need not search for it."""

import json
import subprocess
import sys

from tests.mutants.harness import HERE, ROOT
from tests.mutants.run import SEEDS, UNCHANGED, Found

FILE = HERE / "found.json"


class Unrunnable(Exception):
    """The run of a mutant ended otherwise than by finding it or not."""


def recorded() -> dict[str, Found]:
    """By mutant."""
    if not FILE.is_file():
        return {}
    return {name: Found(**found) for name, found in json.loads(FILE.read_text()).items()}


def write(found: dict[str, Found]) -> None:
    lines = {name: {"seed": found[name].seed, "checker": found[name].checker} for name in sorted(found)}
    FILE.write_text(json.dumps(lines, indent=2) + "\n")


def run(name: str, *checkers: str, first: int = 0, seeds: int = SEEDS) -> Found | None:
    """Run seeds against a mutant in a process of its own; raises Unrunnable."""
    which = [name, *checkers, "--first", str(first), "--seeds", str(seeds)]
    command = [sys.executable, "-m", "tests.mutants.run", *which]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ended.returncode not in (0, 1) or not ended.stdout:
        raise Unrunnable(f"{' '.join(command)} ended with {ended.returncode}: {ended.stderr.strip()[-2000:]}")
    said = json.loads(ended.stdout.splitlines()[-1])
    return Found(**said) if said else None


def first_found(name: str) -> Found | None:
    """By the first seed in which that checker has nothing to say of the code as it is."""
    first = 0
    while first < SEEDS and (found := run(name, first=first, seeds=SEEDS - first)) is not None:
        if run(UNCHANGED, found.checker, first=found.seed, seeds=1) is None:
            return found
        first = found.seed + 1
    return None


def seek(name: str, known: dict[str, Found]) -> Found | None:
    """The recorded seed first; all the others only where it finds nothing any more."""
    if name in known and (again := run(name, first=known[name].seed, seeds=1)) is not None:
        return again
    return first_found(name)
