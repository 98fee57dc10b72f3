"""The REST face over real HTTP, on the real machine and bridge; only the master is played, by a scripted driver."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from prometheus_client import CollectorRegistry

from barter.core.ids import AgentId, ExecutorId, ReservationId
from barter.core.operations import Operation
from barter.frameworks.service.shell.api import Api
from barter.frameworks.service.shell.bridge import Bridge
from barter.frameworks.service.shell.desk import Desk
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
EXAMPLE = Path(__file__).parents[2] / "examples" / "web.json"


class Script(Driver):
    """Grants every demand at once, and lets tasks run and end as they are told, unless `stuck`."""

    def __init__(self) -> None:
        self.bridge: Bridge | None = None
        self.stuck = False
        self.services: Sequence[Service] = ()
        self.killed: list[str] = []
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

    def tell(self, task_id: str, state: TaskState, healthy: bool | None = None) -> None:
        if self.bridge is not None:
            status = TaskStatus(TaskId(task_id), state, Source.AGENT, 0, agent_id=AgentId("a1"), healthy=healthy)
            self.bridge.status_update(self, status)


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
async def serving(store: MemoryStore | None = None) -> AsyncIterator[Face]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    store = store or MemoryStore()
    script = Script()
    bridge = script.bridge = Bridge(store)
    registry = CollectorRegistry()
    registry.register(AppCollector(bridge.machine))
    face = http.face("service", registry, lambda: {"status": "serving"})
    Api(Desk(bridge, script.now)).install(face)
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


def test_an_apps_life() -> None:
    async def story(face: Face) -> None:
        status, made = await face.call("POST", "/v2/apps", WEB)
        assert status == 201
        assert (made["id"], made["instances"], len(made["deployments"])) == ("/web", 2, 1)
        app = await face.settled()
        assert (app["tasksRunning"], app["tasksStaged"], app["deployments"]) == (2, 0, [])
        assert [task["ports"][0] > 31000 for task in app["tasks"]] == [True, True]

        status, answer = await face.call("PUT", "/v2/apps/web", {"instances": 3})
        assert (status, set(answer)) == (200, {"version", "deploymentId"})
        assert (await face.settled())["tasksRunning"] == 3
        assert face.script.killed == []

        status, _ = await face.call("PATCH", "/v2/apps//web", {"env": {"A": "b"}})
        app = await face.settled()
        assert (status, app["tasksRunning"], app["env"], app["cmd"]) == (200, 3, {"A": "b"}, "serve")
        assert len(face.script.killed) == 3
        assert app["versionInfo"]["lastConfigChangeAt"] == app["version"] > app["versionInfo"]["lastScalingAt"]

        known = (await face.call("GET", "/v2/apps/web/versions"))[1]["versions"]
        assert known == sorted(known, reverse=True)
        first = (await face.call("GET", f"/v2/apps/web/versions/{known[-1]}"))[1]
        assert (first["instances"], first["env"], first["version"]) == (2, {}, known[-1])
        await face.call("PUT", "/v2/apps/web", {"version": known[-1]})
        assert (await face.settled())["env"] == {}

        assert (await face.call("DELETE", "/v2/apps/web"))[0] == 200
        assert await face.settled() == {}
        assert (await face.call("GET", "/v2/apps/web")) == (404, {"message": "App '/web' does not exist"})
        assert (await face.call("GET", "/v2/tasks"))[1] == {"tasks": []}
        assert face.store.keys("service/") == ["service/generation"]
        assert face.script.services == ()

    over_http(story)


def test_the_example_is_served_by_host_name() -> None:
    async def story(face: Face) -> None:
        assert (await face.call("POST", "/v2/apps", EXAMPLE.read_bytes()))[0] == 201
        app = await face.settled()
        assert (app["tasksHealthy"], app["tasksUnhealthy"]) == (3, 0)
        assert [port.vhosts for service in face.script.services for port in service.ports] == [("web.localhost",)]

    over_http(story)


def test_bad_definitions_are_refused_by_field_and_leave_nothing() -> None:
    async def story(face: Face) -> None:
        status, answer = await face.call("POST", "/v2/apps", {**WEB, "cpus": -1, "colour": "red"})
        assert (status, answer["message"]) == (422, "Object is not valid")
        assert [one["path"] for one in answer["details"]] == ["/cpus", "/colour"]
        assert all(one["errors"] for one in answer["details"])
        for body in (b"{", b"[1]", b"", b"\xff"):
            status, answer = await face.call("POST", "/v2/apps", body)
            assert (status, answer["message"], answer["details"][0]["path"]) == (400, "Invalid JSON", "/")
        assert (await face.call("POST", "/v2/apps", b'{"id":"/web","cmd":"x","mem":Infinity}'))[0] == 422
        status, answer = await face.call("PUT", "/v2/apps/web", {**WEB, "id": "/other"})
        assert (status, answer["details"][0]["path"]) == (422, "/id")
        assert (await face.call("PUT", "/v2/apps/Not%20a%20path", WEB))[0] == 422
        assert (await face.call("GET", "/v2/apps"))[1] == {"apps": []}
        assert face.store.keys("service/") == ["service/generation"]

    over_http(story)


def test_conflicts_are_refused() -> None:
    async def story(face: Face) -> None:
        vhost = {"HAPROXY_GROUP": "external", "HAPROXY_0_VHOST": "a.localhost"}
        await face.call("POST", "/v2/apps", {**WEB, "labels": vhost})
        await face.settled()
        status, answer = await face.call("POST", "/v2/apps", WEB)
        assert (status, answer["message"]) == (409, "An app with id [/web] already exists.")
        status, answer = await face.call("POST", "/v2/apps", {**WEB, "id": "/b", "labels": vhost})
        assert (status, answer["details"][0]["path"]) == (422, "/labels/HAPROXY_0_VHOST")
        assert answer["details"][0]["errors"] == ["host name a.localhost is served by /web"]
        assert (await face.call("POST", "/v2/apps", {**WEB, "id": "/x/y"}))[0] == 201
        status, answer = await face.call("POST", "/v2/apps", {**WEB, "id": "/x.y"})
        assert (status, "/x/y" in answer["message"]) == (409, True)

    over_http(story)


def test_an_app_under_deployment_is_locked() -> None:
    async def story(face: Face) -> None:
        face.script.stuck = True
        await face.call("POST", "/v2/apps", WEB)
        _, (deployment,) = await face.call("GET", "/v2/deployments?embed=reasons")
        assert deployment["currentActions"][0]["waiting"] == "waiting for an offer: 2 of 2"
        assert (deployment["affectedApps"], deployment["totalSteps"]) == (["/web"], 2)
        for method, path, body in (("PUT", "", {"instances": 1}), ("POST", "/restart", None), ("DELETE", "", None)):
            status, answer = await face.call(method, f"/v2/apps/web{path}", body)
            assert (status, answer["deployments"]) == (409, [{"id": deployment["id"]}])
            assert "locked" in answer["message"]
        _, queue = await face.call("GET", "/v2/queue")
        assert [(one["count"], one["delay"]["overdue"]) for one in queue["queue"]] == [(2, True)]
        assert (await face.call("DELETE", "/v2/apps/web?force=true"))[0] == 200
        assert await face.settled() == {}

    over_http(story)


def test_tasks_can_be_killed_one_by_one() -> None:
    async def story(face: Face) -> None:
        await face.call("POST", "/v2/apps", WEB)
        first, second = [task["id"] for task in (await face.settled())["tasks"]]
        status, answer = await face.call("DELETE", f"/v2/apps/web/tasks/{first}")
        assert (status, answer["task"]["id"]) == (200, first)
        tasks = await face.until("/v2/apps/web/tasks", lambda got: len(got["tasks"]) == 2 and first not in str(got))
        assert tasks["tasks"][0]["id"] == second
        assert (await face.call("DELETE", "/v2/apps/web/tasks/nobody"))[0] == 404
        assert (await face.call("DELETE", "/v2/apps/web/tasks?hots=x"))[0] == 422
        status, answer = await face.call("DELETE", "/v2/apps/web/tasks?host=elsewhere")
        assert (status, answer) == (200, {"tasks": []})
        assert (await face.call("DELETE", f"/v2/apps/web/tasks/{second}?scale=true"))[0] == 200
        app = await face.settled()
        assert (app["instances"], len(app["tasks"])) == (1, 1)

    over_http(story)


def test_changes_at_the_same_time_are_all_kept() -> None:
    async def story(face: Face) -> None:
        await face.call("POST", "/v2/apps", WEB)
        await face.settled()
        changes = [face.call("PATCH", "/v2/apps/web?force=true", {"labels": {"n": str(n)}}) for n in range(5)]
        changes += [face.call("PATCH", "/v2/apps/web?force=true", {"env": {"N": str(n)}}) for n in range(5)]
        assert [status for status, _ in await asyncio.gather(*changes)] == [200] * 10
        app = await face.settled()
        assert (set(app["labels"]), set(app["env"])) == ({"n"}, {"N"})
        assert len((await face.call("GET", "/v2/apps/web/versions"))[1]["versions"]) == 11

    over_http(story)


def test_a_change_of_network_takes_the_ports_along() -> None:
    async def story(face: Face) -> None:
        await face.call("POST", "/v2/apps", WEB)
        await face.settled()
        container = {"docker": {"image": "busybox"}, "portMappings": [{"containerPort": 80}]}
        change = {"container": container, "networks": [{"mode": "container/bridge"}]}
        assert (await face.call("PATCH", "/v2/apps/web", change))[0] == 200
        app = await face.settled()
        assert ("portDefinitions" in app, app["networks"]) == (False, [{"mode": "container/bridge"}])
        assert (await face.call("PATCH", "/v2/apps/web", {"cmd": None, "args": ["a"]}))[0] == 200
        assert (await face.settled())["args"] == ["a"]
        status, _ = await face.call("PUT", "/v2/apps/web?partialUpdate=false", {"cmd": "serve"})
        app = await face.settled()
        assert (status, app["instances"], "container" in app) == (200, 1, False)

    over_http(story)


def test_the_rest_of_the_face() -> None:
    async def story(face: Face) -> None:
        assert (await face.call("PUT", "/v2/apps/new", {"cmd": "x"}))[0] == 201
        assert (await face.call("PATCH", "/v2/apps/none", {"cmd": "x"}))[0] == 404
        assert (await face.call("GET", "/v2/apps?label=a=b"))[0] == 422
        assert (await face.call("GET", "/v2/apps?label=a"))[1] == {"apps": []}
        await face.settled("new")
        _, listed = await face.call("GET", "/v2/apps?id=ne&embed=apps.tasks")
        assert [(app["id"], len(app["tasks"])) for app in listed["apps"]] == [("/new", 1)]
        assert (await face.call("GET", "/v2/apps?id=other"))[1] == {"apps": []}
        assert (await face.call("GET", "/v2/nothing")) == (404, {"message": "URI not found"})
        assert (await face.call("POST", "/v2/tasks"))[0] == 405
        assert (await face.call("GET", "/v2/apps/new/versions/yesterday"))[0] == 422
        assert (await face.call("GET", "/v2/apps/new/versions/2001-01-01T00:00:00.000Z"))[0] == 404
        assert 'barter_service_instances_ready{app="/new"} 1.0' in (await face.client.get("/metrics")).text

    over_http(story)


def test_what_was_answered_outlives_the_process() -> None:
    async def run() -> None:
        async with serving() as face:
            await face.call("POST", "/v2/apps", WEB)
            before = await face.settled()
        async with serving(face.store) as after:
            now = (await after.until("/v2/apps/web", lambda got: got["app"]["tasksRunning"] == 2))["app"]
            assert [task["id"] for task in now["tasks"]] == [task["id"] for task in before["tasks"]]
            assert (now["version"], after.script.killed) == (before["version"], [])

    asyncio.run(run())
