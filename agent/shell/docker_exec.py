"""A command beside a task in a container, run by the engine. Its calls block, so they are made in threads."""

import asyncio
import contextlib
import os
import signal
import socket
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import docker
import requests
from docker.errors import APIError, DockerException
from docker.utils import kwargs_from_env

from barter.agent.runtime.engine import DEFAULT_HOST
from barter.agent.runtime.neighbours import is_local
from barter.agent.shell.execs import NoExec, Session, Tell, Wanted
from barter.proto.v1 import node_pb2 as pb

CHUNK = 32 << 10
CALL_S = 10
_STDERR = 2
_FRAME = struct.Struct(">BxxxL")
_END_OF_INPUT = b"\x04"
_LOOK_S = 0.05
_GRACE_S = 1.0
_LOOKS = 40
_Failures = (DockerException, requests.RequestException, OSError)
AnswerT = TypeVar("AnswerT")
_closing: set[asyncio.Future[None]] = set()


async def begin(wanted: Wanted, container: str) -> "DockerSession":
    """Raises NoExec. One that is cancelled leaves nothing behind in the container."""
    making = asyncio.ensure_future(asyncio.to_thread(DockerSession, wanted, container))
    try:
        return await asyncio.shield(making)
    except asyncio.CancelledError:
        closing = asyncio.ensure_future(_close_unwanted(making))
        _closing.add(closing)
        closing.add_done_callback(_closing.discard)
        raise
    except APIError as error:
        raise NoExec(f"the Docker Engine refuses: {error.explanation or error}") from None
    except _Failures as error:
        raise NoExec(f"the Docker Engine does not answer: {error}; is it running?") from None


async def _close_unwanted(making: "asyncio.Future[DockerSession]") -> None:
    with contextlib.suppress(*_Failures):
        session = await making
        await session.close()


class DockerSession(Session):
    def __init__(self, wanted: Wanted, container: str) -> None:
        """Creates and starts the command; raises what the SDK raises."""
        self._tty = wanted.tty
        # A connection that is read from for hours must not time out, one that is asked must.
        self._client = docker.APIClient(version="auto", timeout=CALL_S, **kwargs_from_env())
        made = self._client.exec_create(
            container,
            list(wanted.command),
            stdin=wanted.interactive,
            tty=wanted.tty,
            environment={"TERM": wanted.term} if wanted.tty else None,
        )
        self._id: str = made["Id"]
        raw: Any = self._client.exec_start(self._id, tty=wanted.tty, socket=True)
        self._raw, self._response = raw, raw._response
        # What came with the answer's head is in the reader's buffer, not in the socket any more.
        self._reader: Any = raw._response.raw._fp.fp
        self._socket: socket.socket = raw._sock
        self._socket.settimeout(None)
        self._input_open = True
        # One that waits for hours must not take the threads that others need.
        self._waits = ThreadPoolExecutor(2, "exec")
        if wanted.tty and wanted.rows:
            with contextlib.suppress(APIError):
                self._client.exec_resize(self._id, height=wanted.rows, width=wanted.columns)

    async def run(self, tell: Tell) -> int:
        kind, left = 1, 0
        while head := await self._read(_FRAME.size if not self._tty else CHUNK, whole=not self._tty):
            if self._tty:
                await tell(pb.ExecEvent(stdout=head))
                continue
            kind, left = _FRAME.unpack(head)
            while left and (data := await self._read(min(left, CHUNK))):
                left -= len(data)
                await tell(pb.ExecEvent(stderr=data) if kind == _STDERR else pb.ExecEvent(stdout=data))
        return await self._exit_code()

    async def _read(self, size: int, *, whole: bool = False) -> bytes:
        """What is there, up to `size` or with `whole` exactly that; nothing at the end."""

        def read() -> bytes:
            data: bytes = self._reader.read(size) if whole else self._reader.read1(size)
            return data if not whole or len(data) == size else b""

        try:
            return await asyncio.get_running_loop().run_in_executor(self._waits, read)
        except (OSError, ValueError):
            return b""

    async def _exit_code(self) -> int:
        for _ in range(_LOOKS):
            shown = await self._ask(lambda: self._client.exec_inspect(self._id))
            if shown is not None and not shown["Running"]:
                return int(shown["ExitCode"] or 0)
            await asyncio.sleep(_LOOK_S)
        raise NoExec("the Docker Engine closed the connection and does not say how the command ended")

    async def write(self, data: bytes) -> None:
        if self._input_open:
            await asyncio.get_running_loop().run_in_executor(self._waits, self._socket.sendall, data)

    async def end_input(self) -> None:
        if self._tty:
            await self.write(_END_OF_INPUT)
        elif self._input_open:
            self._input_open = False
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)

    async def resize(self, rows: int, columns: int) -> None:
        if self._tty and rows:
            await self._ask(lambda: self._client.exec_resize(self._id, height=rows, width=columns))

    async def signal(self, number: signal.Signals) -> None:
        """The engine has no call for it: only where its processes are those of this machine."""
        shown = await self._ask(lambda: self._client.exec_inspect(self._id))
        if shown is not None and shown["Running"] and shown["Pid"]:
            await asyncio.to_thread(_signal, shown["Pid"], shown["ContainerID"], number)

    async def close(self) -> None:
        with contextlib.suppress(OSError):
            # This also ends a read under way in a thread.
            self._socket.shutdown(socket.SHUT_RDWR)
        await self.signal(signal.SIGHUP)
        for _ in range(round(_GRACE_S / _LOOK_S)):
            shown = await self._ask(lambda: self._client.exec_inspect(self._id))
            if shown is None or not shown["Running"]:
                break
            await asyncio.sleep(_LOOK_S)
        else:
            await self.signal(signal.SIGKILL)
        self._waits.shutdown(wait=False, cancel_futures=True)
        self._response.close()
        self._raw.close()
        self._client.close()

    async def _ask(self, call: Callable[[], AnswerT]) -> AnswerT | None:
        with contextlib.suppress(*_Failures):
            return await asyncio.to_thread(call)
        return None


def _signal(pid: int, container_id: str, number: signal.Signals) -> None:
    """Another machine's process id is a stranger's here, and one that has just ended may be one soon."""
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/cgroup") as file:
            ours = container_id in file.read()
        if ours and is_local(kwargs_from_env().get("base_url", DEFAULT_HOST)):
            os.kill(pid, number)
