"""What a process of the framework answers, whether it leads, another does, or nobody."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from barter.frameworks.service.shell.front import Front
from barter.frameworks.service.shell.process import ServiceOptions, ServiceProcess
from barter.sdk import MemoryStore
from tests.integration.machine import free_address


class Played:
    """A standing as the test sets it."""

    def __init__(self, leader: str = "", *, leads: bool = False) -> None:
        self.leads, self.leader, self.why_no_leader = leads, leader, "ZooKeeper at z:1 has not answered for 12 s"
        self.abdicate: Callable[[], None] | None = None


def ask(standing: Played, method: str, url: str, content: bytes = b"") -> httpx.Response:
    app = FastAPI()
    front = Front(standing, "own:8080")
    front.api = app

    @app.api_route("/v2/apps", methods=["GET", "PUT"])
    async def apps() -> dict[str, str]:
        return {"served": "here"}

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(front)
        async with httpx.AsyncClient(transport=transport, base_url="http://own:8080") as client:
            return await client.request(method, url, content=content)

    return asyncio.run(run())


def test_who_leads_serves_and_says_so() -> None:
    answer = ask(Played("own:8080", leads=True), "GET", "/v2/apps")
    assert (answer.status_code, answer.json()) == (200, {"served": "here"})
    assert answer.headers["X-Marathon-Leader"] == "http://own:8080"


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/v2/apps", "/v2/apps//a%2Fb/c%20d?force=true&host=h%26", "/anything"])
def test_others_send_to_the_leader_whatever_is_asked(method: str, path: str) -> None:
    answer = ask(Played("lead:9"), method, path, b"x" * 300_000)
    assert (answer.status_code, answer.content) == (307, b"")
    assert answer.headers["Location"] == f"http://lead:9{path}"
    assert answer.headers["X-Marathon-Leader"] == "http://lead:9"


def test_nobody_leads() -> None:
    answer = ask(Played(), "PUT", "/v2/apps", b"{}")
    assert answer.status_code == 503
    assert answer.json()["message"] == (
        "no service framework leads: ZooKeeper at z:1 has not answered for 12 s; "
        "running apps go on, changes are refused"
    )


def test_nobody_is_sent_to_the_process_that_sends() -> None:
    answer = ask(Played("own:8080"), "GET", "/v2/apps")
    assert answer.status_code == 503
    assert "the process before this one" in answer.json()["message"]


def over_http(standing: Played, story: Callable[[httpx.AsyncClient, ServiceProcess], Awaitable[None]]) -> None:
    async def run() -> None:
        process = ServiceProcess(ServiceOptions("127.0.0.1:1", Path(), free_address()))
        stop = await process.listen(standing)
        try:
            async with httpx.AsyncClient(base_url=f"http://{process.address}", trust_env=False) as client:
                await story(client, process)
        finally:
            await stop()

    asyncio.run(run())


def test_each_process_says_how_it_stands() -> None:
    standing = Played()

    async def story(client: httpx.AsyncClient, process: ServiceProcess) -> None:
        assert (await client.get("/ping")).text == "pong"
        missing = await client.get("/v2/leader")
        assert (missing.status_code, missing.json()) == (404, {"message": "There is no leader"})
        assert (await client.get("/health")).json()["reason"] == standing.why_no_leader
        standing.leader = "lead:9"
        assert (await client.get("/v2/leader")).json() == {"leader": "lead:9"}
        info = (await client.get("/v2/info")).json()
        assert (info["leader"], info["elected"], info["frameworkId"]) == ("lead:9", False, None)
        assert (await client.get("/health")).json()["leading"] is False
        assert "barter_service_instances" not in (await client.get("/metrics")).text
        assert (await client.put("/v2/apps/web", content=b"{}")).status_code == 307

        process.make(MemoryStore())
        standing.leads, standing.leader = True, process.address
        assert (await client.get("/v2/apps")).json() == {"apps": []}
        assert (await client.get("/nothing")).status_code == 404
        assert (await client.get("/health")).json()["leading"] is True
        assert "barter_service_instances_target" in (await client.get("/metrics")).text

    over_http(standing, story)
