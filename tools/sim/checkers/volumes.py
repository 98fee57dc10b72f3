"""A persistent volume is one task's at a time, and its data stays until somebody wants it destroyed."""

from collections.abc import Sequence

from barter.agent import actions as agent_act
from barter.agent import events as agent_ev
from barter.agent.facts import TaskKey
from barter.core.ids import ReservationId, VolumeId
from barter.core.operations import CreateVolume, DestroyVolume, Operation
from barter.core.tasks import TaskInfo
from barter.master import events as ev
from barter.sdk import calls
from barter.tools.sim.agent import SimAgent
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.host import Host


class Volumes(Checker):
    """In truth, on each machine: no two tasks that run mount the same volume, and no agent deletes the data of one that
    no operator and no framework asked to destroy, or that a task which runs there mounts.
    """

    name = "volumes"

    def __init__(self) -> None:
        super().__init__()
        self._used: dict[tuple[str, VolumeId], TaskKey] = {}
        self._to_go: set[VolumeId] = set()
        self._of: dict[ReservationId, set[VolumeId]] = {}

    def task_started(self, host: Host, key: TaskKey, task: TaskInfo) -> None:
        for mount in task.volumes:
            other = self._used.setdefault((host.name, mount.volume_id), key)
            if other != key:
                self.fail(f"{host.name} runs {key[1]} of {key[0]} with {mount.volume_id}, which {other[1]} has")

    def task_ended(self, host: Host, key: TaskKey, exit_code: int) -> None:
        if self._used:
            for where in [where for where, user in self._used.items() if user == key]:
                del self._used[where]

    def operator_asked(self, call: ev.OperatorCall) -> None:
        if isinstance(call, ev.Operate):
            self._note(call.operation)

    def asked(self, framework: SimFramework, call: calls.Call) -> None:
        for operation in call.operations if isinstance(call, calls.Launch) else ():
            self._note(operation)
        for _, reservation_id in call.endings if isinstance(call, calls.ReconcileReservations) else ():
            self._to_go |= self._of.get(reservation_id, set())

    def _note(self, operation: Operation) -> None:
        if isinstance(operation, DestroyVolume):
            self._to_go.add(operation.volume_id)
        elif isinstance(operation, CreateVolume):
            self._of.setdefault(operation.reservation_id, set()).add(operation.volume_id)

    def agent_stepped(
        self, agent: SimAgent, events: Sequence[agent_ev.Event], actions: Sequence[agent_act.Action]
    ) -> None:
        for action in actions:
            if isinstance(action, agent_act.DeleteVolume):
                volume_id = action.volume_id
                user = self._used.get((agent.host, volume_id))
                if volume_id not in self._to_go or user is not None:
                    whose = f"task {user[1]} of {user[0]} has it" if user is not None else "nobody asked for that"
                    self.fail(f"{agent.name} deletes the data of {volume_id}, and {whose}")
