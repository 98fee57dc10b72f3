"""No scheduler raises."""

from typing import Any

from barter.sdk.callbacks import Callback
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.process import Process


class SchedulerErrors(Checker):
    """A framework's callbacks, and what it asked to have called later, return; its driver bears it where they do not,
    but what the framework was told is lost on it then. Seen at its next callback, at its end, or at the world's.
    """

    name = "scheduler_errors"

    def called(self, framework: SimFramework, callback: Callback) -> None:
        if framework.problems:
            self.fail(f"{framework.name}: {framework.problems[0]}")

    def process_ended(self, process: Process[Any, Any], reason: str) -> None:
        if isinstance(process, SimFramework) and process.problems:
            self.fail(f"{process.name}: {process.problems[0]}")

    def at_end(self, cluster: SimCluster) -> None:
        for framework in cluster.frameworks.values():
            if framework.problems:
                self.fail(f"{framework.name}: {framework.problems[0]}")
