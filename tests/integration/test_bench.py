"""A bench measures with real daemons and leaves nothing behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

KEYS = {"bench", "metric", "value", "unit", "floor", "ratio", "machine"}


@pytest.mark.parametrize(
    ("arguments", "metrics"),
    [
        (
            ["launch", "--tasks", "30", "--rounds", "1"],
            ["running_per_second", "finished_per_second", "latency_p50", "latency_p99"],
        ),
        (["replace", "--rounds", "1"], ["process_kill_to_running", "process_on_top_of_runtime"]),
        (
            ["agent", "--tasks", "4", "--sequence", "5", "--rounds", "1"],
            [
                "recovery_4_processes",
                "ledger_fsyncs_per_task",
                "ledger_bytes_per_task",
                "agent_memory_growth",
                "executor_memory_growth",
            ],
        ),
        (
            ["registry", "--agents", "50", "--rounds", "1"],
            ["zookeeper_read_back", "sqlite_read_back", "zookeeper_admission", "zookeeper_size"],
        ),
        (
            ["master", "--agents", "20", "--tasks-per-agent", "2", "--seconds", "1"],
            [
                "registration",
                "registration_cpu",
                "idle_cpu",
                "resident_memory",
                "offer_latency_p50",
                "offer_latency_p99",
            ],
        ),
    ],
)
def test_a_bench_prints_its_metrics_and_cleans_up(arguments: list[str], metrics: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "barter.tools.bench", *arguments, "--json"],
        env={**os.environ, "TMPDIR": str(tmp_path), "DOCKER_HOST": f"unix://{tmp_path}/none.sock"},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["metric"] for each in objects] == metrics
    assert all(set(each) == KEYS for each in objects)
    assert all(each["value"] >= 0 or each["metric"].endswith("_growth") for each in objects)
    assert list(tmp_path.iterdir()) == []
    assert not _mentioning(str(tmp_path))


def _mentioning(folder: str) -> list[int]:
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                if folder.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found
