"""Carries out checks: HTTP, HTTPS and TCP from here, commands where the task runs."""

import asyncio
import os
import ssl
from collections import defaultdict
from collections.abc import Callable
from urllib.parse import quote

import h11

from barter.agent.executor.actions import RunCheck
from barter.agent.executor.events import Checked, TaskKey
from barter.agent.executor.probes import reason_of
from barter.agent.runtime.base import Runtime
from barter.core.tasks import CheckKind, ReadinessCheck

AT_ONCE = 64
# An error may quote what the other side has sent.
MOST_SAID = 200
_HEAD_BYTES, _READ_BYTES = 16 * 1024, 4096
_DEFAULT_PORTS = {CheckKind.HTTP: 80, CheckKind.HTTPS: 443}


class Checker:
    """`host` is where the ports of tasks answer that have no address of their own.

    A certificate is not verified: it is made out to a name that others use, and who asks here is on the same machine.
    """

    def __init__(self, host: str, runtime: Runtime, post: Callable[[Checked], None]) -> None:
        self._host = host
        self._runtime = runtime
        self._post = post
        self._places = asyncio.Semaphore(AT_ONCE)
        self._under_way: defaultdict[TaskKey, set[asyncio.Task[None]]] = defaultdict(set)
        self._tls = _without_verification()

    def begin(self, action: RunCheck) -> None:
        key = action.order.key
        task = asyncio.get_running_loop().create_task(self._run(action))
        self._under_way[key].add(task)
        task.add_done_callback(lambda done: self._done(key, done))

    def stop(self, key: TaskKey) -> None:
        """Drop the task's checks under way; nothing is told of them."""
        for task in self._under_way.get(key, ()):
            task.cancel()

    async def close(self) -> None:
        tasks = [task for each in self._under_way.values() for task in each]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _done(self, key: TaskKey, task: asyncio.Task[None]) -> None:
        self._under_way[key].discard(task)
        if not self._under_way[key]:
            del self._under_way[key]

    async def _run(self, action: RunCheck) -> None:
        async with self._places:
            ok: bool | None
            found: int | None = 0 if action.check.kind is CheckKind.TCP else None
            try:
                ok, message, found = await self._result(action)
            except TimeoutError:
                ok, message = False, f"{self._where(action)} gave no answer within {action.check.timeout_ms} ms"
            except (OSError, EOFError, ValueError, h11.ProtocolError) as error:
                ok, message = False, f"{self._where(action)}: {_why(error)[:MOST_SAID]}"
        self._post(Checked(action.order.key, action.check, ok, message, found))

    async def _result(self, action: RunCheck) -> tuple[bool | None, str, int | None]:
        """Whether it is good, in words, and what of it a CheckResult says."""
        check, host = action.check, action.address or self._host
        if check.kind is CheckKind.COMMAND:
            ran = await self._runtime.check(action.order, check.command, check.timeout_ms)
            return ran.ok, f"{_what(action)} command {ran.found}", ran.exit_code
        async with asyncio.timeout(check.timeout_ms / 1000):
            if check.kind is CheckKind.TCP:
                _, writer = await asyncio.open_connection(host, check.port)
                writer.transport.abort()
                return True, f"{self._where(action)} accepts connections", 1
            status = await self._http_status(host, check.port, check.path, check.kind)
        good = (isinstance(check, ReadinessCheck) and check.statuses) or range(200, 400)
        return status in good, f"{self._where(action)} answered HTTP {status}", status

    def _where(self, action: RunCheck) -> str:
        check = action.check
        if check.kind is CheckKind.COMMAND:
            return f"{_what(action)} command"
        place = _authority(action.address or self._host, check.port)
        match check.kind:
            case CheckKind.HTTPS:
                return f"https://{place}{_target(check.path)}"
            case CheckKind.HTTP:
                return f"{place}{_target(check.path)}"
            case _:
                return place

    async def _http_status(self, host: str, port: int, path: str, kind: CheckKind) -> int:
        """GET and the answer's status; redirects are an answer. Raises OSError, EOFError, ValueError, ProtocolError."""
        target = _target(path)
        if not target.isprintable() or " " in target:
            raise ValueError("the path is not a URL's path")
        secure = kind is CheckKind.HTTPS
        reader, writer = await asyncio.open_connection(
            host, port, limit=_HEAD_BYTES, ssl=self._tls if secure else None, server_hostname="" if secure else None
        )
        try:
            connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_BYTES)
            at = _authority(host, port, without=_DEFAULT_PORTS[kind])
            headers = [("Host", at), ("User-Agent", "barter-health-check"), ("Accept", "*/*"), ("Connection", "close")]
            writer.write(connection.send(h11.Request(method="GET", target=_quoted(target), headers=headers)) or b"")
            return await _answer(connection, reader)
        finally:
            writer.transport.abort()


async def _answer(connection: h11.Connection, reader: asyncio.StreamReader) -> int:
    """The final answer's status; what an endless series of provisional ones may take is up to the timeout."""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            data = await reader.read(_READ_BYTES)
            if not data:
                raise EOFError("closed the connection without an answer")
            connection.receive_data(data)
        elif isinstance(event, h11.Response):
            return event.status_code


def _without_verification() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _why(error: Exception) -> str:
    """asyncio tells a refused connection with its number and the address once more."""
    return os.strerror(error.errno) if isinstance(error, ConnectionError) and error.errno else str(error)


def _what(action: RunCheck) -> str:
    return reason_of(action.check).lower().replace("_", " ")


def _target(path: str) -> str:
    return f"/{path.lstrip('/')}"


def _quoted(target: str) -> str:
    """With what a request cannot hold written as it must be; what is quoted already stays so."""
    return "".join(each if each.isascii() else quote(each) for each in target)


def _authority(host: str, port: int, without: int = 0) -> str:
    """`host:port` as in a URL; the scheme's own port is left out."""
    name = f"[{host.partition('%')[0]}]" if ":" in host else host
    return name if port == without else f"{name}:{port}"
