"""Operators and users who write all the time, and note what was acknowledged."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Sequence
from typing import Any

import grpc.aio as aio

from barter.proto.v1 import operator_pb2 as pb
from barter.proto.v1 import types_pb2
from tests.failover.calls import Masters, http
from tests.failover.record import Outcome, Read, Record, Write, now_ms

PATIENCE_S, PAUSE_S = 3.0, 0.3
TRIES, MOST_PASSING = 10, 4
ONE_ROLE, ONE_APP = "one", "/one"
USUAL_MILLI, GIVEN_MILLI = 1_000, 2_000
REDIRECTS = (301, 302, 307, 308)


class Writers:
    """Each key has one writer: a role that is set again and again, roles that are made once, and apps alike."""

    def __init__(self, masters: Masters, services: Sequence[str], record: Record) -> None:
        self._masters, self._services, self._record = masters, tuple(services), record
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, passing: dict[str, object]) -> None:
        """`passing` is scaled up and down, so that there is always something to order."""
        works = [self._scales(passing), self._reads()]
        for again in (True, False):
            works += [self._roles(again=again), self._apps(again=again)]
        self._tasks = [asyncio.create_task(work) for work in works]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for outcome in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                self._record.problems.append(f"a writer broke: {outcome!r}")

    async def _roles(self, *, again: bool) -> None:
        for number in itertools.count(GIVEN_MILLI):
            role = ONE_ROLE if again else f"made/r{number}"
            await self._write(f"role {role}", str(number), self._set_weight(role, number))

    async def _set_weight(self, role: str, weight: int) -> bool:
        config = types_pb2.RoleConfig(role=role, weight_milli=weight)
        request = pb.SetRolesRequest(roles=[config], part="WEIGHT")
        try:
            await self._masters.ask(lambda stub, seconds: stub.SetRoles(request, timeout=seconds), PATIENCE_S)
        except (aio.AioRpcError, TimeoutError):
            return False
        return True

    async def _apps(self, *, again: bool) -> None:
        for number in itertools.count(1):
            app = ONE_APP if again else f"/made/a{number}"
            await self._write(f"app {app}", str(number), self._put_app(app, number))

    async def _put_app(self, app: str, number: int) -> bool:
        body = {"id": app, "cmd": "true", "instances": 0, "cpus": 0.1, "mem": 32, "labels": {"number": str(number)}}
        return await _is_some(self.service(f"/v2/apps{app}?force=true", "PUT", body))

    async def _scales(self, passing: dict[str, object]) -> None:
        for number in itertools.count(1):
            wanted = {**passing, "instances": number % MOST_PASSING}
            put = self.service(f"/v2/apps{passing['id']}?force=true", "PUT", wanted)
            await self._write(f"app {passing['id']}", str(wanted["instances"]), _is_some(put))

    async def service(self, path: str, method: str = "GET", body: object = None) -> Any:
        """The JSON of the service that leads; nothing where none answered with success."""
        waiting, tried = list(self._services), set[str]()
        while waiting:
            address = waiting.pop(0)
            tried.add(address)
            reply = await http(address, path, method, body, PATIENCE_S)
            if reply.status in (200, 201):
                return reply.json
            if reply.status in REDIRECTS:
                other = reply.headers.get("location", "").partition("://")[2].partition("/")[0]
                if other and other not in tried:
                    waiting = [other, *(each for each in waiting if each != other)]
        return None

    async def _write(self, key: str, value: str, attempt: Awaitable[bool]) -> None:
        began = now_ms()
        outcome = Outcome.UNKNOWN
        try:
            if await attempt:
                outcome = Outcome.ACKNOWLEDGED
        finally:
            # Cancelled amid it, too: it may come about.
            self._record.writes.append(Write(key, value, outcome, began, now_ms()))
        await asyncio.sleep(PAUSE_S)

    async def _reads(self) -> None:
        """What is acknowledged is seen from then on."""
        while True:
            began = now_ms()
            with contextlib.suppress(aio.AioRpcError, TimeoutError):
                if (value := (await self._weights()).get(ONE_ROLE)) is not None:
                    self._record.reads.append(Read(f"role {ONE_ROLE}", str(value), began, now_ms()))
            began = now_ms()
            if (answer := await self.service(f"/v2/apps{ONE_APP}")) is not None:
                self._record.reads.append(Read(f"app {ONE_APP}", answer["app"]["labels"]["number"], began, now_ms()))
            await asyncio.sleep(PAUSE_S)

    async def _weights(self) -> dict[str, int]:
        request = pb.ListRolesRequest()
        roles = await self._masters.ask(lambda stub, seconds: stub.ListRoles(request, timeout=seconds), PATIENCE_S)
        return {each.config.role: each.config.weight_milli for each in roles.roles}

    async def final(self) -> dict[str, str]:
        """Everything that is there in the end; raises what the last of some tries raises."""
        for _ in range(TRIES):
            with contextlib.suppress(aio.AioRpcError, TimeoutError):
                return await self._all()
            await asyncio.sleep(PAUSE_S)
        return await self._all()

    async def _all(self) -> dict[str, str]:
        weights = await self._weights()
        found = {f"role {role}": str(weight) for role, weight in weights.items() if weight != USUAL_MILLI}
        if (answer := await self.service("/v2/apps")) is None:
            raise TimeoutError("no service framework answers")
        for app in answer["apps"]:
            found[f"app {app['id']}"] = app["labels"].get("number", str(app["instances"]))
        return found


async def _is_some(answer: Awaitable[object]) -> bool:
    return (await answer) is not None
