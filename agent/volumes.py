"""Persistent volumes of this machine: whose data is there, which tasks have it, and what is to be deleted."""

from collections.abc import Iterable

from barter.agent.actions import DeleteVolume, SendVolumes
from barter.agent.admission import Refusal
from barter.agent.events import DestroyVolume, VolumeDeleted
from barter.agent.turn import Turn
from barter.core.ids import VolumeId
from barter.core.task_state import TaskState
from barter.core.tasks import Reason, TaskInfo


class Volumes:
    """`stored` are those whose folder is there: made at first use, and deleted on the master's order alone.

    An order is carried out once no live task has the volume; one that a restart forgets, the master gives again.
    """

    def __init__(self, stored: Iterable[VolumeId] = ()) -> None:
        self.stored = dict.fromkeys(stored)
        self._doomed: dict[VolumeId, bool] = {}

    def refusal(self, turn: Turn, task: TaskInfo) -> Refusal | None:
        """Why a task cannot have its volumes now."""
        for mount in task.volumes:
            why = ""
            if mount.volume_id in self._doomed:
                why = "it is being deleted"
            elif (user := turn.book.mounted.get(mount.volume_id)) is not None:
                why = f"task {user[1]} of {user[0]} uses it"
            if why:
                return Refusal(TaskState.DROPPED, Reason.VOLUME_UNUSABLE, f"volume {mount.volume_id}: {why}")
        return None

    def destroy(self, turn: Turn, order: DestroyVolume) -> None:
        self._doomed.setdefault(order.volume_id, False)
        if (user := turn.book.mounted.get(order.volume_id)) is not None:
            why = f"task {user[1]} of {user[0]} uses it: it is deleted when that has ended"
            turn.note(f"volume {order.volume_id} is to be deleted, and {why}", problem=True)

    def deleted(self, turn: Turn, event: VolumeDeleted) -> None:
        self._doomed.pop(event.volume_id, None)
        if event.problem:
            why = f"{event.problem}; the master orders it again when the agent registers again"
            turn.note(f"volume {event.volume_id} is not deleted: {why}", problem=True)
            return
        turn.note(f"volume {event.volume_id} is deleted, as the master ordered")
        self.stored.pop(event.volume_id, None)
        self._tell(turn)

    def advance(self, turn: Turn) -> None:
        """What the rest of the event brings: folders of first use, and deletions that nothing stands against."""
        if not turn.mounts and not self._doomed:
            return
        fresh = [each for each in turn.mounts if each not in self.stored]
        self.stored.update(dict.fromkeys(fresh))
        absent = [each for each in self._doomed if each not in self.stored]
        for volume_id in absent:
            del self._doomed[volume_id]
        if fresh or absent:
            self._tell(turn)
        for volume_id, asked in self._doomed.items():
            if not asked and volume_id not in turn.book.mounted:
                self._doomed[volume_id] = True
                turn.add(DeleteVolume(volume_id, "ordered by the master"))

    def _tell(self, turn: Turn) -> None:
        if turn.master_connected:
            turn.add(SendVolumes(tuple(self.stored)))
