"""What each process answers itself: who it is, who leads, that another is to lead, and how it is described."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter, Gauge

from barter.frameworks.service.shell.front import Front
from barter.frameworks.service.shell.own_answers import OwnAnswers
from barter.shell.metrics_json import metrics_json


class Played:
    """A standing as the test sets it."""

    def __init__(self, leader: str, *, leads: bool, abdicate: Callable[[], None] | None = None) -> None:
        self.leads, self.leader, self.abdicate = leads, leader, abdicate
        self.why_no_leader = "there was no election yet"


def ask(standing: Played, method: str, path: str, wait: asyncio.Event | None = None, accept: str = "*/*") -> Any:
    face = FastAPI()
    OwnAnswers(standing, Front(standing, "own:8080"), lambda: {"name": "service"}).install(face)

    async def run() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(face), base_url="http://own:8080") as client:
            answer = await client.request(method, path, headers={"Accept": accept})
        if wait is not None:
            async with asyncio.timeout(10):
                await wait.wait()
        return answer

    return asyncio.run(run())


def test_who_leads_abdicates_once_it_has_answered() -> None:
    over = asyncio.Event()
    answer = ask(Played("own:8080", leads=True, abdicate=over.set), "DELETE", "/v2/leader", over)
    assert (answer.status_code, answer.json()) == (200, {"message": "Leadership abdicated"})


@pytest.mark.parametrize(
    ("standing", "path", "status", "said"),
    [
        (Played("own:8080", leads=True), "/v2/leader", 409, "alone on its folder"),
        (Played("own:8080", leads=True, abdicate=print), "/v2/leader?backup=file:///x", 422, "barter backup"),
        (Played("", leads=False), "/v2/leader", 503, "there was no election yet"),
    ],
)
def test_who_cannot_abdicate_says_why(standing: Played, path: str, status: int, said: str) -> None:
    answer = ask(standing, "DELETE", path)
    assert answer.status_code == status
    assert said in answer.json()["message"]


@pytest.mark.parametrize("path", ["/ping", "/v2/info", "/v2/leader"])
def test_a_load_balancer_may_ask_with_head(path: str) -> None:
    assert ask(Played("own:8080", leads=True), "HEAD", path).status_code == 200


def test_who_does_not_lead_sends_there() -> None:
    answer = ask(Played("lead:9", leads=False), "DELETE", "/v2/leader")
    assert (answer.status_code, answer.headers["Location"]) == (307, "http://lead:9/v2/leader")


def test_it_tells_who_leads() -> None:
    assert ask(Played("lead:9", leads=False), "GET", "/v2/leader").json() == {"leader": "lead:9"}
    assert ask(Played("", leads=False), "GET", "/v2/leader").status_code == 404
    info = ask(Played("lead:9", leads=False), "GET", "/v2/info").json()
    assert (info["name"], info["elected"], info["leader"]) == ("service", False, "lead:9")


def test_a_ping_is_answered_as_it_is_wanted() -> None:
    standing = Played("own:8080", leads=True)
    assert [
        ask(standing, "GET", "/ping", accept=accept).text for accept in ("*/*", "text/plain", "application/json")
    ] == [
        "pong",
        "pong",
        '"pong"',
    ]


def test_every_name_in_the_description_is_there() -> None:
    described = ask(Played("own:8080", leads=True), "GET", "/v2/openapi.json").json()
    named = set(_references(described))
    assert named <= {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert {"/v2/apps", "/v2/groups/{group_id}", "/v2/pods", "/v2/queue", "/v2/events"} <= set(described["paths"])


def test_metrics_as_json_leave_out_what_json_cannot_say() -> None:
    registry = CollectorRegistry()
    Counter("calls", "Calls", registry=registry).inc(3)
    gauge = Gauge("ready", "Ready", ["app"], registry=registry)
    gauge.labels("/web").set(2)
    gauge.labels("/odd").set(float("nan"))
    told = metrics_json(registry)
    assert (told["counters"], told["gauges"]) == ({"calls_total": {"count": 3}}, {"ready{app=/web}": {"value": 2.0}})


def _references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [found for value in part.values() for found in _references(value)]
    return [found for value in part for found in _references(value)] if isinstance(part, list) else []
