"""A job that is done is not launched again, and no job runs twice at once as far as its framework can know."""

from collections.abc import Sequence

from barter.agent.facts import TaskKey
from barter.core.task_state import TaskState
from barter.core.tasks import TaskInfo
from barter.sdk.callbacks import Callback, StatusUpdate
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.watched import AWAY, find
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.host import Host
from barter.tools.sim.workloads.batch import JOB_LABEL, BatchWorkload
from barter.tools.sim.workloads.jobs import job_of


class Jobs(Checker):
    """Done: the framework was told that a task of it finished, and wrote that down before its callback returned."""

    name = "jobs"

    def __init__(self) -> None:
        super().__init__()
        self._framework: SimFramework | None = None
        self._done: dict[str, str] = {}
        self._running: dict[str, dict[str, str]] = {}
        self._away: set[str] = set()

    def begin(self, cluster: SimCluster) -> None:
        super().begin(cluster)
        if (found := find(cluster, BatchWorkload)) is not None:
            self._framework, workload = found
            workload.watching.append(self._launched)

    def called(self, framework: SimFramework, callback: Callback) -> None:
        if framework is not self._framework or not isinstance(callback, StatusUpdate):
            return
        status = callback.status
        if status.state is TaskState.FINISHED:
            self._done.setdefault(job_of(status.task_id), status.task_id)
        elif status.state in AWAY:
            self._away.add(status.task_id)

    def task_started(self, host: Host, key: TaskKey, task: TaskInfo) -> None:
        if self._framework is None or key[0] != self._framework.driver.framework_id:
            return
        running = self._running.setdefault(task.labels[JOB_LABEL], {})
        running[key[1]] = host.name
        here = [f"{task_id} on {name}" for task_id, name in running.items() if task_id not in self._away]
        if len(here) > 1:
            self.fail(f"{task.labels[JOB_LABEL]} runs twice at once: {', '.join(here)}")

    def task_ended(self, host: Host, key: TaskKey, exit_code: int) -> None:
        if (running := self._running.get(job_of(key[1]))) is not None:
            running.pop(key[1], None)

    def _launched(self, tasks: Sequence[TaskInfo]) -> None:
        for task in tasks:
            if (ended := self._done.get(task.labels[JOB_LABEL])) is not None:
                self.fail(f"{task.task_id} is launched although {ended} finished the job")
