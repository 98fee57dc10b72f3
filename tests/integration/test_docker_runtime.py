"""The docker runtime in a real executor, against a real engine."""

import asyncio
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from barter.agent.runtime import engine as engine_calls
from barter.agent.runtime.limits import home_name
from barter.core.resources import resources
from barter.core.task_state import TaskState
from barter.core.tasks import CheckKind, Container, HealthCheck, Network, PortMapping, Reason, Volume
from tests.integration.engine import Engine
from tests.integration.executor_agent import Agent, agent, task
from tests.integration.machine import eventually, free_port

pytestmark = [pytest.mark.integration, pytest.mark.docker]

STARTING, RUNNING, FINISHED, FAILED = TaskState.STARTING, TaskState.RUNNING, TaskState.FINISHED, TaskState.FAILED
KILLING, KILLED = TaskState.KILLING, TaskState.KILLED


def with_agent(engine: Engine, story: Callable[[Agent], Awaitable[None]]) -> None:
    async def play() -> None:
        async with agent() as one:
            await one.start_executor("docker", {"DOCKER_HOST": engine.host})
            await story(one)
            one.stop(kill=True)
            assert await one.executor_exit() == 0
            assert containers(engine, one.folder) == []

    asyncio.run(play())


def containers(engine: Engine, work_dir: Path) -> list[str]:
    label = f"barter.home={home_name(work_dir)}"
    with engine.client() as client:
        return [each["Names"][0] for each in client.containers(all=True, filters={"label": [label]})]


def running(engine: Engine, work_dir: Path, task_id: str) -> bool:
    labels = [f"barter.home={home_name(work_dir)}", f"barter.task={task_id}"]
    with engine.client() as client:
        return bool(client.containers(filters={"label": labels}))


def test_a_container_runs_and_its_output_and_end_are_told(engine: Engine, busybox: str) -> None:
    async def story(one: Agent) -> None:
        script = 'echo "$BARTER_TASK_ID $MESOS_SANDBOX $COLOUR"; echo oh >&2; echo x > $MESOS_SANDBOX/left'
        info = task("t1", script, image=busybox, labels={"owner": "me"})
        one.launch(info, task("t2", argv=("sh", "-c", "exit 3"), image=busybox))
        assert (await one.end_of("t1")).state is FINISHED
        assert one.states("t1") == [RUNNING, FINISHED]
        assert (one.sandbox("t1") / "stdout").read_text() == "t1 /mnt/mesos/sandbox \n"
        assert (one.sandbox("t1") / "stderr").read_text() == "oh\n"
        assert (one.sandbox("t1") / "left").read_text() == "x\n"
        end = await one.end_of("t2")
        assert (end.state, end.exit_code, end.message) == (FAILED, 3, "exited with status 3")
        await eventually(lambda: containers(engine, one.folder) == [], "the containers are removed")

    with_agent(engine, story)


def test_a_launch_that_cannot_be_says_what_to_do(engine: Engine, busybox: str) -> None:
    async def story(one: Agent) -> None:
        missing = "127.0.0.1:9/no/such:1"
        evil = Container(busybox, volumes=(Volume("/x", "/var/run/docker.sock"),))
        one.launch(task("t1", "true", image=missing), task("t2", argv=("nope",), image=busybox))
        one.launch(task("t3", "true", container=evil))
        end = await one.end_of("t1")
        assert (one.states("t1"), end.reason) == ([STARTING, FAILED], Reason.IMAGE_UNREACHABLE)
        assert f"cannot pull image {missing!r}" in end.message
        end = await one.end_of("t2")
        assert (one.states("t2"), end.reason) == ([FAILED], Reason.LAUNCH_FAILED)
        assert "nope" in end.message
        assert "refused" in (await one.end_of("t3")).message

    with_agent(engine, story)


def test_what_containers_use_is_told(engine: Engine, busybox: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read from their cgroups where these are in sight; the engine says it as well."""
    monkeypatch.setenv("DOCKER_HOST", engine.host)

    async def story(one: Agent) -> None:
        one.launch(task("idle", "sleep 600", image=busybox), task("busy", "while :; do :; done", image=busybox))
        await one.running("idle")
        await one.running("busy")
        one.measure(200)
        await one.until(lambda: one.usage.keys() == {"idle", "busy"} and one.usage["busy"].cpus > 100)
        assert one.usage["idle"].cpus < one.usage["busy"].cpus
        assert one.usage["busy"].mem > 0
        [name] = [each for each in containers(engine, one.folder) if each.endswith("busy")]
        said = engine_calls.Engine().used(name.removeprefix("/"))
        assert said is not None
        assert said.cpu_us > 0
        assert engine_calls.Engine().used("no-such-container") is None

    with_agent(engine, story)


def test_check_commands_end_in_time_with_all_they_started(engine: Engine, busybox: str) -> None:
    """One that says nothing, and one that never stops to, kept their threads for ever: after eight no check was run."""
    script = "sleep 1234 & setsid sleep 1235 & {}"
    silent, loud, closed = "wait", "while :; do echo again; done", "exec >/dev/null 2>&1; sleep 1236"

    async def story(one: Agent) -> None:
        for name, line in (("silent", silent), ("loud", loud), ("closed", closed)):
            check = HealthCheck(
                CheckKind.COMMAND,
                command=script.format(line),
                grace_ms=0,
                interval_ms=100,
                timeout_ms=500,
                max_failures=0,
            )
            one.launch(task(name, "sleep 300", image=busybox, health_checks=(check,)))
        for name in ("silent", "loud", "closed"):
            await one.until(lambda name=name: one.of(name)[-1:] != [] and one.of(name)[-1].healthy is False)  # type: ignore[misc]
            assert one.of(name)[-1].message == "health check command gave no result within 500 ms"
        one.kill("silent", grace_ms=0)
        one.kill("closed", grace_ms=0)
        quick = HealthCheck(CheckKind.COMMAND, command="sleep 1237 & exit 0", interval_ms=100, timeout_ms=5_000)
        one.launch(task("quick", "sleep 300", image=busybox, health_checks=(quick,)))
        await one.until(lambda: one.of("quick")[-1:] != [] and one.of("quick")[-1].healthy is True)

    with_agent(engine, story)


def test_a_kill_insists(engine: Engine, busybox: str) -> None:
    async def story(one: Agent) -> None:
        one.launch(task("t1", "trap '' TERM; while :; do sleep 1; done", image=busybox))
        one.launch(task("t2", "trap 'exit 0' TERM; while :; do sleep 0.1; done", image=busybox))
        await one.running("t1")
        await one.running("t2")
        one.kill("t1", grace_ms=200)
        one.kill("t2", grace_ms=20_000)
        end = await one.end_of("t1")
        assert one.states("t1") == [RUNNING, KILLING, KILLED]
        assert (end.reason, end.message) == (Reason.KILLED_BY_FRAMEWORK, "for a test; ended by SIGKILL")
        assert (await one.end_of("t2")).state is KILLED

    with_agent(engine, story)


def test_bridge_ports_and_health_checks(engine: Engine, busybox: str) -> None:
    if not has_bridge(engine):
        pytest.skip("this engine has no bridge network")
    port = free_port()

    async def story(one: Agent) -> None:
        web = Container(busybox, Network.BRIDGE, (PortMapping(80, port),))
        script = "echo hello > /www/index.html; exec httpd -f -p 80 -h /www"
        check = HealthCheck(CheckKind.HTTP, port=port, interval_ms=500, timeout_ms=2000)
        one.launch(task("web", script, container=web, health_checks=(check,)))
        inside = HealthCheck(CheckKind.COMMAND, command="test -e /www", interval_ms=200, timeout_ms=5000)
        one.launch(task("in", "sleep 300", image=busybox, health_checks=(inside,)))
        outside = HealthCheck(CheckKind.COMMAND, command="test -e /no", grace_ms=0, interval_ms=50, timeout_ms=5000)
        one.launch(task("out", "sleep 300", image=busybox, health_checks=(outside,)))
        await one.until(lambda: one.of("web")[-1:] != [] and one.of("web")[-1].healthy is True)
        assert await asyncio.to_thread(fetch, port) == b"hello\n"
        await one.until(lambda: one.of("in")[-1:] != [] and one.of("in")[-1].healthy is True)
        end = await one.end_of("out")
        assert (end.state, end.reason, end.healthy) == (KILLED, Reason.KILLED_BY_HEALTH_CHECK, False)

    with_agent(engine, story)


def test_a_container_that_needs_too_much_memory_is_told_so(engine: Engine, busybox: str) -> None:
    async def story(one: Agent) -> None:
        greedy = "x=x; while :; do x=$x$x; done"
        one.launch(task("t1", greedy, image=busybox, resources=resources(mem=16 << 20)))
        end = await one.end_of("t1")
        assert (end.state, end.reason) == (FAILED, Reason.MEMORY_LIMIT)

    with_agent(engine, story)


def test_containers_outlive_their_executor_without_loss_or_doubling(engine: Engine, busybox: str) -> None:
    async def story(one: Agent) -> None:
        count = "i=0; while [ ! -e $MESOS_SANDBOX/go ]; do i=$((i+1)); echo $i; sleep 0.01; done; exit 4"
        one.launch(task("t1", count, image=busybox))
        one.launch(task("t2", "exit 5", image=busybox))
        out = one.sandbox("t1") / "stdout"
        await eventually(lambda: out.exists() and out.stat().st_size > 100, "output is followed")
        one.launch(task("t3", "while [ ! -e $MESOS_SANDBOX/go ]; do sleep 0.01; done; exit 6", image=busybox))
        await one.running("t3")
        await one.kill_executor()
        (one.sandbox("t3") / "go").touch()
        await eventually(lambda: not running(engine, one.folder, "t3"), "t3 ends while nobody looks")
        ended_ms = time.time() * 1000
        await one.start_executor("docker", {"DOCKER_HOST": engine.host})
        end = await one.end_of("t3")
        assert end.exit_code == 6
        assert end.timestamp_ms <= ended_ms
        assert "t1" in {each.status.task_id for each in one.hellos[-1].tasks}
        size = out.stat().st_size
        await eventually(lambda: out.stat().st_size > size + 100, "output is followed again")
        (one.sandbox("t1") / "go").touch()
        assert (await one.end_of("t1")).exit_code == 4
        assert (await one.end_of("t2")).exit_code == 5
        lines = [int(line) for line in out.read_text().splitlines()]
        assert lines == list(range(1, len(lines) + 1))
        assert len([status for status in one.of("t1") if status.terminal]) == 1

    with_agent(engine, story)


def has_bridge(engine: Engine) -> bool:
    with engine.client() as client:
        return any(network["Driver"] == "bridge" for network in client.networks())


def fetch(port: int) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        body: bytes = answer.read()
        return body
