"""`burst`: whether a task costs the same among thousands as among hundreds, all in one accept to one agent."""

import asyncio

from barter.tools.bench.author import Author, author, tiny_tasks
from barter.tools.bench.cluster import cluster
from barter.tools.bench.floor import spawn_seconds
from barter.tools.bench.launch import NOTHING
from barter.tools.bench.measure import Progress, Result, median

FEW, MANY = 500, 5_000


def run(rounds: int, say: Progress) -> list[Result]:
    with cluster("process") as made:
        return asyncio.run(_measure(made.master, rounds, say))


async def _measure(master: str, rounds: int, say: Progress) -> list[Result]:
    costs: dict[int, list[float]] = {FEW: [], MANY: []}
    floors: list[float] = []
    async with author(master) as framework:
        await framework.launch(tiny_tasks("warm", 20, NOTHING))
        for number in range(rounds):
            floors.append(await asyncio.to_thread(spawn_seconds, FEW) * 1000 / FEW)
            for count, found in costs.items():
                say(f"round {number + 1} of {rounds}: {count} tasks in one accept")
                found.append(await _cost_ms(framework, f"round{number}-{count}", count))
    few, many = median(costs[FEW]), median(costs[MANY])
    return [
        Result("burst", f"cost_per_task_{FEW}", few, "ms", median(floors)),
        Result("burst", f"cost_per_task_{MANY}", many, "ms", median(floors)),
        Result("burst", "flatness", many / few, "x", 1.0),
    ]


async def _cost_ms(framework: Author, name: str, count: int) -> float:
    batch = await framework.launch(tiny_tasks(name, count, NOTHING))
    return (batch.ended[-1] - batch.accepted) * 1000 / count
