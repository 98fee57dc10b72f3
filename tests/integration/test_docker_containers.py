"""All that a container can have, seen from within it; what cannot be is said in one sentence; a real engine."""

import asyncio
import os
import subprocess
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from barter.agent.containers import actions as act
from barter.agent.executor.events import Order
from barter.agent.runtime.base import LaunchFailed
from barter.agent.runtime.creating import Creator
from barter.agent.runtime.engine import Engine as Calls
from barter.agent.runtime.images import Images
from barter.agent.runtime.place import Place
from barter.agent.runtime.settings import Settings, SettingsFile, write
from barter.core.container_rules import SANDBOX
from barter.core.resources import parse_resources
from barter.core.task_state import TaskState
from barter.core.tasks import Command, Container, Device, Network, Reason, Rlimit, TaskInfo, Tmpfs, Volume
from tests.integration.engine import Engine
from tests.integration.executor_agent import FRAMEWORK, Agent, agent, task

pytestmark = [pytest.mark.integration, pytest.mark.docker]

NAME = f"barter-test-{os.getpid()}"


@pytest.fixture
def network(engine: Engine) -> Iterator[str]:
    with engine.client() as client:
        made = client.create_network(NAME, driver="bridge")["Id"]
        try:
            yield NAME
        finally:
            client.remove_network(made)


def play(engine: Engine, story: Callable[[Agent], Awaitable[None]], settings: Settings = Settings()) -> None:  # noqa: B008
    async def run() -> None:
        async with agent() as one:
            await one.start_executor("docker", {"DOCKER_HOST": engine.host}, settings)
            await story(one)
            one.stop(kill=True)
            assert await one.executor_exit() == 0

    asyncio.run(run())


def in_container(task_id: str, container: Container, command: Command) -> TaskInfo:
    return task(task_id, container=container, command=command)


def test_what_was_asked_for_is_there(engine: Engine, busybox: str, tmp_path: Path) -> None:
    volumes = (Volume("/named", name=NAME), Volume("/host", str(tmp_path), read_only=True))
    (tmp_path / "greeting").write_text("from the machine")
    everything = Container(
        busybox,
        Network.NONE,
        volumes=volumes,
        tmpfs=(Tmpfs("/scratch", 1 << 20),),
        capabilities=("NET_ADMIN",),
        devices=(Device("/dev/zero", "/dev/nothing", "r"),),
        log_driver="local",
        shm_size=3 << 20,
        init=True,
    )
    look = (
        "id -u; ulimit -n; cat /host/greeting; echo; cat /proc/1/comm; head -c 4 /dev/nothing; echo; "
        "cat /proc/mounts /proc/self/status; echo kept > /named/file; echo x > /host/no || echo read-only"
    )
    command = Command(look, user="0:0", rlimits=(Rlimit("nofile", 77, 88),))
    reader = Container(busybox, Network.NONE, volumes=(Volume("/data", name=NAME),), entrypoint=("/bin/cat",))

    async def story(one: Agent) -> None:
        one.launch(in_container("t1", everything, command))
        assert (await one.end_of("t1")).state is TaskState.FINISHED, (one.sandbox("t1") / "stderr").read_text()
        said = (one.sandbox("t1") / "stdout").read_text()
        assert said.startswith("0\n77\nfrom the machine\ndocker-init\n\0\0\0\0\n")
        assert "read-only\n" in said
        mounts = {line.split()[1]: line.split()[3] for line in said.splitlines() if " rw," in line or " ro," in line}
        assert "size=1024k" in mounts["/scratch"]
        assert "size=3072k" in mounts["/dev/shm"]
        assert mounts["/host"].startswith("ro")
        capabilities = next(line for line in said.splitlines() if line.startswith("CapEff"))
        assert int(capabilities.split()[1], 16) & 1 << 12
        one.launch(in_container("t2", reader, Command(argv=("/data/file", f"{SANDBOX}/given"))))
        one.sandbox("t2").mkdir(parents=True, exist_ok=True)
        (one.sandbox("t2") / "given").write_text("args\n")
        assert (await one.end_of("t2")).state is TaskState.FINISHED
        assert (one.sandbox("t2") / "stdout").read_text() == "kept\nargs\n"
        one.launch(in_container("t3", Container(busybox), Command("id -u; echo x > $MESOS_SANDBOX/mine", user="1234")))
        assert (await one.end_of("t3")).state is TaskState.FINISHED
        assert (one.sandbox("t3") / "mine").stat().st_uid == 1234

    try:
        play(engine, story, Settings((str(tmp_path),), ("NET_ADMIN",), ("/dev/zero",)))
    finally:
        with engine.client() as client:
            client.remove_volume(NAME)


def test_each_container_has_an_address_of_its_own(engine: Engine, busybox: str, network: str) -> None:
    container = Container(busybox, Network.OWN, network_name=network)

    async def story(one: Agent) -> None:
        serve = "echo $BARTER_TASK_ID > /www/index.html; exec httpd -f -p 80 -h /www"
        one.launch(*(in_container(name, container, Command(serve)) for name in ("t1", "t2")))
        addresses = {}
        for name in ("t1", "t2"):
            await one.running(name)
            addresses[name] = one.of(name)[-1].address
        assert len(set(addresses.values())) == 2
        for name, address in addresses.items():
            assert await asyncio.to_thread(fetch, f"http://{address}/index.html") == f"{name}\n"
        await one.kill_executor()
        await one.start_executor("docker", {"DOCKER_HOST": engine.host}, Settings())
        held = {each.status.task_id: each.status.address for each in one.hellos[-1].tasks}
        assert held == addresses

    play(engine, story)


def test_containers_of_a_group_share_a_network_and_end_together(engine: Engine, busybox: str) -> None:
    serve = "echo $BARTER_TASK_ID > /www/index.html; exec httpd -f -p 80 -h /www"
    ask = "until wget -q -O $MESOS_SANDBOX/got http://127.0.0.1/index.html; do sleep 0.05; done; sleep 0.1"

    async def story(one: Agent) -> None:
        one.launch(
            *(
                replace(in_container(name, Container(busybox, Network.NONE), Command(line)), group_id="g")
                for name, line in (("t1", serve), ("t2", ask))
            )
        )
        assert (await one.end_of("t2")).state is TaskState.FINISHED
        assert (one.sandbox("t2") / "got").read_text() == "t1\n"
        end = await one.end_of("t1")
        assert (end.state, end.reason) == (TaskState.KILLED, Reason.GROUP_ENDED)

    play(engine, story)


def fetch(url: str) -> str:
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return str(answer.read().decode())
        except ConnectionRefusedError:
            continue
        except OSError as error:
            if not isinstance(getattr(error, "reason", None), ConnectionRefusedError):
                raise
    raise AssertionError(f"nobody answers at {url}")


def test_what_cannot_be_is_said_in_one_sentence(engine: Engine, busybox: str, tmp_path: Path) -> None:
    none = Network.NONE
    (tmp_path / "out").symlink_to("/etc")
    cases: dict[str, tuple[Container, Command, str]] = {
        "empty": (Container(busybox, none), Command(), "neither an entrypoint nor a command"),
        "missing": (Container(busybox, none), Command(argv=("/no/such",)), "no program '/no/such'"),
        "unfound": (Container(busybox, none), Command(argv=("nosuch",)), "no program 'nosuch'"),
        "folder": (Container(busybox, none), Command(argv=("/etc",)), "cannot be executed"),
        "user": (Container(busybox, none), Command("true", user="nobody7"), "knows no user 'nobody7'"),
        "network": (Container(busybox, Network.OWN, network_name="lost"), Command("true"), "no network 'lost'"),
        "gpu": (Container(busybox, none), Command("true"), "cannot give gpus"),
        "allow": (Container(busybox, none, capabilities=("SYS_ADMIN",)), Command("true"), "--allow-capability"),
        "link": (Container(busybox, none, volumes=(Volume("/x", str(tmp_path / "out")),)), Command("true"), "/etc"),
        "theirs": (Container(busybox, none, volumes=(Volume("/x", name=NAME),)), Command("true"), "another name"),
    }

    async def story(one: Agent) -> None:
        for name, (container, command, _) in cases.items():
            info = in_container(name, container, command)
            if name == "gpu":
                info = task(name, container=container, command=command, resources=parse_resources("cpus=0.1,gpus={0}"))
            one.launch(info)
        for name, (_, _, sentence) in cases.items():
            end = await one.end_of(name)
            assert (end.state, end.reason) == (TaskState.FAILED, Reason.LAUNCH_FAILED), end
            assert sentence in end.message

    with engine.client() as client:
        client.create_volume(NAME)
        try:
            play(engine, story, Settings((str(tmp_path),)))
        finally:
            client.remove_volume(NAME)


def test_a_folder_that_became_a_link_before_it_was_mounted_is_not_kept(
    engine: Engine, busybox: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    calls = Calls()
    if not calls.local:
        pytest.skip("the engine is not of this machine: its mounts are out of sight")
    allowed, sandbox = tmp_path / "allowed", tmp_path / "sandbox"
    (allowed / "data").mkdir(parents=True)
    sandbox.mkdir()
    settings = SettingsFile(write(tmp_path, Settings((str(allowed),))))
    images = Images(lambda: calls, settings, tmp_path, lambda event: None)
    creator = Creator(lambda: calls, Place(NAME, (), "", tmp_path), settings, images)
    container = Container(busybox, Network.NONE, volumes=(Volume("/x", str(allowed / "data")),))

    def start(task_id: str, *, swap: bool) -> str:
        info = in_container(task_id, container, Command("sleep 60"))
        order = Order(FRAMEWORK, info, str(sandbox), f"{NAME}.{task_id}")
        made = creator.create(act.Create(order))
        if swap:
            (allowed / "data").rename(allowed / "moved")
            (allowed / "data").symlink_to("/etc")
        try:
            creator.start(act.Start(order.key, made))
        finally:
            found = calls.find(made)
            calls.remove(made)
        assert found is not None
        return found.state

    try:
        assert start("t1", swap=False) == "running"
        with pytest.raises(LaunchFailed, match="led elsewhere"):
            start("t2", swap=True)
    finally:
        calls.client.close()


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    if os.geteuid() != 0:
        pytest.skip("a small disk can only be mounted by root")
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_sandbox_without_room_is_a_reason(engine: Engine, busybox: str) -> None:
    async def story(one: Agent) -> None:
        with ExitStack() as held:
            held.enter_context(small_disk(one.sandbox("t1")))
            command = Command("dd if=/dev/zero of=$MESOS_SANDBOX/much bs=64k count=100")
            one.launch(in_container("t1", Container(busybox, Network.NONE), command))
            end = await one.end_of("t1")
            assert (end.state, end.reason, end.exit_code) == (TaskState.FAILED, Reason.DISK_FULL, 1)
            assert "free space" in end.message

    play(engine, story)
