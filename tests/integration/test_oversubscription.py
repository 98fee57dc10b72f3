"""What a real task does not use is lent, taken by a revocable one, and taken back when its owner wants it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from barter import sdk
from barter.tools.bench.cluster import clean_env, cluster

pytestmark = pytest.mark.integration

OWNS, BORROWS = sdk.resources(cpus=2_000, mem=64 * sdk.MIB), sdk.resources(cpus=1_400, mem=64 * sdk.MIB)
AGENT = ("--oversubscribe", "--resources", "cpus=2,mem=4GiB")
PATIENCE_SECONDS = 120


class Author(sdk.Scheduler):
    """An owner that holds both cpus and sleeps, until a file tells it to burn; a guest on what it lends meanwhile.

    `folder` is where the agent has its sandboxes.
    """

    def __init__(self, folder: Path, master: str) -> None:
        self.folder, self.master = folder, master
        self.states: dict[str, list[sdk.TaskState]] = {"owner": [], "guest": []}
        self.end: sdk.TaskStatus | None = None
        self.agent: dict[str, dict[str, float]] = {}
        self.tasks: list[dict[str, dict[str, float]]] = []

    def registered(self, driver: sdk.Driver, framework_id: sdk.FrameworkId) -> None:
        driver.set_demands(
            [
                sdk.Demand(sdk.DemandId("owner"), OWNS, 1),
                sdk.Demand(sdk.DemandId("guest"), BORROWS, 1, revocable=True),
            ]
        )

    def resource_offers(self, driver: sdk.Driver, offers: Sequence[sdk.Offer]) -> None:
        burn = "while [ ! -e burn ]; do sleep 0.2; done; yes > /dev/null & yes > /dev/null; wait"
        lines = {"owner": burn, "guest": "sleep 600"}
        for offer in offers:
            name = offer.demand_id
            task = sdk.TaskInfo(
                sdk.TaskId(name), name, offer.resources, sdk.Command(shell=lines[name]), demand_id=offer.demand_id
            )
            driver.launch(offer, [task])

    def status_update(self, driver: sdk.Driver, status: sdk.TaskStatus) -> None:
        self.states[status.task_id].append(status.state)
        if status.task_id == "guest" and status.state is sdk.TaskState.RUNNING:
            [self.agent] = self._list("agents")
            self.tasks = self._list("tasks")
            [sandbox] = self.folder.glob("**/sandboxes/*/owner")
            (sandbox / "burn").touch()
        if status.terminal:
            self.end = status
            driver.stop()

    def _list(self, verb: str) -> list[dict[str, dict[str, float]]]:
        words = [verb, "--usage", "--master", self.master, "-o", "json"]
        command = [sys.executable, "-m", "barter.tools.cli.main", *words]
        done = subprocess.run(command, env=clean_env(), capture_output=True, text=True, timeout=30, check=True)
        found: list[dict[str, dict[str, float]]] = json.loads(done.stdout)
        return found


def test_a_guest_runs_on_what_its_owner_does_not_use_until_it_does() -> None:
    with cluster("process", agent_options=AGENT) as made:
        author = Author(made.folder, made.master)

        async def bounded() -> int:
            driver = sdk.MasterDriver(author, sdk.FrameworkInfo("test"), made.master)
            return await asyncio.wait_for(driver.serve(), PATIENCE_SECONDS)

        asyncio.run(bounded())
    assert author.states["owner"] == [sdk.TaskState.RUNNING]
    assert author.states["guest"] == [sdk.TaskState.RUNNING, sdk.TaskState.KILLING, sdk.TaskState.KILLED]
    assert author.end is not None
    assert author.end.reason is sdk.Reason.PREEMPTED
    assert "its own tasks use the rest" in author.end.message
    assert author.agent["free"].get("cpus", 0) == 0
    assert author.agent["lent"]["cpus"] == 1.4
    assert author.agent["revocable"]["cpus"] >= 1.4
    assert sorted(each["revocable"].get("cpus", 0) for each in author.tasks) == [0, 1.4]
    [owner] = [each for each in author.tasks if not each["revocable"].get("cpus", 0)]
    assert owner["usage"]["mem"] > 0
    assert owner["usage"]["cpus"] < 1
    assert author.agent["usage"]["tasks"] >= 1
