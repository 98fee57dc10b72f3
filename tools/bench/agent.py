"""`agent`: how soon a killed agent is back with what it runs, what a task costs its ledger, whether memory stays."""

import asyncio

from barter import sdk
from barter.tools.bench import agent_ledger, agent_recovery
from barter.tools.bench.author import Author, author, tiny_tasks
from barter.tools.bench.cluster import Cluster, cluster
from barter.tools.bench.floor import TRUE
from barter.tools.bench.images import engine, ensure_image
from barter.tools.bench.measure import BenchFailed, Progress, Result

NOTHING = sdk.Command(argv=(TRUE,))
# What pools and caches fill up with is no leak.
WARM_TASKS = 100


def run(tasks: int, rounds: int, sequence: int, image: str, say: Progress) -> list[Result]:
    """`tasks` run when the agent is killed; `sequence` short ones come one after another."""
    results = agent_recovery.run("process", tasks, rounds, "", say)
    try:
        with engine() as client:
            image = ensure_image(client, image)
    except BenchFailed as missing:
        say(f"no containers: {missing}")
    else:
        results += agent_recovery.run("docker", tasks, rounds, image, say)
    with cluster("process") as made:
        return results + asyncio.run(_one_after_another(made, sequence, say))


async def _one_after_another(made: Cluster, sequence: int, say: Progress) -> list[Result]:
    async with author(made.master) as framework:
        say(f"{WARM_TASKS} tasks, one at a time")
        await _singles(framework, "warm", WARM_TASKS)
        before = _memory(made)
        with agent_ledger.counted(made.folder / "agent") as ledger:
            say(f"{sequence} tasks, one at a time")
            await _singles(framework, "single", sequence)
            cost = ledger.cost()
        after = _memory(made)
    floor = agent_ledger.floor(made.folder)
    return [
        Result("agent", "ledger_fsyncs_per_task", cost.commits / sequence, "fsyncs", floor.commits),
        Result("agent", "ledger_bytes_per_task", cost.written / sequence, "bytes", floor.written),
        *(
            Result("agent", f"{name}_memory_growth", (after[name] / before[name] - 1) * 100, "%", None)
            for name in before
        ),
    ]


async def _singles(framework: Author, name: str, count: int) -> None:
    """Each launched when the one before has ended."""
    for number in range(count):
        await framework.launch(tiny_tasks(f"{name}{number}", 1, NOTHING))


def _memory(made: Cluster) -> dict[str, int]:
    """Resident bytes of the agent and of its executor."""
    pids = {"agent": [made.pid("agent")], "executor": made.executors()}
    return {name: sum(map(agent_recovery.resident_bytes, of)) for name, of in pids.items()}
