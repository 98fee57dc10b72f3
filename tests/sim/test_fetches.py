"""Artifacts in simulated clusters: executors die while they fetch, and no task is lost for it or starts twice."""

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from barter.core.task_state import TaskState
from barter.core.tasks import Artifact
from barter.sdk.testing import Cluster

STEP8 = Path(__file__).resolve().parents[2] / "examples" / "testing" / "step8.py"


def workers() -> Any:
    spec = importlib.util.spec_from_file_location("step8", STEP8)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    class Fetching(module.Workers):  # type: ignore[misc, name-defined]
        def new_task(self) -> Any:
            return replace(super().new_task(), artifacts=(Artifact("http://h/x"),))

    return Fetching


@pytest.mark.simulation
@pytest.mark.parametrize("seed", range(2))
def test_executors_die_while_they_fetch(seed: int) -> None:
    cluster = Cluster(seed=seed)
    cluster.agents(3, cpus=4)
    cluster.framework(workers(), name="workers")
    cluster.run_until(lambda: len(cluster.running()) == 5)
    cluster.faults(rate=1500.0, only=["executor-crash", "task-dies"])
    cluster.run_for(minutes=4)
    cluster.heal()
    cluster.run_for(minutes=4)
    assert len(cluster.running()) == 5
    assert not cluster.tasks(state=TaskState.LOST)
    assert len(cluster.tasks()) > 10
    cluster.check()
