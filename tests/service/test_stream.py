"""/v2/events over real connections: all that was asked for, at once, to the end."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from barter.frameworks.service.published import Published, app_terminated
from barter.frameworks.service.shell import stream as streams
from barter.frameworks.service.shell.stream import EventStream
from barter.shell import http
from tests.integration.machine import free_address

ACCEPT = {"Accept": "text/event-stream"}


@asynccontextmanager
async def served() -> AsyncIterator[tuple[EventStream, str]]:
    stream, address = EventStream(lambda: 1_443_542_391_164), free_address()
    face = http.face("events", CollectorRegistry(), dict)
    api = FastAPI(openapi_url=None)
    api.add_api_route("/v2/events", stream.answer, response_model=None)
    face.mount("/", api)
    stop = await http.serve(face, address)
    try:
        yield stream, f"http://{address}/v2/events"
    finally:
        stream.close()
        await stop()


async def following(lines: AsyncIterator[str]) -> dict[str, Any]:
    """The next event; comments are left out."""
    async for line in lines:
        if line.startswith("data: "):
            found: dict[str, Any] = json.loads(line.removeprefix("data: "))
            return found
    raise EOFError


def test_a_client_hears_all_in_order_and_each_at_once() -> None:
    async def scene() -> None:
        async with (
            served() as (stream, url),
            httpx.AsyncClient() as client,
            client.stream("GET", url, headers=ACCEPT) as answer,
        ):
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.aiter_lines()
            attached = await following(lines)
            assert attached["eventType"] == "event_stream_attached"
            assert attached["remoteAddress"] == "127.0.0.1"
            assert attached["timestamp"] == "2015-09-29T15:59:51.164Z"
            for number in range(3):
                stream.publish(app_terminated(f"/a{number}"))
                assert await following(lines) == {
                    "appId": f"/a{number}", "eventType": "app_terminated_event", "timestamp": attached["timestamp"],
                }  # fmt: skip
            for number in range(2_000):
                stream.publish(app_terminated(f"/b{number}"))
            heard = [(await following(lines))["appId"] for _ in range(2_000)]
            assert heard == [f"/b{number}" for number in range(2_000)]

    asyncio.run(scene())


def test_only_the_types_that_were_asked_for() -> None:
    async def scene() -> None:
        async with served() as (stream, url), httpx.AsyncClient() as client:
            asked = f"{url}?event_type=deployment_success&event_type=event_stream_detached"
            async with client.stream("GET", asked, headers=ACCEPT) as answer:
                lines = answer.aiter_lines()
                async with client.stream("GET", url, headers=ACCEPT) as other:
                    assert (await following(other.aiter_lines()))["eventType"] == "event_stream_attached"
                    stream.publish(app_terminated("/a"))
                    stream.publish(Published("deployment_success", {"id": "d"}))
                assert (await following(lines))["id"] == "d"
                assert (await following(lines))["eventType"] == "event_stream_detached"

    asyncio.run(scene())


def test_who_accepts_no_stream_is_told_how() -> None:
    async def scene() -> None:
        async with served() as (_, url), httpx.AsyncClient() as client:
            answer = await client.get(url, headers={"Accept": "application/json"})
            assert answer.status_code == 405
            assert "Accept: text/event-stream" in answer.json()["message"]

    asyncio.run(scene())


def test_who_does_not_read_is_let_go_and_the_others_hear_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_WAITING", 1 << 20)

    async def scene() -> None:
        async with (
            served() as (stream, url),
            httpx.AsyncClient() as client,
            client.stream("GET", url, headers=ACCEPT) as deaf,
            client.stream("GET", f"{url}?event_type=deployment_success", headers=ACCEPT) as other,
        ):
            large = Published("deployment_info", {"plan": "x" * 65_536})
            with capture_logs() as logged:
                for _ in range(200):
                    stream.publish(large)
                    await asyncio.sleep(0)
            assert ["does not read" in line["event"] for line in logged] == [True], "it is said once"
            stream.publish(Published("deployment_success", {"id": "d"}))
            assert (await following(other.aiter_lines()))["id"] == "d"
            received = sum([len(chunk) async for chunk in deaf.aiter_bytes()])
            assert received < 200 * 65_536, "its connection ended early, so it knows that it missed something"

    asyncio.run(scene())
