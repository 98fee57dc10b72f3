"""Carries out health checks: HTTP and TCP from here, commands where the task runs."""

import asyncio
from collections.abc import Callable

from barter.agent.executor.actions import RunCheck
from barter.agent.executor.events import Checked
from barter.agent.runtime.base import Runtime
from barter.core.tasks import CheckKind

AT_ONCE = 64
_HEAD_BYTES = 4096


class Checker:
    """`host` is where the tasks' ports answer."""

    def __init__(self, host: str, runtime: Runtime, post: Callable[[Checked], None]) -> None:
        self._host = host
        self._runtime = runtime
        self._post = post
        self._places = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()

    def begin(self, action: RunCheck) -> None:
        task = asyncio.get_running_loop().create_task(self._run(action))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _run(self, action: RunCheck) -> None:
        async with self._places:
            try:
                ok, message = await self._result(action)
            except TimeoutError:
                ok, message = False, f"{self._where(action)} gave no answer within {action.check.timeout_ms} ms"
            except (OSError, EOFError, ValueError) as error:
                ok, message = False, f"{self._where(action)}: {error}"
        self._post(Checked(action.order.key, ok, message))

    async def _result(self, action: RunCheck) -> tuple[bool, str]:
        check = action.check
        if check.kind is CheckKind.COMMAND:
            ok, found = await self._runtime.check(action.order, check.command, check.timeout_ms)
            return ok, f"health check command {found}"
        async with asyncio.timeout(check.timeout_ms / 1000):
            if check.kind is CheckKind.TCP:
                _, writer = await asyncio.open_connection(self._host, check.port)
                writer.close()
                return True, f"{self._where(action)} accepts connections"
            status = await _http_status(self._host, check.port, check.path)
        return 200 <= status < 400, f"{self._where(action)} answered HTTP {status}"

    def _where(self, action: RunCheck) -> str:
        check = action.check
        path = check.path if check.kind is CheckKind.HTTP else ""
        return f"{self._host}:{check.port}{path}" if check.port else "health check command"


async def _http_status(host: str, port: int, path: str) -> int:
    """GET and the answer's status; redirects are an answer. Raises OSError, EOFError or ValueError."""
    if not path.isprintable() or " " in path:
        raise ValueError("the path is not a URL's path")
    reader, writer = await asyncio.open_connection(host, port, limit=_HEAD_BYTES)
    try:
        request = f"GET /{path.lstrip('/')} HTTP/1.1\r\nHost: {host}:{port}\r\n"
        writer.write(f"{request}User-Agent: barter-health-check\r\nConnection: close\r\n\r\n".encode())
        line = await reader.readline()
    finally:
        writer.close()
    words = line.split(maxsplit=2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raise ValueError("the answer is not HTTP")
    return int(words[1])
