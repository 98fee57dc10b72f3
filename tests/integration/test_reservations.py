"""Data in a persistent volume, through the ends of its task, of the agent and of the master: with real parts."""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from barter import sdk
from barter.tools.bench.cluster import Cluster, clean_env, free_address
from tests.integration.engine import Engine
from tests.integration.machine import until

pytestmark = pytest.mark.integration

NEED = sdk.resources(cpus=100, mem=32 * sdk.MIB)
R1, V1 = sdk.ReservationId("r1"), sdk.VolumeId("v1")
FINISHED = sdk.TaskState.FINISHED
PATIENCE_S = 60
EXAMPLE = Path(__file__).parents[2] / "examples" / "keeping_framework.py"


class World(Cluster):
    """One whose agent may be killed and started again over its work dir."""

    def __init__(self, folder: Path, runtime: str) -> None:
        super().__init__(folder, runtime)
        self._node = free_address()

    def start_agent(self, name: str = "agent") -> None:
        options = ["--master", self.master, "--work-dir", f"{self.folder}/{name}", "--listen", self._node]
        options += ["--http", self.agent_http, "--runtime", self._runtime, "--hostname", "h1"]
        options += ["--resources", "cpus=4,mem=4GiB,disk=20GiB", "--reserve", "ops:cpus=1"]
        self._launch(name, signal.SIGUSR1, *options)
        self._wait(name, self.agent_http)

    @property
    def volume(self) -> Path:
        return self.folder / "agent" / "volumes" / V1

    def barter(self, *words: str, code: int = 0) -> str:
        command = [sys.executable, "-m", "barter.tools.cli.main", "--master", self.master, *words]
        done = subprocess.run(command, env=clean_env(), capture_output=True, text=True, timeout=PATIENCE_S)
        assert done.returncode == code, f"{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def reservations(self) -> list[dict[str, Any]]:
        return list(json.loads(self.barter("reservations", "-o", "json")))

    def volumes(self) -> list[dict[str, Any]]:
        return [each for row in self.reservations() for each in row["volumes"]]


@contextmanager
def world(runtime: str) -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="barter-kept-"))
    one = World(folder, runtime)
    try:
        one.start_master()
        one.start_agent()
        yield one
    finally:
        one.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Once(sdk.Scheduler):
    """Runs one task on the first offer with its volume, and stops with its end."""

    def __init__(self, task: sdk.TaskInfo) -> None:
        self.task = task
        self.end: sdk.TaskStatus | None = None

    def resource_offers(self, driver: sdk.Driver, offers: Sequence[sdk.Offer]) -> None:
        for offer in offers:
            wanted = V1 in offer.volumes and self.task is not None
            driver.launch(offer, [self.task] if wanted else [], sdk.Filters(1_000))

    def status_update(self, driver: sdk.Driver, status: sdk.TaskStatus) -> None:
        if status.terminal:
            self.end = status
            driver.stop()


def run(
    one: World, name: str, shell: str, image: str, *, role: str = "eng/db", read_only: bool = False
) -> sdk.TaskStatus:
    """Run a task that has the volume at `data`, or at /data of its container, to its end."""
    mount = sdk.VolumeMount(V1, "/data" if image else "data", read_only)
    task = sdk.TaskInfo(sdk.TaskId(name), name, NEED, sdk.Command(shell=shell), volumes=(mount,))
    if image:
        task = replace(task, container=sdk.Container(image, sdk.Network.NONE))
    scheduler = Once(task)

    async def bounded() -> int:
        driver = sdk.MasterDriver(scheduler, sdk.FrameworkInfo(name, roles=(role,)), one.master)
        return await asyncio.wait_for(driver.serve(), PATIENCE_S)

    assert asyncio.run(bounded()) == 0
    assert scheduler.end is not None
    return scheduler.end


def story(runtime: str, image: str) -> None:
    at = "/data" if image else "data"
    with world(runtime) as one:
        until(one.reservations)
        one.barter("reserve", "h1", "--id", R1, "--role", "eng", "--resources", "cpus=2,mem=1GiB,disk=10GiB")
        assert "2 needed, 1 free" in one.barter(
            "reserve", "h1", "--id", "r2", "--role", "eng", "--resources", "cpus=2", code=1
        )
        one.barter("volume", "create", "h1", "--id", V1, "--reservation", R1, "--size", "4GiB")
        assert run(one, "writes", f"echo kept > {at}/x", image).state is FINISHED
        assert (one.volume / "x").read_text() == "kept\n"
        one.kill("agent")
        one.kill("master")
        one.start_master()
        one.start_agent()
        rows = {row["reservation_id"]: row for row in until(one.reservations)}
        assert rows.keys() == {R1, "static-ops"}
        assert [each["state"] for each in rows[R1]["volumes"]] == ["free"]
        assert run(one, "reads", f"grep kept {at}/x", image).state is FINISHED
        if image:
            assert run(one, "tries", f"! touch {at}/y", image, read_only=True).state is FINISHED
        assert "destroy them first" in one.barter("unreserve", "h1", R1, code=1)
        one.barter("volume", "destroy", "h1", V1)
        until(lambda: not one.volumes() and not one.volume.exists())
        one.barter("unreserve", "h1", R1)
        assert [row["reservation_id"] for row in one.reservations()] == ["static-ops"]


def test_data_outlives_its_task_the_agent_and_the_master_until_it_is_destroyed() -> None:
    story("process", "")


@pytest.mark.docker
def test_a_containers_data_does_too(engine: Engine, busybox: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    story("docker", busybox)


def test_a_task_that_lives_through_all_of_it_keeps_its_volume_and_its_part() -> None:
    with world("process") as one:
        until(one.reservations)
        one.barter("reserve", "h1", "--id", R1, "--role", "eng", "--resources", "cpus=2,mem=1GiB,disk=10GiB")
        one.barter("volume", "create", "h1", "--id", V1, "--reservation", R1, "--size", "4GiB")
        waits = "while [ ! -e data/go ]; do sleep 0.05; done"
        with (one.folder / "stays.log").open("wb") as log:
            code = (
                f"from tests.integration.test_reservations import *; print(run_at({one.master!r}, 'stays', {waits!r}))"
            )
            framework = subprocess.Popen([sys.executable, "-c", code], stdout=log, stderr=log)
        try:
            until(lambda: [each for each in one.volumes() if each["state"] == "used"])
            one.kill("agent")
            one.kill("master")
            one.start_master()
            one.start_agent()
            [volume] = until(lambda: [each for each in one.volumes() if each["state"] == "used"])
            assert volume["task_id"] == "stays"
            [row] = [each for each in one.reservations() if each["reservation_id"] == R1]
            assert (row["used"]["cpus"], row["used"]["mem"]) == (0.1, 32 * sdk.MIB)
            assert "task stays uses it" in one.barter("volume", "destroy", "h1", V1, code=1)
            (one.volume / "go").touch()
            assert framework.wait(PATIENCE_S) == 0
        finally:
            framework.kill()
            framework.wait()


def run_at(master: str, name: str, shell: str) -> str:
    """As `run`, in a process of its own."""
    mount = sdk.VolumeMount(V1, "data")
    scheduler = Once(sdk.TaskInfo(sdk.TaskId(name), name, NEED, sdk.Command(shell=shell), volumes=(mount,)))
    assert sdk.MasterDriver(scheduler, sdk.FrameworkInfo(name, roles=("eng",)), master).run() == 0
    assert scheduler.end is not None
    return str(scheduler.end.state)


def test_the_example_finds_what_its_run_before_left() -> None:
    with world("process") as one:
        for _ in range(2):
            command = [sys.executable, str(EXAMPLE), one.master]
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
            assert (done.returncode, "TASK_FINISHED" in done.stdout) == (0, True), done.stdout + done.stderr
        outputs = sorted((one.folder / "agent" / "sandboxes").glob("*/*/stdout"), key=lambda path: path.parent.name)
        assert [path.read_text().strip() for path in outputs] == ["1", "2"]
