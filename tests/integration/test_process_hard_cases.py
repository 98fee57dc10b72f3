"""Tasks that behave badly, and deaths at bad moments, with a real executor and its keeper."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from barter.agent.runtime.cgroups import find_here
from barter.agent.runtime.isolation import problem
from barter.agent.runtime.keeper import wire
from barter.agent.runtime.keeper.keeper import NOTES
from barter.agent.runtime.keeper.output import LIMIT, WIDE
from barter.agent.runtime.settings import Settings
from barter.core.task_state import TaskState
from barter.core.tasks import CheckKind, Command, HealthCheck, Reason, Rlimit, TaskInfo
from tests.integration.executor_agent import Agent, agent, task
from tests.integration.machine import alive, eventually

pytestmark = pytest.mark.integration

FINISHED, FAILED, KILLED = TaskState.FINISHED, TaskState.FAILED, TaskState.KILLED
MOST_KEPT = 2 * LIMIT + WIDE
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts tasks as others")


def play(story: Callable[[Agent], Awaitable[None]], settings: Settings | None = None) -> None:
    async def whole() -> None:
        async with agent() as one:
            one.folder.chmod(0o755)
            await one.start_executor(settings=settings)
            await story(one)
            one.stop(kill=True)
            assert await one.executor_exit() == 0
            assert not (one.folder / "executor" / "keeper.sock").exists()

    asyncio.run(whole())


def keeper(one: Agent) -> int:
    return int((one.folder / "executor" / "keeper.pid").read_text().split()[0])


def ends_noted(one: Agent) -> int:
    records, _ = wire.split((one.folder / "executor" / NOTES).read_bytes())
    return sum(record[0] == b"end" for record in records)


def out(one: Agent, task_id: str) -> str:
    path = one.sandbox(task_id) / "stdout"
    return path.read_text() if path.exists() else ""


def shell(task_id: str, line: str, user: str = "", *rlimits: Rlimit) -> TaskInfo:
    return task(task_id, command=Command(line, user=user, rlimits=rlimits))


WAITS = "echo run >> runs; until [ -e go ]; do sleep 0.02; done; date +%s%3N > ended; exit "


def run_once_with_true_ends(one: Agent, codes: dict[str, int]) -> None:
    for task_id, code in codes.items():
        ends = [status for status in one.of(task_id) if status.terminal]
        assert {(end.exit_code, end.state) for end in ends} == {(code, FAILED if code else FINISHED)}
        assert (one.sandbox(task_id) / "runs").read_text() == "run\n"


async def end_while(one: Agent, task_id: str) -> int:
    """Have the task end by itself, and wait until it has; when that was."""
    ended = one.sandbox(task_id) / "ended"
    (one.sandbox(task_id) / "go").touch()
    await eventually(lambda: ended.exists() and bool(ended.read_text()), f"{task_id} ends")
    return int(ended.read_text())


def test_an_end_without_an_executor_is_told_once_with_its_code_and_time() -> None:
    async def story(one: Agent) -> None:
        one.launch(task("t7", WAITS + "7"), task("t0", WAITS + "0"), task("t9", WAITS + "9"))
        for task_id in ("t7", "t0", "t9"):
            await one.running(task_id)
        await one.kill_executor()
        times = {task_id: await end_while(one, task_id) for task_id in ("t7", "t0")}
        await eventually(lambda: ends_noted(one) == 2, "the keeper notes both ends")
        noted = time.time_ns() // 1_000_000
        await one.start_executor()
        for task_id, when in times.items():
            assert when <= (await one.end_of(task_id)).timestamp_ms <= noted
        await end_while(one, "t9")
        await one.end_of("t9")
        run_once_with_true_ends(one, {"t7": 7, "t0": 0, "t9": 9})

    play(story)


def test_tasks_outlive_their_keeper_and_nothing_starts_twice() -> None:
    async def story(one: Agent) -> None:
        one.launch(*(task(f"t{code}", WAITS + str(code)) for code in range(4)))
        for code in range(4):
            await one.running(f"t{code}")
        first = keeper(one)
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: keeper(one) != first, "another keeper takes over")
        one.launch(task("t4", WAITS + "4"))
        await one.running("t4")
        await end_while(one, "t1")
        assert (await one.end_of("t1")).exit_code == 1
        os.kill(keeper(one), signal.SIGKILL)
        await one.kill_executor()
        await one.start_executor()
        assert {each.status.task_id for each in one.hellos[-1].tasks} - {"t1"} == {"t0", "t2", "t3", "t4"}
        for code in (0, 2, 3, 4):
            await end_while(one, f"t{code}")
            await one.end_of(f"t{code}")
        run_once_with_true_ends(one, {f"t{code}": code for code in range(5)})

    play(story)


def test_deaths_while_tasks_start_lose_none_and_double_none() -> None:
    async def story(one: Agent) -> None:
        tasks = {f"t{code}": task(f"t{code}", f"echo run >> runs; exit {code}") for code in range(40)}
        one.launch(*tasks.values())
        for _ in range(3):
            await one.until(lambda: bool(one.statuses))
            os.kill(keeper(one), signal.SIGKILL)
            await one.kill_executor()
            await one.start_executor()
            known = {each.status.task_id for each in one.hellos[-1].tasks} | {each.task_id for each in one.statuses}
            # What it does not know and has not told of never reached the keeper.
            one.launch(*(tasks[task_id] for task_id in tasks.keys() - known))
        ends = [await one.end_of(task_id) for task_id in tasks]
        assert len(ends) == 40
        for code, end in enumerate(ends):
            runs = one.sandbox(f"t{code}") / "runs"
            # Of one that was just being started nobody may know whether it was: then that is said.
            assert end.exit_code in (code, None)
            assert runs.read_text() == "run\n" if runs.exists() else end.exit_code is None

    play(story)


def test_much_output_leaves_little_and_no_gap() -> None:
    async def story(one: Agent) -> None:
        one.launch(task("t1", "head -c 300000000 /dev/zero"), task("t2", "seq 5000000; exit 5"))
        assert (await one.end_of("t2")).exit_code == 5
        kept = b"".join((one.sandbox("t2") / name).read_bytes() for name in ("stdout.1", "stdout")).split()
        assert [int(line) for line in kept] == list(range(5_000_001 - len(kept), 5_000_001))
        await one.end_of("t1")
        for task_id in ("t1", "t2"):
            assert sum(path.stat().st_size for path in one.sandbox(task_id).iterdir()) <= MOST_KEPT

    play(story)


def test_what_tries_to_get_away_does_not() -> None:
    async def story(one: Agent) -> None:
        one.launch(
            task("mute", "exec >&- 2>&-; until [ -e go ]; do sleep 0.02; done; exit 3"),
            task("stopped", "echo $$; kill -STOP $$; sleep 300"),
            task("zombie", "sh -c 'true & exec sleep 300' & echo $!; wait"),
            task("away", "setsid sh -c 'setsid sleep 300 & echo $! > pid'; until [ -e pid ]; do sleep 0.02; done"),
        )
        (one.sandbox("mute") / "go").touch()
        assert (await one.end_of("mute")).exit_code == 3
        for task_id in ("stopped", "zombie"):
            await eventually(lambda task_id=task_id: bool(out(one, task_id)), "it runs")  # type: ignore[misc]
            one.kill(task_id, grace_ms=200)
            assert (await one.end_of(task_id)).state is KILLED
            assert not alive(int(out(one, task_id)))
        assert (await one.end_of("away")).state is FINISHED
        if find_here().hierarchies:
            escaped = int((one.sandbox("away") / "pid").read_text())
            await eventually(lambda: not alive(escaped), "what forked away is gone")

    play(story)


def test_each_command_that_cannot_be_is_told_apart() -> None:
    async def story(one: Agent) -> None:
        folder = one.folder
        (folder / "script").write_text("#!/no/interpreter\n")
        (folder / "noise").write_bytes(b"\x7fELF nonsense")
        for name in ("script", "noise"):
            (folder / name).chmod(0o755)
        said = {
            "missing": (("/no/such",), "there is no such program"),
            "script": ((str(folder / "script"),), "its interpreter '/no/interpreter' is not there"),
            "noise": ((str(folder / "noise"),), "it is no program of this machine"),
            "folder": ((str(folder),), "it is a folder"),
            "mode": (("/etc/passwd",), "it is not executable"),
            "nul": (("echo", "a\0b"), "NUL character"),
        }
        one.launch(*(task(name, argv=argv) for name, (argv, _) in said.items()))
        for name, (_, message) in said.items():
            end = await one.end_of(name)
            assert (end.state, end.reason) == (FAILED, Reason.LAUNCH_FAILED)
            assert message in end.message

    play(story)


@AS_ROOT
@pytest.mark.skipif(not find_here().hierarchies, reason="no cgroups can be made here")
def test_a_check_command_is_held_to_the_limits_of_its_task_and_ends_with_it() -> None:
    async def story(one: Agent) -> None:
        command = "cat /proc/self/cgroup > theirs; echo $$ > checking; exec sleep 300"
        check = HealthCheck(CheckKind.COMMAND, command=command, interval_ms=60_000, timeout_ms=60_000)
        one.launch(task("t1", "cat /proc/self/cgroup > mine; exec sleep 300", health_checks=(check,)))
        await one.running("t1")
        box = one.sandbox("t1")
        await eventually(lambda: (box / "checking").exists() and bool((box / "checking").read_text()), "it is checked")
        assert (box / "theirs").read_text() == (box / "mine").read_text()
        os.kill(keeper(one), signal.SIGKILL)
        one.kill("t1", grace_ms=0)
        await one.end_of("t1")
        checking = int((box / "checking").read_text())
        await eventually(lambda: not alive(checking), "the check ends with its task")

    play(story)


@pytest.mark.parametrize("isolation", ["none", "bubblewrap"])
def test_user_and_limits(isolation: str) -> None:
    if isolation == "bubblewrap" and (why := problem(Path("/tmp"))):
        pytest.skip(why)

    async def story(one: Agent) -> None:
        few = Rlimit("nofile", 100, 200)
        prints = "id -u; id -g; ulimit -n; ulimit -Hn; cat $HOME/stdout >/dev/null && echo > /dev/stderr && exit 4"
        one.launch(
            shell("as", prints, "1234:55", few),
            shell("nobody", "id -un; grep Groups /proc/self/status", "nobody"),
            shell("unknown", "true", "no-such-user"),
            shell("kind", "true", "", Rlimit("files", 1, 1)),
            shell("order", "true", "", Rlimit("nofile", 2, 1)),
            shell("above", "true", "", Rlimit("nofile", 1, 1 << 40)),
            shell("trap", "trap 'exit 6' TERM; echo; while :; do sleep 0.02; done", "1234"),
        )
        assert (await one.end_of("as")).exit_code == 4
        assert out(one, "as").split() == ["1234", "55", "100", "200"]
        assert (one.sandbox("as") / "stdout").stat().st_uid == 1234
        assert one.sandbox("as").stat().st_mode & 0o77 == 0
        await one.end_of("nobody")
        assert out(one, "nobody").split() == ["nobody", "Groups:"]
        for name, part in {"unknown": "no user", "kind": "none of", "order": "above hard", "above": "own"}.items():
            end = await one.end_of(name)
            assert (end.reason, part in end.message) == (Reason.LAUNCH_FAILED, True)
        await eventually(lambda: bool(out(one, "trap")), "it runs")
        one.kill("trap")
        end = await one.end_of("trap")
        assert (end.state, end.exit_code) == (KILLED, 6)

    play(story, Settings(isolation=isolation))


def test_in_bubblewrap_tasks_see_nothing_of_each_other() -> None:
    if why := problem(Path("/tmp")):
        pytest.skip(why)

    async def story(one: Agent) -> None:
        one.launch(task("secret", "echo secret > mine; sleep 300"))
        mine = one.sandbox("secret") / "mine"
        await eventually(mine.exists, "it has written")
        looks = (
            f"cat {mine}; cat /proc/*/root{mine}; ls {one.folder}; touch /etc/x /usr/x; ps ax | grep -c 'sleep [3]00'"
        )
        one.launch(task("thief", f"({looks}) 2>/dev/null; touch /tmp/own ok && kill -SEGV $$"))
        end = await one.end_of("thief")
        assert end.exit_code == 139
        assert out(one, "thief").split() == ["sandboxes", "0"]
        assert (one.sandbox("thief") / "ok").exists()
        one.kill("secret")
        assert (await one.end_of("secret")).state is KILLED

    play(story, Settings(isolation="bubblewrap"))


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], check=False)
    if mounted.returncode:
        pytest.skip("mounts are not permitted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@AS_ROOT
def test_a_full_disk_is_told_as_such() -> None:
    async def story(one: Agent) -> None:
        full = one.sandbox("t1")
        with small_disk(full):
            one.launch(task("t1", "cat /dev/zero > big"), task("t2", WAITS + "2"))
            end = await one.end_of("t1")
            assert (end.state, end.reason, end.exit_code) == (FAILED, Reason.DISK_FULL, 1)
            assert "was full" in end.message
        await end_while(one, "t2")
        assert (await one.end_of("t2")).reason is Reason.COMMAND_EXITED

    play(story)


@AS_ROOT
def test_where_an_intent_cannot_be_noted_nothing_starts_and_ends_are_still_told() -> None:
    async def whole() -> None:
        async with agent() as one:
            with small_disk(one.folder / "executor"):
                await one.start_executor()
                one.launch(task("t1", WAITS + "1"))
                await one.running("t1")
                with contextlib.suppress(OSError), (one.folder / "executor" / "big").open("wb", buffering=0) as big:
                    while True:
                        big.write(bytes(4096))
                one.launch(*(task(f"x{number}", "touch ran") for number in range(8)))
                for number in range(8):
                    end = await one.end_of(f"x{number}")
                    assert (end.reason, (one.sandbox(f"x{number}") / "ran").exists()) == (Reason.DISK_FULL, False)
                await end_while(one, "t1")
                assert (await one.end_of("t1")).exit_code == 1
                (one.folder / "executor" / "big").unlink()
                one.stop(kill=True)
                assert await one.executor_exit() == 0

    asyncio.run(whole())
