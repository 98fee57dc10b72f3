"""The executor's end of its keeper: finds the one that lives or starts one, and talks to it in the loop."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from barter.agent.runtime.keeper import boot, wire
from barter.agent.runtime.keeper.keeper import NOTES, PID, SOCKET
from barter.agent.runtime.keeper.start import RESTORED
from barter.agent.runtime.keeper.wire import Message
from barter.agent.runtime.proc import start_time, stopped
from barter.shell.log import logger

_GREETING_S, _FIRST_RETRY_S, _LONGEST_RETRY_S, _LEAVE_S = 3.0, 0.1, 2.0, 5.0
_LOOK_S = 3.0
_log = logger("executor")


class Keeping(asyncio.Protocol):
    """`heard` gets each message, `back` the names of all tasks held, once for each keeper that was connected to.

    `failed` is called while none can be had, every now and then. What is sent while there is no connection is
    dropped: `back` says what the keeper does not know.
    """

    def __init__(
        self,
        folder: Path,
        heard: Callable[[Message], None],
        back: Callable[[set[bytes]], None],
        failed: Callable[[], None],
    ) -> None:
        self._folder, self._heard, self._back, self._failed = folder, heard, back, failed
        self._transport: asyncio.Transport | None = None
        self._greeted: asyncio.Future[bool] | None = None
        self._read = bytearray()
        self._held: set[bytes] = set()
        self._connecting: asyncio.Task[None] | None = None
        self._children: set[int] = set()
        self._pid = 0
        self._closing = False
        self._next_look: asyncio.TimerHandle | None = None
        self._lost = asyncio.Event()
        self.ready = False

    @property
    def left_something(self) -> bool:
        """Whether an earlier keeper lives or left notes."""
        return any((self._folder / name).exists() for name in (NOTES, SOCKET))

    @property
    def connecting(self) -> bool:
        return self._connecting is not None

    def begin(self) -> None:
        """Connect unless that is so or under way; `back` tells when it is done."""
        if not self.ready and self._connecting is None and not self._closing:
            self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def until_ready(self) -> None:
        self.begin()
        while self._connecting is not None:
            await asyncio.shield(self._connecting)

    def send(self, *parts: bytes) -> None:
        self.write(wire.pack(parts))

    def write(self, message: bytes) -> None:
        """Send what was packed before."""
        if self._transport is not None:
            self._transport.write(message)

    def look(self) -> None:
        """Have a keeper go on that somebody stopped: it would neither start nor kill anything."""
        if self.ready and stopped(self._pid):
            _log.warning("the keeper of process tasks was stopped, it goes on now", pid=self._pid)
            with contextlib.suppress(OSError):
                os.kill(self._pid, signal.SIGCONT)

    async def close(self, *, leave: bool) -> None:
        """Hang up; with `leave` have the keeper end, which it does when nothing runs, and wait for that."""
        self.look()
        self._closing = True
        if self._next_look is not None:
            self._next_look.cancel()
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait([self._connecting])
        if leave and self._transport is not None:
            self.send(b"leave")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._lost.wait(), _LEAVE_S)
        if self._transport is not None:
            self._transport.close()
        self._reap(wait=leave and self._lost.is_set())

    def data_received(self, data: bytes) -> None:
        self._read += data
        messages, used = wire.split(self._read)
        del self._read[:used]
        for message in messages:
            match message[0]:
                case b"keeper":
                    self._pid = int(message[2])
                case b"ready":
                    if self._greeted is not None and not self._greeted.done():
                        self._greeted.set_result(True)
                case b"held":
                    self._held.add(message[1])
                    self._heard(message)
                case _:
                    self._heard(message)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport, self.ready = None, False
        self._lost.set()
        if self._greeted is not None and not self._greeted.done():
            self._greeted.set_result(False)
        elif not self._closing:
            _log.warning("the keeper of process tasks is gone, another one takes over", pid=self._pid)
            self.begin()

    async def _connect(self) -> None:
        """Until there is a keeper that has said all."""
        pause = _FIRST_RETRY_S
        try:
            while not await self._attempt():
                self._reap()
                if pause > _FIRST_RETRY_S:
                    self._failed()
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_RETRY_S)
        finally:
            self._connecting = None
        self._back(self._held)
        if self._next_look is None:
            self._look_on()

    def _look_on(self) -> None:
        self.look()
        self._next_look = asyncio.get_running_loop().call_later(_LOOK_S, self._look_on)

    async def _attempt(self) -> bool:
        loop = asyncio.get_running_loop()
        self._read.clear()
        self._held = set()
        greeted = self._greeted = loop.create_future()
        try:
            connection = self._reach()
            transport, _ = await loop.create_unix_connection(lambda: self, sock=connection)
        except OSError as error:
            _log.warning("no keeper for process tasks can be started", why=str(error))
            return False
        self._transport = transport
        self._lost.clear()
        for sign in (signal.SIGCONT, signal.SIGKILL):
            with contextlib.suppress(TimeoutError):
                told = await asyncio.wait_for(asyncio.shield(greeted), _GREETING_S)
                # It may be gone again since, and nobody would look for another.
                self.ready = told and self._transport is transport
                break
            self._wake(sign)
        if not self.ready:
            _log.warning("the keeper of process tasks did not begin, trying again")
            transport.abort()
        return self.ready

    def _reach(self) -> socket.socket:
        """A connection to the keeper that lives, else to one started for it; raises OSError."""
        folder = os.open(self._folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        # A socket's path has at most 107 characters, a work folder's may have more.
        path = f"/proc/self/fd/{folder}/{SOCKET}"
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.setblocking(False)
            try:
                connection.connect(path)
            except (FileNotFoundError, ConnectionRefusedError):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
                with socket.socket(socket.AF_UNIX) as listener:
                    listener.bind(path)
                    os.chmod(path, 0o600)
                    listener.listen(8)
                    connection.connect(path)
                    self._start(listener.fileno())
        except OSError:
            connection.close()
            raise
        finally:
            os.close(folder)
        return connection

    def _start(self, listener: int) -> None:
        """By exec and in a session of its own, so that it outlives us and has nothing of ours."""
        command = [sys.executable, "-I", "-S", boot.__file__, str(self._folder), str(listener)]
        os.set_inheritable(listener, True)
        null = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1)]
        pid = os.posix_spawn(
            command[0], command, os.environ, file_actions=null, setsid=True, setsigmask=(), setsigdef=RESTORED
        )
        self._children.add(pid)
        self._pid = pid

    def _wake(self, sign: signal.Signals) -> None:
        """One that does not answer may be stopped; one that still does not, is worth nothing."""
        try:
            pid, started = (int(part) for part in (self._folder / PID).read_text().split())
        except (OSError, ValueError):
            return
        if started and start_time(pid) == started:
            _log.warning("the keeper of process tasks does not answer", pid=pid, signal=sign.name)
            with contextlib.suppress(OSError):
                os.kill(pid, sign)

    def _reap(self, *, wait: bool = False) -> None:
        """What we started is our child: without this it would stay a zombie."""
        for pid in list(self._children):
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(pid, 0 if wait else os.WNOHANG)[0] == 0:
                    continue
            self._children.discard(pid)
