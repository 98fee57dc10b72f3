"""A real agent's sandboxes and tasks as `barter logs`, `ls`, `cp` and `exec` reach them."""

import asyncio
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from barter.agent.runtime import isolation
from barter.core.resources import resources
from barter.core.tasks import Container, TaskInfo
from barter.proto.v1 import operator_pb2, types_pb2
from tests.integration import machine
from tests.integration.agent_world import AGENT, FRAMEWORK, AgentProcess, Master, task
from tests.integration.engine import Engine
from tests.tools.stubs import StubMaster, serving

pytestmark = pytest.mark.integration
BARTER = (sys.executable, "-m", "barter.tools.cli.main")


class Told:
    """An agent that runs the tasks, and a master's operator face that says where they are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.master: Master
        self.agent: AgentProcess
        self.operator = ""

    def sandbox(self, task_id: str) -> Path:
        return self.folder / "agent" / "sandboxes" / FRAMEWORK / task_id

    def command(self, *words: str) -> list[str]:
        return [*BARTER, "--master", self.operator, *words]

    def barter(self, *words: str, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
        done = subprocess.run(self.command(*words), input=stdin, capture_output=True, timeout=30)
        return done.returncode, done.stdout, done.stderr


@asynccontextmanager
async def world(folder: Path, runtime: str, *tasks: TaskInfo, script: str = AGENT) -> AsyncIterator[Told]:
    told = Told(folder)
    told.master = await Master().start()
    told.agent = AgentProcess(told.master.address, folder / "agent", runtime, script=script)
    views = operator_pb2.ListTasksResponse(
        tasks=[
            operator_pb2.TaskView(
                framework_id=FRAMEWORK,
                node_address=told.agent.node,
                task=types_pb2.TaskInfo(task_id="t1"),
                status=types_pb2.TaskStatus(state="TASK_RUNNING"),
            )
        ]
    )
    try:
        with serving(StubMaster({"ListTasks": views})) as told.operator:
            await until(lambda: told.master.registers)
            await told.master.run(*tasks)
            await until(lambda: all("TASK_RUNNING" in told.master.states(each.task_id) for each in tasks))
            yield told
    finally:
        await told.agent.end(signal.SIGUSR1)
        await told.master.stop()


async def until(condition: Callable[[], object]) -> None:
    await asyncio.to_thread(machine.until, lambda: condition() or None)


@contextmanager
def on_terminal(command: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A command on a terminal of 20 rows and 50 columns, and that terminal."""
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, (20, 50))
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave)
    try:
        yield process, master
    finally:
        process.kill()
        process.wait()
        os.close(slave)
        os.close(master)


def read_until(master: int, text: str) -> str:
    read = ""
    while not re.search(text, read):
        assert select.select([master], [], [], 20)[0], f"no {text!r} in {read!r}"
        read += os.read(master, 4096).decode()
    return read


def test_beside_a_process(tmp_path: Path) -> None:
    line = "mkdir d; echo hello > d/f; mkfifo pipe; ln -s /etc/passwd out; exec sleep 100"

    async def story() -> None:
        async with world(tmp_path, "process", task("t1", line)) as told:
            await until(lambda: (told.sandbox("t1") / "out").is_symlink())
            for part in (run_commands, use_a_terminal, copy_files):
                await asyncio.to_thread(part, told)

    asyncio.run(story())


def test_beside_a_container(tmp_path: Path, engine: Engine, busybox: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    line = "cd /mnt/mesos/sandbox && echo hello > f && exec sleep 100"
    info = replace(task("t1", line), resources=resources(cpus=100, mem=32 << 20), container=Container(busybox))

    def commands(told: Told) -> None:
        script = "cat /mnt/mesos/sandbox/f; echo oh >&2; exit 7"
        assert told.barter("exec", "t1", "--", "sh", "-c", script) == (7, b"hello\n", b"oh\n")
        assert told.barter("exec", "-i", "t1", "cat", stdin=b"x" * 300_000) == (0, b"x" * 300_000, b"")
        code, _, _ = told.barter("exec", "t1", "no-such-program")
        assert code in (126, 127)
        code, out, _ = told.barter("exec", "t1", "--", "head", "-c", "2000000", "/dev/zero")
        assert (code, len(out)) == (0, 2_000_000)
        assert told.barter("cp", "t1:f", str(tmp_path / "f"))[0] == 0
        assert (tmp_path / "f").read_text() == "hello\n"
        with on_terminal(told.command("exec", "-it", "t1", "sh")) as (process, master):
            os.write(master, b"echo $((20 + 1)) $TERM\n")
            read_until(master, f"21 {os.environ.get('TERM', 'xterm')}\r\n")
            os.write(master, b"\x04")
            assert process.wait(10) == 0

    async def story() -> None:
        async with world(tmp_path, "docker", info) as told:
            await asyncio.to_thread(commands, told)

    asyncio.run(story())


def test_an_agent_that_dies_takes_sessions_along_and_gives_terminals_back(tmp_path: Path) -> None:
    line = "echo first; until [ -e go ]; do sleep 0.02; done; echo second"

    def follow(told: Told) -> tuple[bytes, bytes]:
        log = told.command("logs", "-f", "t1")
        logs = subprocess.Popen(log, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert logs.stdout is not None
        assert logs.stdout.readline() == b"first\n"
        with on_terminal(told.command("exec", "-it", "t1", "sh")) as (process, master):
            before = termios.tcgetattr(master)
            os.write(master, b"echo $((20 + 1)); echo pid $$\n")
            shell = int(re.search(r"pid (\d+)\r\n", read_until(master, r"21\r\npid \d+\r\n"))[1])  # type: ignore[index]
            assert termios.tcgetattr(master) != before
            told.agent.process.kill()
            told.agent.process.wait()
            assert process.wait(20) == 1
            assert termios.tcgetattr(master) == before
            assert "stopped answering" in read_until(master, "session ended with it")
        machine.until(lambda: not Path(f"/proc/{shell}").exists() or None, 20)
        told.agent = AgentProcess(told.master.address, told.folder / "agent", "process", told.agent.node)
        machine.until(lambda: len(told.master.registers) > 1 or None)
        (told.sandbox("t1") / "go").touch()
        out, err = logs.communicate(timeout=30)
        return out, err

    async def story() -> None:
        async with world(tmp_path, "process", task("t1", line)) as told:
            out, err = await asyncio.to_thread(follow, told)
            assert out == b"second\n"
            assert err.count(b"trying on") >= 1

    asyncio.run(story())


def test_beside_an_isolated_process_of_another_user() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        if why := isolation.problem(folder) or ("" if os.geteuid() == 0 else "this is not root"):
            pytest.skip(why)
        line = task("t1", "exec sleep 100")
        info = replace(line, command=replace(line.command, user="nobody"))
        isolated = AGENT.replace("resources=have", "resources=have, settings=Settings(isolation='bubblewrap')")
        script = f"from barter.agent.runtime.settings import Settings\n{isolated}"
        shown = "id -u; grep NoNewPrivs /proc/self/status; test -e /proc/1000"

        async def story() -> None:
            async with world(folder, "process", info, script=script) as told:
                code, out, err = await asyncio.to_thread(told.barter, "exec", "t1", "--", "sh", "-c", shown)
                assert (code, out.split(), err) == (1, [b"65534", b"NoNewPrivs:", b"1"], b"")
                code, out, _ = await asyncio.to_thread(told.barter, "exec", "t1", "--", "sh", "-c", "ls /proc")
                assert len([each for each in out.split() if each.isdigit()]) < 10

        asyncio.run(story())


def run_commands(told: Told) -> None:
    assert told.barter("exec", "t1", "--", "sh", "-c", "cat d/f; echo oh >&2; exit 7") == (7, b"hello\n", b"oh\n")
    assert told.barter("exec", "-i", "t1", "cat", stdin=b"x" * 300_000) == (0, b"x" * 300_000, b"")
    code, out, err = told.barter("exec", "t1", "sh", "-c", "echo $BARTER_TASK_ID; pwd; kill -9 $$")
    assert (code, out.decode().split(), err) == (137, ["t1", str(told.sandbox("t1"))], b"")
    _, out, _ = told.barter("exec", "t1", "--", "sh", "-c", "cat /proc/$PPID/cmdline")
    assert b"exec_helper" in out
    assert b"BARTER_" not in out
    code, _, err = told.barter("exec", "t1", "no-such-program")
    assert (code, err) == (127, b"barter exec: there is no 'no-such-program' here\n")
    code, out, _ = told.barter("exec", "t1", "--", "head", "-c", "5000000", "/dev/zero")
    assert (code, len(out)) == (0, 5_000_000)
    code, _, err = told.barter("exec", "-t", "t1", "true")
    assert (code, b"-t needs stdin to be a terminal" in err) == (2, True)
    theirs = {each.split(":")[1]: each.split(":")[2] for each in cgroups_of(told.sandbox("t1"))}
    _, out, _ = told.barter("exec", "t1", "cat", "/proc/self/cgroup")
    mine = {each.split(":")[1]: each.split(":")[2] for each in out.decode().splitlines()}
    assert mine == theirs
    interrupted = subprocess.Popen(
        told.command(
            "exec", "t1", "--", "sh", "-c", "trap 'echo got it; exit 3' INT; echo ready; while :; do sleep 0.05; done"
        ),
        stdout=subprocess.PIPE,
    )
    assert interrupted.stdout is not None
    assert interrupted.stdout.readline() == b"ready\n"
    interrupted.send_signal(signal.SIGINT)
    assert interrupted.stdout.readline() == b"got it\n"
    assert interrupted.wait(10) == 3
    interrupted.stdout.close()


def cgroups_of(sandbox: Path) -> list[str]:
    """Of the process whose folder it is."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if os.readlink(entry / "cwd") == str(sandbox) and (entry / "comm").read_text() == "sleep\n":
                    return (entry / "cgroup").read_text().splitlines()
            except OSError:
                continue
    raise AssertionError("no process")


def use_a_terminal(told: Told) -> None:
    with on_terminal(told.command("exec", "-it", "t1", "--", "sh")) as (process, master):
        before = termios.tcgetattr(master)
        os.write(master, b"stty size; tty; exit_after() { exit 5; }\n")
        assert "20 50" in read_until(master, r"/dev/pts/\d+\r\n")
        termios.tcsetwinsize(master, (33, 44))
        process.send_signal(signal.SIGWINCH)
        os.write(master, b"while ! stty size | grep -q 33; do sleep 0.02; done; stty size\n")
        read_until(master, "33 44\r\n")
        os.write(master, b"sleep 1000\n")
        read_until(master, "sleep 1000")
        os.write(master, b"\x03")
        # A shell forgets what was typed before it heard of the interrupt.
        read_until(master, r"\^C[^#$]*[#$] $")
        os.write(master, b"echo still $((20 + 1))\n")
        read_until(master, "still 21")
        os.write(master, b"exit_after\n")
        assert process.wait(10) == 5
        assert termios.tcgetattr(master) == before


def copy_files(told: Told) -> None:
    _, out, _ = told.barter("ls", "t1")
    assert [line.split()[0] for line in out.decode().splitlines()] == [
        "KIND",
        "folder",
        "link",
        "other",
        "file",
        "file",
    ]
    code, out, err = told.barter("cp", "t1:", str(told.folder / "copy"))
    assert (code, b"3 files, 6B, to" in out) == (0, True)
    assert sorted(err.decode().splitlines()) == [
        "left out out: a link, which is not followed",
        "left out pipe: a pipe, a socket or a device",
    ]
    assert (told.folder / "copy" / "d" / "f").read_text() == "hello\n"
    for path, why in (
        ("out", "a link, which is not followed"),
        ("pipe", "a pipe, a socket or a device"),
        ("none", "No such file"),
        ("out/x", "which is not followed"),
    ):
        code, _, err = told.barter("cp", f"t1:{path}", str(told.folder))
        assert (code, why in err.decode()) == (1, True)
    for path in ("../t2", "/etc/passwd", "a/../../x"):
        code, _, err = told.barter("cp", f"t1:{path}", str(told.folder))
        assert (code, b"the path" in err) == (2, True)
