"""Where a task has its persistent volumes and the folders it shares with its group."""

from barter.core.ids import VolumeId
from barter.core.reservations import VolumeMount, mount_problem
from barter.core.tasks import TaskInfo


def mounts_problem(task: TaskInfo) -> str:
    """Why it cannot have them there; empty when it can."""
    if task.shared and not task.group_id:
        return f"shared.{task.shared[0].name}: tasks of a group share folders, and this one is of none: give a group_id"
    # Both are mounts by a name, under the same rules.
    folders = [VolumeMount(VolumeId(each.name), each.path, each.read_only) for each in task.shared]
    return mount_problem([*task.volumes, *folders], in_container=task.container is not None)
