"""Logs are read from sandboxes, whole or in part, and nothing outside them is."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio as aio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barter.agent.shell.boxes import NotThere
from barter.agent.shell.logs import KNOWN, Log
from barter.agent.shell.node import Node
from barter.proto.v1 import node_pb2 as pb
from barter.proto.v1.node_pb2_grpc import NodeServiceStub, add_NodeServiceServicer_to_server
from barter.shell import transport


@pytest.fixture
def box(tmp_path: Path) -> Path:
    sandbox = tmp_path / "f1" / "t1"
    sandbox.mkdir(parents=True)
    return sandbox


@asynccontextmanager
async def node(root: Path, live: set[str]) -> AsyncIterator[Callable[..., Coroutine[Any, Any, bytes]]]:
    server = transport.server()
    add_NodeServiceServicer_to_server(Node(root, lambda _, task: task in live), server)  # type: ignore[no-untyped-call]
    port = transport.listen(server, "127.0.0.1:0")
    await server.start()
    async with transport.channel(f"127.0.0.1:{port}") as channel:
        stub = NodeServiceStub(channel)  # type: ignore[no-untyped-call]

        async def read(seen: list[bytes] | None = None, **asked: Any) -> bytes:
            defaults: dict[str, Any] = {"framework_id": "f1", "task_id": "t1", "stream": "stdout"}
            request = pb.ReadLogRequest(**(defaults | asked))
            got = b""
            async for chunk in stub.ReadLog(request):
                got += chunk.data
                if seen is not None:
                    seen.append(chunk.data)
            return got

        yield read
    await server.stop(0)


def write(path: Path, text: bytes, mode: str) -> None:
    with open(path, mode) as log:
        log.write(text)


def ask(root: Path, **asked: object) -> bytes:
    async def story() -> bytes:
        async with node(root, set()) as read:
            return await read(**asked)

    return asyncio.run(story())


def test_all_of_it_and_its_end(tmp_path: Path, box: Path) -> None:
    lines = [b"line %d\n" % number for number in range(20000)]
    (box / "stdout").write_bytes(b"".join(lines))
    assert ask(tmp_path) == b"".join(lines)
    assert ask(tmp_path, tail=3) == b"".join(lines[-3:])
    assert ask(tmp_path, tail=15000) == b"".join(lines[-15000:])
    assert ask(tmp_path, tail=99999) == b"".join(lines)


@pytest.mark.parametrize("text", [b"", b"\n", b"one", b"one\n", b"one\ntwo", b"\n\n\n", b"a\n\nb\n"])
@pytest.mark.parametrize("tail", [1, 2, 3])
def test_tail_counts_lines(tmp_path: Path, box: Path, text: bytes, tail: int) -> None:
    (box / "stdout").write_bytes(text)
    assert ask(tmp_path, tail=tail) == b"".join(text.splitlines(keepends=True)[-tail:])


def test_a_rotated_part_comes_first(tmp_path: Path, box: Path) -> None:
    (box / "stdout.1").write_bytes(b"1\n2\n3\n")
    (box / "stdout").write_bytes(b"4\n")
    assert ask(tmp_path) == b"1\n2\n3\n4\n"
    assert ask(tmp_path, tail=3) == b"2\n3\n4\n"
    assert ask(tmp_path, tail=1) == b"4\n"


def test_following_until_the_task_ends_over_a_rotation(tmp_path: Path, box: Path) -> None:
    async def story() -> bytes:
        live, seen = {"t1"}, list[bytes]()
        async with node(tmp_path, live) as read:
            following = asyncio.create_task(read(seen, follow=True))
            for text, mode in ((b"first, and long\n", "wb"), (b"second\n", "ab"), (b"new\n", "wb")):
                write(box / "stdout", text, mode)
                while not b"".join(seen).endswith(text):
                    assert not following.done()
                    await asyncio.sleep(0.01)
            write(box / "stdout", b"last words", "ab")
            live.clear()
            return await asyncio.wait_for(following, 10)

    assert asyncio.run(story()) == b"first, and long\nsecond\nnew\nlast words"


def rotate(box: Path, how: str) -> None:
    if how == "renamed":
        os.replace(box / "stdout", box / "stdout.1")
    else:
        (box / "stdout.1").write_bytes((box / "stdout").read_bytes())
        os.truncate(box / "stdout", 0)


@pytest.mark.parametrize("how", ["renamed", "copied"])
def test_nothing_is_lost_over_a_rotation(tmp_path: Path, box: Path, how: str) -> None:
    write(box / "stdout", b"first\n" * 3, "ab")
    log = Log(tmp_path, "f1", "t1", "stdout")
    try:
        read = [chunk.data for chunk in iter(log.read, None)]
        write(box / "stdout", b"between\n", "ab")
        rotate(box, how)
        write(box / "stdout", b"new\n", "ab")
        read += [chunk.data for chunk in iter(log.read, None)]
        assert b"".join(read) == b"first\n" * 3 + b"between\nnew\n"
    finally:
        log.close()


def test_two_rotations_at_once_are_said(tmp_path: Path, box: Path) -> None:
    write(box / "stdout", b"first\n", "ab")
    log = Log(tmp_path, "f1", "t1", "stdout")
    try:
        assert log.read() is not None
        rotate(box, how := "renamed")
        write(box / "stdout", b"perhaps not all\n", "ab")
        rotate(box, how)
        write(box / "stdout", b"last\n", "ab")
        chunks = list(iter(log.read, None))
        assert b"".join(chunk.data for chunk in chunks) == b"perhaps not all\nlast\n"
        assert [chunk.gap for chunk in chunks] == [True, False]
    finally:
        log.close()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=8), st.data())
def test_one_goes_on_where_one_was(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], data: st.DataObject
) -> None:
    """Whatever was read before, and wherever it is by now, what follows comes once."""
    root = tmp_path_factory.mktemp("logs")
    box = root / "f1" / "t1"
    box.mkdir(parents=True)
    lines, whole, read, position = 0, b"", b"", 0
    rotations = 0
    for size in sizes:
        text = b"".join(b"line %d\n" % (lines := lines + 1) for _ in range(size // 10))
        write(box / "stdout", text, "ab")
        whole += text
        if read != whole and data.draw(st.booleans()):
            log = Log(root, "f1", "t1", "stdout")
            log.go_on(read[-KNOWN:], position) if read else log.rewind()
            for chunk in iter(log.read, None):
                assert not chunk.gap
                read, position = read + chunk.data, chunk.position
            log.close()
            assert read == whole
            rotations = 0
        elif rotations == 0 and (box / "stdout").stat().st_size >= KNOWN and data.draw(st.booleans()):
            rotate(box, "renamed")
            rotations = 1
            write(box / "stdout", b"", "ab")


def test_what_was_rotated_away_unread_is_said(tmp_path: Path, box: Path) -> None:
    (box / "stdout.1").write_bytes(b"old 3\n")
    (box / "stdout").write_bytes(b"old 4\n")
    log = Log(tmp_path, "f1", "t1", "stdout")
    log.go_on(b"old 1\n", 600)
    chunks = list(iter(log.read, None))
    log.close()
    assert b"".join(chunk.data for chunk in chunks) == b"old 3\nold 4\n"
    assert [chunk.gap for chunk in chunks] == [True, False]


def test_a_reader_comes_back_after_the_agents_restart(tmp_path: Path, box: Path) -> None:
    async def story() -> bytes:
        got, live = b"", {"t1"}
        for number in range(3):
            write(box / "stdout", b"line %d\n" % number, "ab")
            if number == 2:
                live.clear()
            async with node(tmp_path, live) as read:
                known = {"after": got, "position": len(got)} if got else {}
                seen = list[bytes]()
                following = asyncio.create_task(read(seen, follow=True, **known))
                while not b"".join(seen).endswith(b"line %d\n" % number):
                    assert not following.done()
                    await asyncio.sleep(0.01)
                following.cancel()
                got += b"".join(seen)
        return got

    assert asyncio.run(story()) == b"line 0\nline 1\nline 2\n"


def test_why_a_sandbox_is_not_there(tmp_path: Path) -> None:
    async def story(task_id: str) -> aio.AioRpcError:
        server = transport.server()
        add_NodeServiceServicer_to_server(  # type: ignore[no-untyped-call]
            Node(tmp_path, lambda *_: False, used=lambda _, task: task == "t1"), server
        )
        port = transport.listen(server, "127.0.0.1:0")
        await server.start()
        async with transport.channel(f"127.0.0.1:{port}") as channel:
            call = NodeServiceStub(channel).ReadLog(  # type: ignore[no-untyped-call]
                pb.ReadLogRequest(framework_id="f1", task_id=task_id, stream="stdout")
            )
            with pytest.raises(aio.AioRpcError) as refused:
                await call.read()
        await server.stop(0)
        return refused.value

    removed, never = asyncio.run(story("t1")), asyncio.run(story("t2"))
    assert "was removed: its agent keeps" in str(removed.details())
    assert "it never ran on this agent" in str(never.details())


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"stream": "../t2/stdout"}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"stream": "stdout.1"}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"stream": ""}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"tail": -1}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"task_id": ".."}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"task_id": "t1/../t1"}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"framework_id": "/etc"}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"task_id": "t9"}, grpc.StatusCode.NOT_FOUND),
        ({"stream": "stderr"}, grpc.StatusCode.NOT_FOUND),
        ({"stream": "stderr", "follow": True}, grpc.StatusCode.NOT_FOUND),
    ],
)
def test_what_is_not_answered(tmp_path: Path, box: Path, asked: dict[str, object], code: grpc.StatusCode) -> None:
    (box / "stdout").write_bytes(b"here\n")
    with pytest.raises(aio.AioRpcError) as refused:
        ask(tmp_path, **asked)
    assert refused.value.code() is code
    assert refused.value.details()


def test_no_link_is_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "stdout").write_text("secret")
    root = tmp_path / "sandboxes"
    (root / "f1" / "t1").mkdir(parents=True)
    (root / "f1" / "t1" / "stdout").symlink_to(secret / "stdout")
    (root / "f1" / "t2").symlink_to(secret)
    (root / "f2").symlink_to(tmp_path)
    os.mkfifo(root / "f1" / "t1" / "stderr")
    for framework, task, stream in (
        ("f1", "t1", "stdout"),
        ("f1", "t2", "stdout"),
        ("f2", "secret", "stdout"),
        ("f1", "t1", "stderr"),
    ):
        with pytest.raises(NotThere):
            Log(root, framework, task, stream)
