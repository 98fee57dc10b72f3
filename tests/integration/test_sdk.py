"""Frameworks on a real master and a real agent."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from barter import sdk
from barter.tools.bench.cluster import Cluster, cluster

pytestmark = pytest.mark.integration

HELLO = Path(__file__).parents[2] / "examples" / "hello_framework.py"
NEED = sdk.resources(cpus=10, mem=32 * sdk.MIB)
FINISHED, RUNNING, KILLED = sdk.TaskState.FINISHED, sdk.TaskState.RUNNING, sdk.TaskState.KILLED
PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def made() -> Iterator[Cluster]:
    with cluster("process") as running:
        yield running


class Author(sdk.Scheduler):
    """Launches `tasks` on the first offer, keeps what it hears, calls `react` after every status."""

    def __init__(self, tasks: Sequence[sdk.TaskInfo], react: Callable[["Author", sdk.Driver], None]) -> None:
        self.tasks = list(tasks)
        self.states: dict[str, list[sdk.TaskState]] = {}
        self.reasons: dict[str, sdk.Reason] = {}
        self.errors: list[str] = []
        self.uuids: list[str] = []
        self.reregistrations = 0
        self._react = react

    def reregistered(self, driver: sdk.Driver) -> None:
        self.reregistrations += 1

    def resource_offers(self, driver: sdk.Driver, offers: Sequence[sdk.Offer]) -> None:
        for offer in offers:
            driver.launch(offer, self.tasks)
            self.tasks = []

    def status_update(self, driver: sdk.Driver, status: sdk.TaskStatus) -> None:
        self.states.setdefault(status.task_id, []).append(status.state)
        self.reasons[status.task_id] = status.reason
        self.uuids += [status.uuid] if status.uuid else []
        self._react(self, driver)

    def error(self, driver: sdk.Driver, message: str) -> None:
        self.errors.append(message)

    def all_are(self, state: sdk.TaskState, count: int) -> bool:
        return sum(states[-1] is state for states in self.states.values()) == count


def task(name: str, line: str) -> sdk.TaskInfo:
    return sdk.TaskInfo(sdk.TaskId(name), "test", NEED, sdk.Command(shell=line))


def serve(author: Author, master: str, store: sdk.StateStore | None = None) -> int:
    async def bounded() -> int:
        driver = sdk.MasterDriver(author, sdk.FrameworkInfo("test"), master, store=store)
        return await asyncio.wait_for(driver.serve(), PATIENCE_SECONDS)

    return asyncio.run(bounded())


def test_the_hello_framework_launches_ten_tasks_and_prints_their_end(made: Cluster) -> None:
    env = {**os.environ, "BARTER_MASTER": made.master}
    done = subprocess.run(
        [sys.executable, str(HELLO)], env=env, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert done.returncode == 0, done.stderr
    lines = sorted(line.split()[:2] for line in done.stdout.splitlines())
    assert lines == [[f"hello-{n}", "TASK_FINISHED"] for n in range(10)]
    with_argument = [sys.executable, str(HELLO), made.master]
    assert subprocess.run(with_argument, capture_output=True, timeout=PATIENCE_SECONDS).returncode == 0


def test_every_task_runs_and_ends_and_every_update_comes_once(made: Cluster) -> None:
    def react(author: Author, driver: sdk.Driver) -> None:
        if author.all_are(FINISHED, 200):
            driver.stop()

    author = Author([task(f"t{n}", "exit 0") for n in range(200)], react)
    assert serve(author, made.master) == 0
    assert all(states == [RUNNING, FINISHED] for states in author.states.values())
    assert len(set(author.uuids)) == len(author.uuids) == 400


def test_an_exception_in_a_callback_tears_nothing_down(made: Cluster) -> None:
    def react(author: Author, driver: sdk.Driver) -> None:
        if author.all_are(RUNNING, 1):
            raise ZeroDivisionError("a framework's bug")
        if author.all_are(FINISHED, 1):
            driver.stop()

    author = Author([task("survivor", "sleep 0.3")], react)
    assert serve(author, made.master) == 0
    assert author.states["survivor"] == [RUNNING, FINISHED]
    assert len(author.errors) == 1


def test_a_bad_task_is_an_error_and_its_neighbours_run(made: Cluster) -> None:
    def react(author: Author, driver: sdk.Driver) -> None:
        if author.all_are(FINISHED, 1) and author.all_are(sdk.TaskState.ERROR, 1):
            driver.stop()

    bad = sdk.TaskInfo(sdk.TaskId("../../etc"), "bad", NEED, sdk.Command(shell="true"))
    author = Author([bad, task("good", "true")], react)
    assert serve(author, made.master) == 0
    assert author.states["good"] == [RUNNING, FINISHED]


def test_a_process_takes_its_framework_up_again(made: Cluster, tmp_path: Path) -> None:
    store = sdk.SqliteStore(tmp_path / "state.db")

    def leave(author: Author, driver: sdk.Driver) -> None:
        if author.all_are(RUNNING, 3):
            driver.stop(failover=True)

    def kill(author: Author, driver: sdk.Driver) -> None:
        if author.all_are(RUNNING, 3):
            for name in author.states:
                driver.kill(sdk.TaskId(name), grace_ms=1_000)
        if author.all_are(KILLED, 3):
            driver.stop()

    first = Author([task(f"long{n}", "exec sleep 600") for n in range(3)], leave)
    assert serve(first, made.master, store) == 0
    kept = store.get("barter.framework_id")
    second = Author([], kill)
    assert serve(second, made.master, store) == 0
    store.close()
    assert kept is not None
    assert set(second.states) == set(first.states)
    assert set(second.reasons.values()) == {sdk.Reason.KILLED_BY_FRAMEWORK}


def test_kill_9_of_the_master_costs_no_task() -> None:
    """The master comes back under its address and everyone returns to it."""
    with cluster("process") as own:

        def react(author: Author, driver: sdk.Driver) -> None:
            if author.all_are(RUNNING, 5) and not author.reregistrations:
                own.kill("master")
                own.start_master()
            elif author.all_are(FINISHED, 5):
                driver.stop()

        author = Author([task(f"t{n}", "sleep 6") for n in range(5)], react)
        assert serve(author, own.master) == 0
        assert author.reregistrations >= 1
        assert len(set(author.uuids)) == len(author.uuids)
        assert all(states[-1] is FINISHED for states in author.states.values())
