"""Sends each task to the runtime that can run it: with an image to Docker, without to the process runtime."""

from collections.abc import Sequence

from barter.agent.executor.events import Held, NotStarted, Order, Sample, TaskKey
from barter.agent.runtime.base import Report, Runtime, RuntimeMissing
from barter.agent.runtime.ran import Ran


class Runtimes(Runtime):
    """`docker` is None where this agent has none."""

    def __init__(self, process: Runtime, docker: Runtime | None) -> None:
        self._process = process
        self._docker = docker
        self._in_docker: set[TaskKey] = set()
        self._report: Report = lambda event: None

    async def start(self, report: Report) -> Sequence[Held]:
        self._report = report
        held = list(await self._process.start(report))
        if self._docker is not None:
            theirs = await self._docker.start(report)
            self._in_docker.update(each.order.key for each in theirs)
            held += theirs
        return held

    def launch(self, orders: Sequence[Order]) -> None:
        images = [order for order in orders if order.task.container is not None]
        self._process.launch([order for order in orders if order.task.container is None])
        if self._docker is not None:
            self._in_docker.update(order.key for order in images)
            self._docker.launch(images)
            return
        for order in images:
            self._report(NotStarted(order.key, RuntimeMissing.reason, _NO_DOCKER))

    def end(self, key: TaskKey, *, force: bool) -> None:
        self._of(key).end(key, force=force)

    def release(self, keys: Sequence[TaskKey]) -> None:
        theirs = [key for key in keys if key in self._in_docker]
        if theirs and self._docker is not None:
            self._docker.release(theirs)
            self._in_docker.difference_update(theirs)
        self._process.release([key for key in keys if key not in theirs] if theirs else keys)

    async def check(self, order: Order, command: str, timeout_ms: int) -> Ran:
        return await self._of(order.key).check(order, command, timeout_ms)

    async def measure(self, keys: Sequence[TaskKey]) -> Sequence[Sample]:
        samples = list(await self._process.measure([key for key in keys if key not in self._in_docker]))
        if self._docker is not None and self._in_docker:
            samples += await self._docker.measure([key for key in keys if key in self._in_docker])
        return samples

    async def close(self) -> None:
        if self._docker is not None:
            await self._docker.close()
        await self._process.close()

    def _of(self, key: TaskKey) -> Runtime:
        return self._docker if self._docker is not None and key in self._in_docker else self._process


_NO_DOCKER = (
    "this agent runs processes only and the task has an image: "
    "start a Docker Engine and the agent with --runtime docker, or drop the image"
)
