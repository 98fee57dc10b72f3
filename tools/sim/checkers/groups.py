"""Task groups in truth: no member outlives another."""

from barter.agent.facts import TaskKey
from barter.core.ids import FrameworkId
from barter.core.tasks import TaskInfo
from barter.sdk.calls import Call, Launch
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.host import Host

GroupKey = tuple[FrameworkId, str]
SETTLED_US = 90_000_000
"""A grace of 30 s, an executor and an agent that have to come back, and then some."""


class Groups(Checker):
    """At the end: a group of which something runs runs whole, unless that began or changed in the last 90 s."""

    name = "groups"

    def __init__(self) -> None:
        super().__init__()
        self._members: dict[GroupKey, set[TaskKey]] = {}
        self._group_of: dict[TaskKey, GroupKey] = {}
        self._changed_us: dict[GroupKey, int] = {}

    def asked(self, framework: SimFramework, call: Call) -> None:
        if isinstance(call, Launch):
            framework_id = framework.driver.framework_id
            for task in call.tasks:
                if task.group_id:
                    key, group = (framework_id, task.task_id), (framework_id, task.group_id)
                    self._members.setdefault(group, set()).add(key)
                    self._group_of[key] = group

    def task_started(self, host: Host, key: TaskKey, task: TaskInfo) -> None:
        if task.group_id:
            self._changed_us[key[0], task.group_id] = host.world.now_us

    def task_ended(self, host: Host, key: TaskKey, exit_code: int) -> None:
        if (group := self._group_of.get(key)) is not None:
            self._changed_us[group] = host.world.now_us

    def at_end(self, cluster: SimCluster) -> None:
        running = {key: each.task for host in cluster.hosts.values() for key, each in host.tasks.items()}
        long_ago = cluster.world.now_us - SETTLED_US
        for (framework_id, task_id), task in running.items():
            group = (framework_id, task.group_id)
            if not task.group_id or self._changed_us[group] > long_ago:
                continue
            if missing := sorted(name for _, name in self._members.get(group, set()) - running.keys()):
                self.fail(f"task {task_id} of group {task.group_id} runs without {missing[0]}")
