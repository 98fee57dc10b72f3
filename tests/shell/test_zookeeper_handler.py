"""What kazoo stands on: a bell that never blocks, reads ahead, and attempts that end in time or when they are cut."""

import socket
import threading
from collections.abc import Iterator

import pytest

from barter.shell.zookeeper.handler import Answer, Bell, Handler
from barter.shell.zookeeper.stream import Stream
from tests.integration.machine import until


def test_a_bell_rings_as_often_as_it_was_pulled_and_never_blocks() -> None:
    bell, handler = Bell(), Handler(None)
    for _ in range(100_000):
        bell.send(b"\0")
    for _ in range(100_000):
        bell.recv(1)
    assert handler.select([bell], [], [], 0) == ([], [], [])
    bell.close()
    bell.close()
    with pytest.raises(ValueError, match="descriptor"):
        bell.send(b"\0")


def test_what_was_read_ahead_is_ready_at_once() -> None:
    near, far = socket.socketpair()
    with near, far:
        stream, bell = Stream(near), Bell()
        far.sendall(b"abcdef")
        assert stream.recv(2) == b"ab"
        assert stream.pending() == 4
        bell.send(b"\0")
        assert Handler(None).select([stream, bell], [], [], None)[0] == [stream, bell]
        assert stream.recv(10) == b"cdef"
        assert stream.pending() == 0
        assert Handler(None).select([stream], [], [], 0)[0] == []
        far.close()
        assert stream.recv(1) == b""
        bell.close()


def test_an_answer_calls_back_whenever_it_comes() -> None:
    got: list[object] = []
    early, late = Answer(), Answer()
    early.set(1)
    early.rawlink(lambda answer: got.append(answer.get()))
    late.rawlink(lambda answer: got.append(answer.exception))
    error = ValueError("no")
    late.set_exception(error)
    late.set(2)
    assert got == [1, error]
    with pytest.raises(ValueError, match="no"):
        late.get()


@pytest.fixture
def hole() -> Iterator[tuple[str, int]]:
    """An address that accepts no more connections and refuses none."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        waiting = []
        try:
            for _ in range(2):
                full = socket.socket()
                full.setblocking(False)
                full.connect_ex(listening.getsockname())
                waiting.append(full)
            yield listening.getsockname()
        finally:
            for each in waiting:
                each.close()


def test_an_attempt_ends_in_time(hole: tuple[str, int]) -> None:
    handler = Handler(None)
    handler.attempt_s = 0.05
    with pytest.raises(TimeoutError):
        handler.create_connection(hole, timeout=60)


def test_an_attempt_ends_when_it_is_cut(hole: tuple[str, int]) -> None:
    handler = Handler(None)
    handler.attempt_s = 60
    errors: list[OSError] = []

    def attempt() -> None:
        try:
            handler.create_connection(hole)
        except OSError as error:
            errors.append(error)

    attempting = threading.Thread(target=attempt)
    attempting.start()

    def cut() -> bool:
        handler.cut()
        return not attempting.is_alive()

    until(cut, 10)
    assert len(errors) == 1
