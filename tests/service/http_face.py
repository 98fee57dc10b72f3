"""The REST face over real HTTP on the real machine and bridge, with a master that is played by a scripted driver."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
from prometheus_client import CollectorRegistry

from barter.core.ids import AgentId, ExecutorId, ReservationId
from barter.core.operations import Operation
from barter.frameworks.service.published import Published
from barter.frameworks.service.shell.api import Api
from barter.frameworks.service.shell.bridge import Bridge
from barter.frameworks.service.shell.desk import Desk
from barter.frameworks.service.shell.facts import Facts
from barter.frameworks.service.shell.metrics import AppCollector
from barter.sdk import (
    GIB,
    Demand,
    Driver,
    Filters,
    FrameworkId,
    MemoryStore,
    Offer,
    OfferId,
    Service,
    Source,
    TaskId,
    TaskInfo,
    TaskState,
    TaskStatus,
    resources,
)
from barter.shell import http
from barter.shell.clock import Clock

WEB: dict[str, Any] = {"id": "/web", "cmd": "serve", "cpus": 0.1, "mem": 32, "instances": 2}


class Script(Driver):
    """Grants every demand at once, and lets tasks run and end as they are told, unless `stuck`."""

    def __init__(self) -> None:
        self.bridge: Bridge | None = None
        self.stuck = False
        self.services: Sequence[Service] = ()
        self.killed: list[str] = []
        self.launched: list[TaskInfo] = []
        self.told: list[Published] = []
        self._offers = 0
        self._clock = Clock()
        self._stopped = False

    @property
    def framework_id(self) -> FrameworkId:
        return FrameworkId("f-1")

    def launch(
        self,
        offers: Offer | Sequence[Offer],
        tasks: Sequence[TaskInfo],
        filters: Filters = Filters(),  # noqa: B008
        operations: Sequence[Operation] = (),
    ) -> None:
        self.launched += tasks
        for task in tasks:
            self.tell(task.task_id, TaskState.RUNNING, healthy=True if task.health_checks else None)

    def decline(self, offers: Offer | Sequence[Offer], filters: Filters = Filters()) -> None:  # noqa: B008
        pass

    def revive(self, roles: Sequence[str] = ()) -> None:
        raise AssertionError("demands need no reviving")

    suppress = revive

    def kill(self, task_id: TaskId, grace_ms: int | None = None) -> None:
        self.killed.append(task_id)
        if not self.stuck:
            self.tell(task_id, TaskState.KILLED)

    def release(self, task_ids: Iterable[TaskId]) -> None:
        raise AssertionError("no inverse offer was made")

    def keep(self, task_ids: Iterable[TaskId]) -> None:
        raise AssertionError("nothing here returns late")

    def reconcile_reservations(self, endings: Iterable[tuple[AgentId, ReservationId]] = ()) -> None:
        pass

    def reconcile(self, task_ids: Iterable[TaskId] = ()) -> None:
        for task_id in task_ids:
            self.tell(task_id, TaskState.RUNNING)

    def set_demands(self, demands: Sequence[Demand]) -> None:
        if self.stuck or self.bridge is None:
            return
        for demand in demands:
            self._offers += 1
            held = resources(cpus=4000, mem=4 * GIB, ports=((31000 + self._offers * 10, 31009 + self._offers * 10),))
            offer = Offer(OfferId(f"O{self._offers}"), AgentId("a1"), FrameworkId("f-1"), "*", held, "host-1",
                          "127.0.0.1", demand_id=demand.demand_id)  # fmt: skip
            self.bridge.resource_offers(self, [offer])

    def set_services(self, services: Sequence[Service]) -> None:
        self.services = services

    def send_framework_message(self, agent_id: AgentId, executor_id: ExecutorId, data: bytes) -> None: ...

    def now(self) -> int:
        return self._clock.now()

    def call_later(self, delay_ms: int, call: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(delay_ms / 1000, lambda: None if self._stopped else call())

    def stop(self, failover: bool = False) -> None:
        self._stopped = True

    def tell(self, task_id: str, state: TaskState, healthy: bool | None = None, message: str = "") -> None:
        if self.bridge is not None:
            status = TaskStatus(TaskId(task_id), state, Source.AGENT, 0, agent_id=AgentId("a1"), healthy=healthy)
            self.bridge.status_update(self, replace(status, message=message))


class Face:
    """A client of a framework that serves."""

    def __init__(self, client: httpx.AsyncClient, script: Script, store: MemoryStore) -> None:
        self.client, self.script, self.store = client, script, store

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        reply = await self.client.request(method, path, content=content)
        return reply.status_code, reply.json() if reply.content else None

    async def until(self, path: str, holds: Callable[[Any], bool]) -> Any:
        """What GET answers once `holds` is true of it."""
        async with asyncio.timeout(10):
            while True:
                _, got = await self.call("GET", path)
                if holds(got):
                    return got
                await asyncio.sleep(0.01)

    async def settled(self, app_id: str = "web") -> dict[str, Any]:
        """The app once no deployment of it is left."""
        await self.until("/v2/deployments", lambda got: not any(f"/{app_id}" in one["affectedApps"] for one in got))
        return dict((await self.call("GET", f"/v2/apps/{app_id}"))[1].get("app", {}))


@asynccontextmanager
async def serving(store: MemoryStore | None = None, facts: Facts | None = None) -> AsyncIterator[Face]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    store = store or MemoryStore()
    script = Script()
    bridge = script.bridge = Bridge(store, publish=script.told.append)
    registry = CollectorRegistry()
    registry.register(AppCollector(bridge.machine))
    face = http.face("service", registry, lambda: {"status": "serving"})
    Api(Desk(bridge, script.now, facts=facts)).install(face)
    stop = await http.serve(face, address)
    bridge.attach(script)
    bridge.registered(script, FrameworkId("f-1"))
    try:
        async with httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as client:
            yield Face(client, script, store)
    finally:
        script.stop()
        bridge.close()
        await stop()


def over_http(story: Callable[[Face], Awaitable[None]]) -> None:
    async def run() -> None:
        async with serving() as face:
            await story(face)

    asyncio.run(run())
