"""`launch --runtime docker`: how fast containers come to run, against the engine's SDK used directly."""

import asyncio

import docker

from barter import sdk
from barter.tools.bench.author import author, tiny_tasks
from barter.tools.bench.cluster import cluster
from barter.tools.bench.images import AT_A_TIME, SLEEP, engine, ensure_image, start_seconds
from barter.tools.bench.measure import Progress, Result, median


def run(containers: int, rounds: int, image: str, say: Progress) -> list[Result]:
    with engine() as client:
        image = ensure_image(client, image)
        return asyncio.run(_measure(client, containers, rounds, image, say))


async def _measure(
    client: docker.DockerClient, containers: int, rounds: int, image: str, say: Progress
) -> list[Result]:
    rates: list[float] = []
    floors: list[float] = []
    await asyncio.to_thread(start_seconds, client, image, AT_A_TIME)
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}: {containers} containers by the SDK directly")
        floors.append(containers / await asyncio.to_thread(start_seconds, client, image, containers))
        say(f"round {number + 1} of {rounds}: {containers} containers by an agent")
        rates.append(await asyncio.to_thread(_rate, containers, image))
    return [Result("launch", "containers_per_second", median(rates), "containers/s", median(floors))]


def _rate(containers: int, image: str) -> float:
    """Containers per second from accept to the last RUNNING, in a cluster of its own."""
    with cluster("docker") as made:
        return asyncio.run(_launch(made.master, containers, image))


async def _launch(master: str, containers: int, image: str) -> float:
    def tasks(name: str, count: int) -> list[sdk.TaskInfo]:
        return tiny_tasks(name, count, sdk.Command(argv=SLEEP), sdk.Container(image))

    async with author(master) as framework:
        await framework.launch(tasks("warm", AT_A_TIME), ended=False)
        await framework.kill()
        batch = await framework.launch(tasks("container", containers), ended=False)
        await framework.kill()
        return containers / (batch.running[-1] - batch.accepted)
