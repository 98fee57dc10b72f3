"""What the service framework once asked to have killed, ends."""

from typing import Any

from barter.agent.facts import TaskKey
from barter.core.ids import TaskId
from barter.sdk import calls
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.watched import find
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.process import Process
from barter.tools.sim.workloads.service import ServiceWorkload

LONG_US = 180_000_000


class KeptKills(Checker):
    """It stores whom it wants to end before it says so: a process that starts means to end all that an earlier one has
    asked to have killed, as far as it knows them. At the end none runs that any process asked to have killed more than
    3 minutes and the instance's grace ago.
    """

    name = "kept_kills"

    def __init__(self) -> None:
        super().__init__()
        self._framework: SimFramework | None = None
        self._workload = ServiceWorkload()
        self._asked_us: dict[TaskKey, int] = {}

    def begin(self, cluster: SimCluster) -> None:
        super().begin(cluster)
        if (found := find(cluster, ServiceWorkload)) is not None:
            self._framework, self._workload = found

    def process_started(self, process: Process[Any, Any]) -> None:
        if self._framework is not None and process is self._framework:
            for state in self._workload.apps.values():
                for task_id, instance in state.instances.items():
                    key = (self._framework.driver.framework_id, TaskId(task_id))
                    if key in self._asked_us and not instance.kill_reason:
                        asked = f"was to be killed at {self._asked_us[key] / 1e6:.3f} s"
                        self.fail(f"{task_id} {asked}, and a new process means to keep it")

    def asked(self, framework: SimFramework, call: calls.Call) -> None:
        if framework is self._framework and isinstance(call, calls.Kill):
            key = (framework.driver.framework_id, call.task_id)
            self._asked_us.setdefault(key, framework.world.now_us)

    def at_end(self, cluster: SimCluster) -> None:
        for host in cluster.hosts.values():
            for key, running in host.tasks.items():
                since_us = self._asked_us.get(key)
                long_us = LONG_US + running.task.kill_grace_ms * 1000
                if since_us is not None and since_us < cluster.world.now_us - long_us:
                    what = f"task {key[1]} of {key[0]} runs on {host.name}"
                    self.fail(f"{what}, and was to be killed at {since_us / 1e6:.3f} s")
