"""What the docker runtime keeps of one task."""

import asyncio

from barter.agent.executor.events import Order
from barter.agent.runtime.docker_logs import ContainerLog


class DockerTask:
    """`exit_code` may be known before the launch's own answer came; `over` once the end is being reported.

    `following` is the log follower's result: whether it copied everything. `copied` is set when the logs are safe.
    """

    __slots__ = ("container_id", "copied", "exit_code", "following", "killing", "log", "order", "over", "started")

    def __init__(self, order: Order, container_id: str = "") -> None:
        self.order = order
        self.container_id = container_id
        self.started = False
        self.killing = False
        self.over = False
        self.exit_code: int | None = None
        self.following: asyncio.Future[bool] | None = None
        self.log: ContainerLog | None = None
        self.copied = asyncio.Event()

    @property
    def image(self) -> str:
        return self.order.task.container.image if self.order.task.container is not None else ""
