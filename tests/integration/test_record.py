"""A session of real daemons, recorded: the same code decides alike on replay, and other code is told from it."""

import asyncio
import json
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio as aio
import pytest
from click.testing import CliRunner

from barter.master import reconcile
from barter.master.cluster import Cluster, Timing
from barter.master.events import KillTask
from barter.master.registry import MemoryRegistry
from barter.master.shell import record
from barter.master.shell.service import MasterService
from barter.master.state import Framework
from barter.proto.v1 import operator_pb2, scheduler_pb2
from barter.shell.transport import channel
from barter.tools.cli.main import cli
from tests.integration.machine import free_address, until
from tests.integration.master_stubs import END, Peers, RealMaster
from tests.integration.service_world import ServiceWorld, service_world
from tests.integration.test_service import WEB

pytestmark = pytest.mark.integration


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not below pytest's own folder: a unix socket's path has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="barter-record-") as name:
        yield Path(name)


@pytest.fixture
def world(folder: Path) -> Iterator[ServiceWorld]:
    with service_world(folder, "master", "agent", "service") as made:
        yield made


def barter(*words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "barter.tools.cli.main", *words]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def replayed(log: Path, code: int) -> Any:
    done = CliRunner().invoke(cli, ["replay", str(log), "-o", "json"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def test_a_recorded_session_is_decided_alike_by_the_same_code_and_otherwise_by_other(
    world: ServiceWorld, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = folder / "log"
    assert world.call("POST", "/v2/apps", WEB)[0] == 201
    world.settled(3)
    recording = barter("record", "--dir", str(log), "--master", world.master)
    until(lambda: [*log.glob("*.jsonl")] and (log / "record-0001.jsonl").stat().st_size)
    assert world.call("PUT", "/v2/apps/web", {"instances": 5})[0] == 200
    world.settled(5)
    assert world.call("DELETE", "/v2/apps/web")[0] == 200
    until(lambda: world.call("GET", "/v2/deployments")[1] == [])
    recording.send_signal(signal.SIGINT)
    told, complaints = recording.communicate(timeout=30)
    assert (recording.returncode, "Traceback" in complaints) == (0, False)
    assert "record-0001.jsonl" in told
    assert f"Next: barter replay {log}" in told
    assert stat.S_IMODE((log / "record-0001.jsonl").stat().st_mode) == 0o600

    same = replayed(log, 0)
    assert same["differences"] == []
    assert same["batches"]["alike"] > 20
    assert same["batches"]["passed_over"] == 0

    monkeypatch.setattr(reconcile, "kill", forget_kills)
    other = replayed(log, 1)
    assert other["batches"]["different"] == 1
    [found] = other["differences"]
    assert any("KillTask" in event for event in found["events"])
    [done] = [action for action in found["actions"] if action["side"] != "same"][:1]
    assert done["side"] == "recorded"
    assert "Kill(" in done["text"]
    assert "killed by framework" in done["text"]
    assert any("this version forgets kills" in entry for entry in found["history"])
    assert other["batches"]["passed_over"] > 0


def forget_kills(cluster: Cluster, framework: Framework, event: KillTask, now: int) -> None:
    cluster.history.record(now, "kill_forgotten", event.task_id, f"this version forgets kills of {framework.info.name}")


@pytest.fixture
def master(tmp_path: Path) -> Iterator[RealMaster]:
    running = RealMaster(tmp_path)
    until(lambda: CliRunner().invoke(cli, ["status", "--master", running.grpc]).exit_code == 0)
    yield running
    if running.process.poll() is None:
        running.stop()


def test_the_master_ends_a_recording_with_itself(master: RealMaster, folder: Path) -> None:
    recording = barter("record", "--dir", str(folder / "log"), "--master", master.grpc)
    until(lambda: [*(folder / "log").glob("*.jsonl")])
    master.stop()
    told, complaints = recording.communicate(timeout=30)
    assert recording.returncode == 1
    assert "the master ended" in complaints
    assert "record-0001.jsonl" in told


def test_a_recording_for_some_time_ends_by_itself(master: RealMaster, folder: Path) -> None:
    recording = barter("record", "--dir", str(folder / "log"), "--for", "1s", "--master", master.grpc)
    told, _ = recording.communicate(timeout=30)
    assert (recording.returncode, "record-0001.jsonl" in told) == (0, True)
    assert replayed(folder / "log", 0)["batches"]["alike"] == 0


async def to_its_end(recording: Any) -> None:
    while await recording.read() is not END:
        pass


def test_who_reads_too_slowly_is_broken_off_and_the_master_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "WAITING_MOST", 2_000)

    async def conversation() -> None:
        registry = MemoryRegistry()
        service = MasterService(registry, await registry.start("abc123"), Timing(), 50)
        await service.start("127.0.0.1:0", free_address())
        async with channel(service.address) as link:
            peers = Peers(link)
            recording = peers.operator.Record(operator_pb2.RecordRequest(), wait_for_ready=True)
            assert (await recording.read()).header
            scheduler, _ = await peers.subscribed()
            ask = scheduler_pb2.SchedulerCall(reconcile={"task_ids": [f"t{n}" * 10 for n in range(500)]})
            for _ in range(100):
                await scheduler.say(ask)
                await scheduler.hear()
            with pytest.raises(aio.AioRpcError, match="does not keep up") as broken:
                await to_its_end(recording)
            assert broken.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            await scheduler.say(ask)
            assert len((await scheduler.hear()).update.statuses) == 500
        await service.stop()

    asyncio.run(conversation())
