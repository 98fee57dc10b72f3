"""Images from real registries on loopback: with credentials, from mirrors, told how far, ended, taken away again."""

import asyncio
import base64
import contextlib
import io
import json
import os
import queue
import socket
import tarfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from barter.agent.containers.events import Event, PullDone, PullFailed, PullProgress
from barter.agent.runtime import docker
from barter.agent.runtime.engine import Engine as EngineCalls
from barter.agent.runtime.images import FILE, Images
from barter.agent.runtime.settings import Settings, SettingsFile, write
from barter.core.task_state import TaskState
from barter.core.tasks import Container, Reason
from tests.integration.engine import Engine
from tests.integration.executor_agent import Agent, agent, task
from tests.integration.machine import eventually, free_port, until
from tests.integration.registry import PASSWORD, USER, Registry, forget, local_images, missing
from tests.integration.slow_proxy import SlowProxy

pytestmark = [pytest.mark.integration, pytest.mark.docker]
DAY_MS = 86_400_000
BIG_IMAGE, BIG = "barter-test/big:1", 18 << 20


@pytest.fixture(scope="module")
def registries(engine: Engine, busybox: str) -> Iterator[tuple[Registry, Registry]]:
    """One for everybody and one that wants credentials; team/web:1 is in both."""
    if why := missing():
        pytest.skip(why)
    both = Registry(), Registry(private=True)
    try:
        for each in both:
            each.push(engine, busybox, "team/web:1")
        made(engine, BIG_IMAGE, "first", BIG)
        both[0].push(engine, BIG_IMAGE, "team/big:1")
        forget(engine, BIG_IMAGE)
        yield both
    finally:
        for each in both:
            each.stop()


def play(engine: Engine, settings: Settings, story: Callable[[Agent], Awaitable[None]]) -> None:
    async def tell() -> None:
        async with agent() as one:
            await one.start_executor("docker", {"DOCKER_HOST": engine.host}, settings)
            await story(one)
            one.stop(kill=True)
            assert await one.executor_exit() == 0

    asyncio.run(tell())


def credentials(folder: Path, registry: Registry, *, mode: int = 0o600) -> str:
    path = folder / f"docker-{mode:o}.json"
    secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    path.write_text(json.dumps({"auths": {registry.address: {"auth": secret}}}))
    path.chmod(mode)
    return str(path)


def mirrors(folder: Path, text: str) -> str:
    path = folder / "registries.toml"
    path.write_text(text)
    return str(path)


def test_a_private_registry_wants_credentials_that_nobody_else_sees(
    engine: Engine, registries: tuple[Registry, Registry], tmp_path: Path
) -> None:
    public, private = registries
    image = f"{private.address}/team/web:1"
    good, open_to_all = credentials(tmp_path, private), credentials(tmp_path, private, mode=0o644)

    async def story(one: Agent) -> None:
        one.launch(task("t1", "true", image=image), task("t2", "true", image=f"{public.address}/team/web:none"))
        end = await one.end_of("t1")
        assert (end.state, end.reason) == (TaskState.FAILED, Reason.IMAGE_UNAUTHORIZED)
        assert f"give the agent credentials for {private.address} (--docker-config)" in end.message
        end = await one.end_of("t2")
        assert end.reason is Reason.IMAGE_NOT_FOUND
        assert "check the image's name and tag" in end.message
        write(one.folder, Settings(docker_config=open_to_all))
        one.launch(task("t3", "true", image=image))
        end = await one.end_of("t3")
        assert end.reason is Reason.IMAGE_UNAUTHORIZED
        assert f"chmod 600 {open_to_all}" in end.message
        write(one.folder, Settings(docker_config=good))
        one.launch(task("t4", "true", image=image))
        assert (await one.end_of("t4")).state is TaskState.FINISHED
        said = (one.folder / "executor.log").read_text() + "".join(str(each) for each in one.statuses)
        for secret in (PASSWORD, base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()):
            assert secret not in said.replace(good, "")

    try:
        play(engine, Settings(), story)
    finally:
        forget(engine, image)


def test_mirrors_are_asked_in_order_and_leave_no_name_behind(
    engine: Engine, registries: tuple[Registry, Registry], tmp_path: Path
) -> None:
    public, private = registries
    digest = public.push(engine, "barter-test/busybox:1", "hub/team/web:1")
    dead = f"127.0.0.1:{free_port()}"
    text = f"""
["docker.io"]
mirrors = [
  {{ place = "{public.address}/hub" }},
  {{ place = "127.0.0.1:1", zone = "b" }},
  {{ place = "{dead}", zone = "a" }},
  {{ place = "{private.address}", zone = "a" }},
]
["registry.invalid"]
mirrors = [{{ place = "{dead}" }}]
"""
    settings = Settings(registries=mirrors(tmp_path, text), zone="a")

    async def story(one: Agent) -> None:
        one.launch(task("t1", "true", image="team/web:1"), task("t2", "true", image="registry.invalid/x:1"))
        assert (await one.end_of("t1")).state is TaskState.FINISHED
        here = local_images(engine)
        assert "team/web:1" in here
        assert not [name for name in here if name.startswith(public.address)]
        one.launch(task("t3", "true", image=f"team/web@{digest}"))
        assert (await one.end_of("t3")).state is TaskState.FINISHED
        end = await one.end_of("t2")
        assert end.reason is Reason.IMAGE_UNREACHABLE
        assert f"mirror {dead} says " in end.message
        assert "; registry registry.invalid says " in end.message
        one.launch(task("t4", "true", image="team/none:1"))
        end = await one.end_of("t4")
        asked = [end.message.index(f"mirror {each}") for each in (dead, private.address, f"{public.address}/hub")]
        assert asked == sorted(asked)
        assert "127.0.0.1:1 " not in end.message

    try:
        play(engine, settings, story)
    finally:
        forget(engine, "team/web:1", f"{public.address}/hub/team/web@{digest}")


def test_a_pull_that_is_given_up_ends_at_once(
    engine: Engine, registries: tuple[Registry, Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine stops to load; and one that has no answer yet is not waited for."""
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    calls, told = EngineCalls(), queue.SimpleQueue[Event]()
    images = Images(lambda: calls, SettingsFile(), tmp_path, told.put)

    def pull(number: int, image: str) -> threading.Thread:
        thread = threading.Thread(target=lambda: told.put(images.pull(number, image)))
        thread.start()
        return thread

    with SlowProxy(registries[0].address, bytes_per_s=1 << 20) as slow:
        loading = pull(1, f"{slow.address}/team/big:1")
        assert isinstance(told.get(timeout=20), PullProgress)
        images.cancel(1)
        loading.join(20)
        until(lambda: not slow.connections)
        assert slow.carried < BIG
        assert local_images(engine).isdisjoint({f"{slow.address}/team/big:1"})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        waiting = pull(2, f"127.0.0.1:{silent.getsockname()[1]}/x:1")
        caller, _ = silent.accept()
        with caller:
            images.cancel(2)
            waiting.join(20)
    answers = [event for event in drained(told) if not isinstance(event, PullProgress)]
    assert answers == [PullDone(1), PullDone(2)]
    images.cancel(3)
    assert images.pull(3, "127.0.0.1:9/x:1") == PullDone(3)


def drained(told: "queue.SimpleQueue[Event]") -> Iterator[Event]:
    with contextlib.suppress(queue.Empty):
        while True:
            yield told.get_nowait()


NO_NAMES = (
    "",
    " ",
    "a b",
    "Web",
    "web@sha256:zz",
    "web:a:b",
    "\0",
    "http://127.0.0.1/web",
    "../web",
    "é",
    "-/-",
    "[/x",
)


def test_what_is_no_image_is_said_to_be_none(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    calls, text = EngineCalls(), '["docker.io"]\nmirrors = [{place = "127.0.0.1:9"}]\n'
    settings = SettingsFile(write(tmp_path, Settings(registries=mirrors(tmp_path, text))))
    images = Images(lambda: calls, settings, tmp_path, lambda event: None)
    for number, name in enumerate(NO_NAMES):
        failed = images.pull(number, name)
        assert isinstance(failed, PullFailed), name
        assert failed.reason is Reason.IMAGE_FAILED, failed
        assert f"cannot pull image {name!r}" in failed.message


def test_a_pull_tells_how_far_it_is_and_a_forced_one_brings_what_is_new(
    engine: Engine, registries: tuple[Registry, Registry], tmp_path: Path
) -> None:
    public, _ = registries
    with SlowProxy(public.address, bytes_per_s=6 << 20) as slow:
        image = f"{slow.address}/team/big:1"

        async def story(one: Agent) -> None:
            one.launch(task("t1", "cat /word", image=image))
            assert (await one.end_of("t1")).state is TaskState.FINISHED
            told = [each.message for each in one.of("t1") if each.state is TaskState.STARTING]
            assert told[0] == f"pulling {image}"
            assert len(told) > 1
            assert all(each.startswith(f"pulling {image}: ") for each in told[1:])
            assert "MiB" in told[1]
            made(engine, BIG_IMAGE, "second", 1)
            public.push(engine, BIG_IMAGE, "team/big:1")
            anew = Container(image, force_pull=True)
            one.launch(task("t2", "cat /word", image=image), task("t3", "cat /word", container=anew))
            for name, word in (("t2", "first"), ("t3", "second")):
                assert (await one.end_of(name)).state is TaskState.FINISHED
                assert (one.sandbox(name) / "stdout").read_text() == word

        try:
            play(engine, Settings(), story)
        finally:
            forget(engine, image, BIG_IMAGE)


def made(engine: Engine, name: str, word: str, size: int) -> None:
    """busybox, with a word in a file, and so many bytes that cannot be made smaller."""
    data = io.BytesIO()
    with engine.client() as client:
        source = client.create_container("barter-test/busybox:1", ["true"])["Id"]
        stream = b"".join(client.export(source))
        client.remove_container(source)
        with tarfile.open(fileobj=io.BytesIO(stream)) as old, tarfile.open(fileobj=data, mode="w") as new:
            for entry in old:
                new.addfile(entry, old.extractfile(entry) if entry.isreg() else None)
            for path, held in (("word", word.encode()), ("noise", os.urandom(size))):
                info = tarfile.TarInfo(path)
                info.size = len(held)
                new.addfile(info, io.BytesIO(held))
        repository, _, tag = name.rpartition(":")
        client.import_image_from_data(data.getvalue(), repository=repository, tag=tag)


def test_images_that_were_pulled_go_and_others_stay(
    engine: Engine, registries: tuple[Registry, Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    public, _ = registries
    made(engine, "barter-test/mine:1", "mine", 1)
    for name in ("old", "used", "new"):
        made(engine, "barter-test/one:1", name, 1)
        public.push(engine, "barter-test/one:1", f"team/{name}:1")
    forget(engine, "barter-test/one:1")
    pulled = {name: f"{public.address}/team/{name}:1" for name in ("old", "used", "new")}
    calls, folder = EngineCalls(), tmp_path / "executor"
    folder.mkdir()
    settings = SettingsFile(write(tmp_path, Settings(image_keep_ms=7 * DAY_MS, least_free=0)))
    images = Images(lambda: calls, settings, folder, lambda event: None)
    for number, image in enumerate(pulled.values()):
        images.pull(number, image)
    images.pull(9, "barter-test/mine:1")
    container = calls.client.create_container(pulled["used"], ["true"])["Id"]
    said = json.loads((folder / FILE).read_text())
    assert sorted(name for each in said.values() for name in each["names"]) == sorted(pulled.values())
    for each in said.values():
        ago_ms = 3 * 60_000 if each["names"] == [pulled["new"]] else 8 * DAY_MS
        each["used_ms"] = int(time.time() * 1000) - ago_ms
    (folder / FILE).write_text(json.dumps(said))
    monkeypatch.setattr(docker, "_SWEEP_S", 0.1)

    async def sweep() -> None:
        runtime = docker.DockerRuntime(tmp_path, settings=settings)
        await runtime.start(lambda event: None)
        await eventually(lambda: pulled["old"] not in local_images(engine))
        assert {pulled["used"], pulled["new"], "barter-test/mine:1", "barter-test/busybox:1"} <= local_images(engine)
        # Less than all of the disk is free.
        write(tmp_path, Settings(image_keep_ms=7 * DAY_MS, least_free=100))
        await eventually(lambda: pulled["new"] not in local_images(engine))
        assert {pulled["used"], "barter-test/mine:1", "barter-test/busybox:1"} <= local_images(engine)
        await runtime.close()

    try:
        asyncio.run(sweep())
    finally:
        calls.client.remove_container(container, force=True)
        forget(engine, *pulled.values(), "barter-test/mine:1")
