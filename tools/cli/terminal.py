"""This side of a command that runs beside a task: the terminal, its size, what is typed, signals."""

import contextlib
import os
import queue
import shutil
import signal
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from types import FrameType
from typing import Any

import grpc

from barter.proto.v1 import node_pb2 as pb
from barter.proto.v1.node_pb2_grpc import NodeServiceStub
from barter.shell.transport import blocking_channel
from barter.tools.cli.located import Located
from barter.tools.cli.rpc import translated

CHUNK = 16 << 10
_WAITING = 64
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
_GONE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


def has_terminal() -> bool:
    return os.isatty(0)


class Terminal:
    """With `raw` each key goes to the command; what the terminal was comes back whatever happens."""

    def __init__(self, *, raw: bool) -> None:
        self._raw = raw
        self._before: list[Any] | None = None
        self._handlers: dict[signal.Signals, Any] = {}
        # A signal handler may put while a put is under way, which only this kind of queue bears.
        self._calls: queue.SimpleQueue[pb.ExecCall | None] = queue.SimpleQueue()
        self._room = threading.Semaphore(_WAITING)

    def __enter__(self) -> "Terminal":
        signals = (signal.SIGWINCH, signal.SIGTERM) if self._raw else _PASSED_ON
        for number in signals:
            self._handlers[number] = signal.signal(number, self._signalled)
        self._handlers[signal.SIGHUP] = signal.signal(signal.SIGHUP, _leave)
        if self._raw:
            self._before = termios.tcgetattr(0)
            tty.setraw(0, termios.TCSADRAIN)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(0, termios.TCSADRAIN, self._before)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def run(self, place: Located, task: str, command: tuple[str, ...], *, interactive: bool) -> int | None:
        """The command's exit code, None where the agent went away; raises Refused."""
        start = pb.ExecStart(
            framework_id=place.framework_id,
            task_id=task,
            command=command,
            tty=self._raw,
            interactive=interactive,
            size=_size() if self._raw else None,
            term=os.environ.get("TERM", ""),
        )
        self._calls.put(pb.ExecCall(start=start))
        if interactive:
            threading.Thread(target=self._type, daemon=True).start()
        with blocking_channel(place.address) as channel:
            try:
                return _show(NodeServiceStub(channel).Exec(self._said()))  # type: ignore[no-untyped-call]
            except grpc.RpcError as error:
                if error.code() in _GONE:
                    return None
                raise translated(error) from None
            finally:
                self._calls.put(None)

    def _said(self) -> Iterator[pb.ExecCall]:
        while (call := self._calls.get()) is not None:
            if call.stdin:
                self._room.release()
            yield call

    def _type(self) -> None:
        while data := os.read(0, CHUNK):
            self._room.acquire()
            self._calls.put(pb.ExecCall(stdin=data))
        self._calls.put(pb.ExecCall(end_of_input=True))

    def _signalled(self, number: int, _: FrameType | None) -> None:
        call = pb.ExecCall(signal=signal.Signals(number).name)
        if number == signal.SIGWINCH:
            call = pb.ExecCall(resize=_size())
        self._calls.put(call)


def _show(events: Iterator[pb.ExecEvent]) -> int | None:
    for event in events:
        match event.WhichOneof("event"):
            case "stdout":
                _write(sys.stdout.buffer, event.stdout)
            case "stderr":
                _write(sys.stderr.buffer, event.stderr)
            case "exit_code":
                return event.exit_code
            case _:
                pass
    return None


def _write(to: Any, data: bytes) -> None:
    to.write(data)
    to.flush()


def _size() -> pb.TerminalSize:
    columns, rows = shutil.get_terminal_size()
    with contextlib.suppress(OSError):
        columns, rows = os.get_terminal_size(0)
    return pb.TerminalSize(rows=rows, columns=columns)


def _leave(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)
