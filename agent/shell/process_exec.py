"""A command beside a process task: a helper of ours, on a terminal of its own or on pipes."""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from barter.agent.runtime.watch import gone
from barter.agent.shell.beside import Beside
from barter.agent.shell.execs import NoExec, Session, Tell, Wanted
from barter.proto.v1 import node_pb2 as pb

HELPER = Path(__file__).with_name("exec_helper.py")
CHUNK = 32 << 10
GRACE_S = 2.0
_END_OF_INPUT = b"\x04"


class ProcessSession(Session):
    def __init__(self, wanted: Wanted, place: Beside) -> None:
        """Raises NoExec."""
        self._tty = wanted.tty
        ours, theirs = self._descriptors(wanted, place)
        what = asdict(place) | {"tty": wanted.tty, "command": wanted.command, "env": place.env | {"TERM": wanted.term}}
        try:
            with _in_memory(json.dumps(what)) as told:
                self._child = subprocess.Popen(
                    (sys.executable, "-I", "-S", str(HELPER), str(told)),
                    stdin=theirs[0],
                    stdout=theirs[1],
                    stderr=theirs[2],
                    pass_fds=(told,),
                    start_new_session=True,
                    cwd="/",
                    env={},
                )
        except OSError as error:
            for descriptor in set(ours):
                os.close(descriptor)
            raise NoExec(f"cannot start the command: {error.strerror}") from None
        finally:
            for descriptor in set(theirs):
                os.close(descriptor)
        self._input, *self._outputs = ours
        for descriptor in set(ours):
            os.set_blocking(descriptor, False)
        self._open = set(ours)
        self._over = asyncio.Event()

    def _descriptors(self, wanted: Wanted, place: Beside) -> tuple[list[int], list[int]]:
        """Input, output and, without a terminal, errors: our ends and the command's."""
        if wanted.tty:
            master, slave = os.openpty()
            _set_size(master, wanted.rows, wanted.columns)
            if place.user:
                # Some open their terminal once more, by its path.
                os.fchown(slave, *place.user)
            return [master, master], [slave, slave, slave]
        (their_in, our_in), (our_out, their_out), (our_err, their_err) = os.pipe(), os.pipe(), os.pipe()
        return [our_in, our_out, our_err], [their_in, their_out, their_err]

    async def run(self, tell: Tell) -> int:
        reading = [
            asyncio.create_task(self._read(descriptor, make, tell))
            for descriptor, make in zip(self._outputs, (_stdout, _stderr), strict=False)
        ]
        try:
            await gone(self._child.pid)
            self._over.set()
            await asyncio.gather(*reading)
        finally:
            for task in reading:
                task.cancel()
            await asyncio.gather(*reading, return_exceptions=True)
        code = self._child.wait()
        return code if code >= 0 else 128 - code

    async def _read(self, descriptor: int, make: Callable[[bytes], pb.ExecEvent], tell: Tell) -> None:
        """Until its end; once the command is over only what is there, as others may keep it open for ever."""
        while True:
            over = self._over.is_set()
            try:
                data = os.read(descriptor, CHUNK)
            except BlockingIOError:
                if over:
                    return
                await self._ready_or_over(descriptor)
                continue
            except OSError:
                # The terminal has nobody on its other end any more.
                return
            if not data:
                return
            await tell(make(data))

    async def _ready_or_over(self, descriptor: int) -> None:
        ready = asyncio.create_task(_until(descriptor, writing=False))
        over = asyncio.create_task(self._over.wait())
        try:
            await asyncio.wait({ready, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (ready, over):
                task.cancel()
            await asyncio.gather(ready, over, return_exceptions=True)

    async def write(self, data: bytes) -> None:
        while data and self._input in self._open:
            try:
                data = data[os.write(self._input, data) :]
            except BlockingIOError:
                await _until(self._input, writing=True)

    async def end_input(self) -> None:
        if self._tty:
            await self.write(_END_OF_INPUT)
        elif self._input in self._open:
            self._open.discard(self._input)
            os.close(self._input)

    async def resize(self, rows: int, columns: int) -> None:
        if self._tty and self._input in self._open:
            _set_size(self._input, rows, columns)

    async def signal(self, number: signal.Signals) -> None:
        if self._child.poll() is None:
            self._child.send_signal(number)

    async def close(self) -> None:
        """SIGHUP as when a terminal is closed, SIGKILL after a grace: the helper's end is then its command's."""
        for descriptor in self._open:
            os.close(descriptor)
        self._open.clear()
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGHUP)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GRACE_S):
                    await gone(self._child.pid)
            self._child.kill()
            await gone(self._child.pid)
            self._child.wait()


@contextlib.contextmanager
def _in_memory(text: str) -> Iterator[int]:
    """A file to be read by a child alone: arguments are for everyone on the machine to see. Raises OSError."""
    with os.fdopen(os.memfd_create("barter-exec"), "w") as file:
        file.write(text)
        file.flush()
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        yield file.fileno()


def _stdout(data: bytes) -> pb.ExecEvent:
    return pb.ExecEvent(stdout=data)


def _stderr(data: bytes) -> pb.ExecEvent:
    return pb.ExecEvent(stderr=data)


async def _until(descriptor: int, *, writing: bool) -> None:
    """Until it can be read from or written to."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    add: Callable[..., None] = loop.add_writer if writing else loop.add_reader
    add(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        (loop.remove_writer if writing else loop.remove_reader)(descriptor)


def _set_size(descriptor: int, rows: int, columns: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
