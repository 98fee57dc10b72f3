"""Checks against real servers: what answers well, badly, slowly, for ever, or not at all."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from barter.agent.executor.actions import RunCheck
from barter.agent.executor.events import AnyCheck, Checked, Held, Order, Sample, TaskKey
from barter.agent.executor.shell.checks import Checker
from barter.agent.runtime.base import Report, Runtime
from barter.agent.runtime.ran import Ran
from barter.core.tasks import CheckKind, HealthCheck, ReadinessCheck, StatusCheck
from tests.integration.executor_agent import FRAMEWORK, task

pytestmark = pytest.mark.integration

ORDER = Order(FRAMEWORK, task("t1"), "/sandbox", "barter.a.f.t1")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class NoRuntime(Runtime):
    """Its check commands end when they are cancelled."""

    cancelled = False

    async def start(self, report: Report) -> Sequence[Held]:
        return ()

    def launch(self, orders: Sequence[Order]) -> None: ...

    def end(self, key: TaskKey, *, force: bool) -> None: ...

    def release(self, keys: Sequence[TaskKey]) -> None: ...

    async def check(self, order: Order, command: str, timeout_ms: int) -> Ran:
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled = True
        return Ran(None, "")

    async def measure(self, keys: Sequence[TaskKey]) -> Sequence[Sample]:
        return ()

    async def close(self) -> None: ...


@asynccontextmanager
async def serving(handler: Handler, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except ConnectionError:
            return
        finally:
            writer.close()

    server = await asyncio.start_server(handle, host, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def saying(*parts: bytes, heard: list[bytes] | None = None) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if heard is not None:
            heard.append(request)
        for part in parts:
            writer.write(part)
            await writer.drain()

    return handle


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Headers without an end, slowly."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while not writer.is_closing():
        writer.write(b"X-More: more\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One header that does not end, as fast as can be."""
    writer.write(b"HTTP/1.1 200 OK\r\nX-More: ")
    while not writer.is_closing():
        writer.write(b"x" * 65_536)
        await writer.drain()


async def checked(check: AnyCheck, host: str = "127.0.0.1", address: str = "") -> Checked:
    results: asyncio.Queue[Checked] = asyncio.Queue()
    checker = Checker(host, NoRuntime(), results.put_nowait)
    checker.begin(RunCheck(ORDER, check, address))
    try:
        return await asyncio.wait_for(results.get(), 20)
    finally:
        await checker.close()


def http(port: int, **more: object) -> HealthCheck:
    return replace(HealthCheck(CheckKind.HTTP, port=port, path="/health?x=1", timeout_ms=5_000), **more)  # type: ignore[arg-type]


def test_http_by_its_status_after_any_that_are_provisional() -> None:
    async def story() -> None:
        heard: list[bytes] = []
        async with serving(saying(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", OK, heard=heard)) as port:
            result = await checked(http(port))
            assert (result.ok, result.message) == (True, f"127.0.0.1:{port}/health?x=1 answered HTTP 200")
        assert heard[0].startswith(b"GET /health?x=1 HTTP/1.1\r\n")
        assert b"Host: 127.0.0.1:%d\r\n" % port in heard[0]
        async with serving(saying(OK, heard=heard)) as port:
            assert (await checked(http(port, path="/prêt%20?a=é"))).ok
        assert heard[1].startswith(b"GET /pr%C3%AAt%20?a=%C3%A9 HTTP/1.1\r\n")
        for status, ok in ((302, True), (404, False), (503, False)):
            async with serving(saying(b"HTTP/1.0 %d So\r\n\r\n" % status)) as port:
                assert (await checked(http(port))).ok is ok
        async with serving(saying(b"HTTP/1.1 302 Found\r\n\r\n")) as port:
            ready = ReadinessCheck(CheckKind.HTTP, port=port, statuses=(200,))
            assert await checked(ready) == Checked(ORDER.key, ready, False, f"127.0.0.1:{port}/ answered HTTP 302", 302)

    asyncio.run(story())


def test_a_status_check_says_what_it_found_whatever_that_is() -> None:
    async def story() -> None:
        async with serving(saying(b"HTTP/1.1 503 Busy\r\n\r\n")) as port:
            assert (await checked(StatusCheck(CheckKind.HTTP, port))).found == 503
            assert (await checked(StatusCheck(CheckKind.TCP, port))).found == 1
        assert (await checked(StatusCheck(CheckKind.TCP, port))).found == 0
        assert (await checked(StatusCheck(CheckKind.HTTP, port))).found is None

    asyncio.run(story())


def test_what_is_no_answer() -> None:
    async def story() -> None:
        for says, why in ((b"SSH-2.0-OpenSSH_9\r\n\r\n", ""), (b"", "closed the connection without an answer")):
            async with serving(saying(says)) as port:
                result = await checked(http(port))
                assert not result.ok
                assert why in result.message
        for handler in (endless, flood, saying(b"x" * 16_000 + b"\r\n\r\n")):
            async with serving(handler) as port:
                result = await checked(http(port, timeout_ms=200))
                assert not result.ok
                assert len(result.message) < 300
        async with serving(saying(OK)) as port:
            pass
        refused = await checked(http(port))
        assert not refused.ok
        assert f"127.0.0.1:{port}/health?x=1: Connection refused" in refused.message
        assert "not a URL's path" in (await checked(http(port, path="/a b\r\nX: y"))).message

    asyncio.run(story())


def test_an_address_of_its_own_and_ipv6() -> None:
    async def story() -> None:
        heard: list[bytes] = []
        async with serving(saying(OK, heard=heard), "::1") as port:
            assert (await checked(http(port), host="::1")).ok
            result = await checked(http(port), address="::1")
            assert (result.ok, result.message) == (True, f"[::1]:{port}/health?x=1 answered HTTP 200")
            assert (await checked(HealthCheck(CheckKind.TCP, port=port), host="::1")).ok
        assert b"Host: [::1]:%d\r\n" % port in heard[0]

    asyncio.run(story())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_https_takes_any_certificate_and_no_plain_http(tmp_path: Path) -> None:
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=elsewhere"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    named: list[str | None] = []
    tls.sni_callback = lambda _socket, name, _context: named.append(name)

    async def story() -> None:
        async with serving(saying(OK), tls=tls) as port:
            result = await checked(http(port, kind=CheckKind.HTTPS))
            assert (result.ok, result.message) == (True, f"https://127.0.0.1:{port}/health?x=1 answered HTTP 200")
            assert not (await checked(http(port, timeout_ms=500))).ok
        async with serving(saying(OK)) as port:
            assert not (await checked(http(port, kind=CheckKind.HTTPS, timeout_ms=500))).ok

    asyncio.run(story())
    assert named == [None]


def test_what_is_stopped_tells_nothing_and_keeps_nothing_open() -> None:
    async def story() -> None:
        told: list[Checked] = []
        runtime = NoRuntime()
        checker = Checker("127.0.0.1", runtime, told.append)
        asked, left = asyncio.Event(), asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            asked.set()
            with_end = await reader.read()
            assert with_end == b""
            left.set()

        async with serving(silent) as port:
            checker.begin(RunCheck(ORDER, http(port)))
            checker.begin(RunCheck(ORDER, HealthCheck(CheckKind.COMMAND, command="sleep 300")))
            await asyncio.wait_for(asked.wait(), 10)
            checker.stop(ORDER.key)
            await asyncio.wait_for(left.wait(), 10)
        await checker.close()
        assert told == []
        assert runtime.cancelled

    asyncio.run(story())
