"""What the service framework once asked to have killed, ends."""

from barter.agent.facts import TaskKey
from barter.sdk import calls
from barter.tools.sim.checkers.watched import find
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.observe import Observer, Violated
from barter.tools.sim.workloads.service import ServiceWorkload

LONG_US = 180_000_000


class KeptKills(Observer):
    """At the end none of its instances runs that one of its processes, also an earlier one, asked to have killed more
    than 3 minutes and the instance's grace ago: it stores whom it wants to end before it says so.
    """

    name = "kept_kills"

    def __init__(self) -> None:
        self._framework: SimFramework | None = None
        self._asked_us: dict[TaskKey, int] = {}

    def begin(self, cluster: SimCluster) -> None:
        if (found := find(cluster, ServiceWorkload)) is not None:
            self._framework, _ = found

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
                    raise Violated(self.name, f"{what}, and was to be killed at {since_us / 1e6:.3f} s")
