"""`cli`: what an operator waits for, against an interpreter that only imports click."""

import asyncio
import json
import subprocess
import sys

from barter import sdk
from barter.tools.bench.author import author, tiny_tasks
from barter.tools.bench.cluster import clean_env, cluster
from barter.tools.bench.floor import command_seconds
from barter.tools.bench.measure import BenchFailed, Progress, Result, median

BARTER = [sys.executable, "-m", "barter.tools.cli.main"]
FLOOR = [sys.executable, "-c", "import click"]
TASKS = 1_000


def run(rounds: int, say: Progress) -> list[Result]:
    """`barter --help`, and `barter tasks -o json` with 1,000 running tasks; medians of `rounds` times five."""
    with cluster("process") as made:
        say(f"starting {TASKS} tasks")
        return asyncio.run(_measure(made.master, rounds * 5, say))


async def _measure(master: str, times: int, say: Progress) -> list[Result]:
    async with author(master) as framework:
        await framework.launch(tiny_tasks("sleep", TASKS, sdk.Command(argv=("/bin/sleep", "600"))), ended=False)
        results = await asyncio.to_thread(_time, master, times, say)
        await framework.kill()
        return results


def _time(master: str, times: int, say: Progress) -> list[Result]:
    listing = [*BARTER, "--master", master, "tasks", "-o", "json"]
    listed = subprocess.run(listing, capture_output=True, check=True, env=clean_env())
    if len(json.loads(listed.stdout)) != TASKS:
        raise BenchFailed(f"barter tasks lists {len(json.loads(listed.stdout))} tasks, not {TASKS}")
    commands = {"floor": FLOOR, "help": [*BARTER, "--help"], "tasks_json_1000": listing}
    found: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(times):
        say(f"run {number + 1} of {times}")
        for name, command in commands.items():
            found[name].append(command_seconds(command, clean_env()) * 1000)
    floor = median(found.pop("floor"))
    return [Result("cli", name, median(values), "ms", floor) for name, values in found.items()]
