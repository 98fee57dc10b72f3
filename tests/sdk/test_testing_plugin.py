"""The fixture that comes with the package: simply there, cheap where it is not used, and telling where it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from barter.sdk.testing import Cluster

TESTS = """
def test_fails(cluster):
    cluster.agents(2)
    cluster.run_for(seconds=1)
    assert cluster.seed == 0

def test_waits(cluster):
    cluster.agents(1)
    cluster.run_until(lambda: cluster.running(), within_minutes=0.1)

def test_without(request):
    assert "cluster" not in request.fixturenames
"""


def test_the_fixture_is_an_empty_cluster(cluster: Cluster) -> None:
    assert isinstance(cluster, Cluster)
    assert (cluster.now_s, cluster.tasks(), dict(cluster.frameworks)) == (0, [], {})


def test_a_failed_test_tells_its_seed_and_story(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--barter-seed", "17", str(tmp_path)]
    # With these set, pytest's summary repeats every message whole.
    plain = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER")}
    done = subprocess.run(command, cwd=tmp_path, env=plain, capture_output=True, text=True, check=False)
    assert "2 failed, 1 passed" in done.stdout
    assert done.stdout.count("once more: --barter-seed 17") == 2
    assert done.stdout.count("agent-0            starts") == 2
    assert "run_until: not within 0.1 minutes: lambda: cluster.running()" in done.stdout
    assert "cluster.py" not in done.stdout, "frames of the simulator are of no use to an author"


@pytest.mark.parametrize("heavy", ["barter.sdk", "barter.tools.sim.world", "grpc"])
def test_a_run_that_does_not_use_it_pays_nothing(heavy: str) -> None:
    probe = f"import sys, barter.tools.sim.pytest_plugin; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
