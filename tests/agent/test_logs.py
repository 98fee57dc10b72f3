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

from barter.agent.shell.logs import NoLog, open_log
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
        with pytest.raises(NoLog):
            open_log(root, framework, task, stream)
