"""`launch`: how fast tiny tasks come to run and to their end on one agent, against spawning them in a loop."""

import asyncio
from collections.abc import Callable

from barter import sdk
from barter.tools.bench.author import Author, Batch, author, tiny_tasks
from barter.tools.bench.cluster import cluster
from barter.tools.bench.floor import TRUE, spawn_seconds
from barter.tools.bench.measure import Progress, Result, median, percentile

SINGLES = 200
NOTHING = sdk.Command(argv=(TRUE,))


def run(tasks: int, rounds: int, say: Progress) -> list[Result]:
    """Rates of `tasks` in one accept, medians of `rounds`; latencies of tasks one at a time."""
    with cluster("process") as made:
        return asyncio.run(_measure(made.master, tasks, rounds, say))


async def _measure(master: str, tasks: int, rounds: int, say: Progress) -> list[Result]:
    batches: list[Batch] = []
    floors: list[float] = []
    async with author(master) as framework:
        await framework.launch(tiny_tasks("warm", 20, NOTHING))
        for number in range(rounds):
            say(f"round {number + 1} of {rounds}: {tasks} tasks in one accept")
            floors.append(tasks / await asyncio.to_thread(spawn_seconds, tasks))
            batches.append(await framework.launch(tiny_tasks(f"round{number}", tasks, NOTHING)))
        say(f"{SINGLES} tasks, one at a time")
        singles = await _singles(framework)
    one_ms = 1000 / median(floors)

    def rate(last: Callable[[Batch], float]) -> float:
        return median([tasks / (last(batch) - batch.accepted) for batch in batches])

    return [
        Result("launch", "running_per_second", rate(lambda batch: batch.running[-1]), "tasks/s", median(floors)),
        Result("launch", "finished_per_second", rate(lambda batch: batch.ended[-1]), "tasks/s", median(floors)),
        Result("launch", "latency_p50", percentile(singles, 50), "ms", one_ms),
        Result("launch", "latency_p99", percentile(singles, 99), "ms", one_ms),
    ]


async def _singles(framework: Author) -> list[float]:
    """Milliseconds from accept to RUNNING, each task launched when the one before has ended."""
    latencies: list[float] = []
    for number in range(SINGLES):
        batch = await framework.launch(tiny_tasks(f"single{number}", 1, NOTHING))
        latencies.append((batch.running[0] - batch.accepted) * 1000)
    return latencies
