"""kill -9 of an agent and its executor while tasks run: until the next agent is back with all of them."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from barter import sdk
from barter.tools.bench.author import author, tiny_tasks
from barter.tools.bench.cluster import Cluster, clean_env, cluster
from barter.tools.bench.images import SLEEP
from barter.tools.bench.measure import BenchFailed, Progress, Result, median

PATIENCE_S, POLL_S = 60, 0.005
STAYS = sdk.Command(argv=("/bin/sleep", "600"))
# What the two processes import before they do anything: the agent, and the executor that it starts.
IMPORTS = ("barter.tools.cli.main, barter.agent.shell.daemon", "barter.agent.executor.shell.daemon")
DOCKER_IMPORTS = (IMPORTS[0], f"{IMPORTS[1]}, barter.agent.runtime.docker")


def run(runtime: str, tasks: int, rounds: int, image: str, say: Progress) -> list[Result]:
    """Medians; the floor is starting an interpreter for each of the two and importing what they import."""
    imports = DOCKER_IMPORTS if runtime == "docker" else IMPORTS
    seconds: list[float] = []
    floors: list[float] = []
    with cluster(runtime) as made:
        asyncio.run(_recover(made, tasks, rounds, image, say, seconds))
        for _ in range(rounds):
            floors.append(sum(map(_import_seconds, imports)))
    what = "containers" if runtime == "docker" else "processes"
    return [Result("agent", f"recovery_{tasks}_{what}", median(seconds), "s", median(floors))]


async def _recover(made: Cluster, tasks: int, rounds: int, image: str, say: Progress, seconds: list[float]) -> None:
    command, container = (sdk.Command(argv=SLEEP), sdk.Container(image)) if image else (STAYS, None)
    async with author(made.master) as framework:
        say(f"starting {tasks} {'containers' if image else 'processes'}")
        await framework.launch(tiny_tasks("stays", tasks, command, container), ended=False)
        for number in range(rounds):
            say(f"round {number + 1} of {rounds}: kill -9 of the agent and its executor")
            seconds.append(await asyncio.to_thread(_killed, made, tasks))
        await framework.kill()


def _killed(made: Cluster, tasks: int) -> float:
    """Seconds from the start of the next agent until its executor has found all and the master has registered it."""
    executors = made.executors()
    made.kill("agent")
    for pid in executors:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    began = time.perf_counter()
    made.start_agent()
    health: dict[str, object] = {}
    while time.perf_counter() - began < PATIENCE_S:
        health = _health(made.agent_http)
        if health.get("registered") and health.get("executor") and health.get("tasks") == tasks:
            return time.perf_counter() - began
        time.sleep(POLL_S)
    raise BenchFailed(f"the agent did not come back with {tasks} tasks within {PATIENCE_S} s: {health}")


def _health(address: str) -> dict[str, object]:
    try:
        with urllib.request.urlopen(f"http://{address}/health", timeout=2) as answer:
            found: dict[str, object] = json.loads(answer.read())
            return found
    except OSError:
        return {}


def _import_seconds(modules: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {modules}"], env=clean_env(), check=True)
    return time.perf_counter() - began


def resident_bytes(pid: int) -> int:
    """Raises OSError when there is no such process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
