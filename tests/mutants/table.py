"""Remakes the table of mutants in docs/reliability.md and found.json: `python -m tests.mutants.table [NAME ...]`.

Searches from seed 0 for each mutant, or only for those named. Ends with 1 where one is not found.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed

from tests.mutants import record
from tests.mutants.harness import ROOT, Mutant, load
from tests.mutants.run import Found

PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- mutants: begin -->\n", "<!-- mutants: end -->\n"


def table(mutants: list[Mutant], found: dict[str, Found]) -> str:
    lines = ["| Mutant | Origin | What happened there | Found by | Seeds needed |", "|---|---|---|---|---|"]
    for mutant in mutants:
        known = found.get(mutant.name)
        by, seeds = (f"`{known.checker}`", str(known.seed + 1)) if known else ("not found yet", "")
        lines.append(f"| {mutant.name} | [{mutant.origin}]({mutant.link}) | {mutant.story} | {by} | {seeds} |")
    return "\n".join(lines) + "\n"


def between_markers(page: str, made: str) -> str:
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} has lost the lines {BEGIN.strip()} and {END.strip()}: put them back")
    return before + BEGIN + made + END + after


def main() -> int:
    mutants = load()
    there = {mutant.name for mutant in mutants}
    names = sys.argv[1:] or [mutant.name for mutant in mutants]
    found = {name: each for name, each in record.recorded().items() if name in there and name not in names}
    with ThreadPoolExecutor(os.cpu_count()) as both:
        searches = {both.submit(record.first_found, name): name for name in names}
        for search in as_completed(searches):
            name, now = searches[search], search.result()
            if now is not None:
                found[name] = now
                record.write(found)
            print(f"{name}: {f'seed {now.seed}, {now.checker}: {now.message}' if now else 'not found'}", flush=True)
    PAGE.write_text(between_markers(PAGE.read_text(), table(mutants, found)))
    return 0 if all(name in found for name in names) else 1


if __name__ == "__main__":
    sys.exit(main())
