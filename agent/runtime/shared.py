"""Folders that the tasks of a group share: WORK_DIR/shared/FRAMEWORK_ID/TASK_ID/NAME, gone with that task's sandbox.

Outside of any sandbox, so that no task can put a link in their place before another gets them.
"""

import os
from pathlib import Path

from barter.agent.executor.events import Order
from barter.agent.runtime.base import LaunchFailed
from barter.agent.runtime.users import identity
from barter.core.ids import FrameworkId, TaskId, check_id
from barter.core.tasks import SharedFolder

FOLDER = "shared"


def folders_of(work_dir: Path, framework_id: FrameworkId, task_id: TaskId) -> str:
    """Where those are that are named after the task; raises ValueError on an id that may not name a folder."""
    framework = check_id("framework id", framework_id)
    return f"{work_dir.absolute()}/{FOLDER}/{framework}/{check_id('task id', task_id)}"


def folder_of(work_dir: Path, order: Order, shared: SharedFolder) -> str:
    """Raises ValueError as `folders_of` does."""
    name = check_id("shared folder", shared.name)
    return f"{folders_of(work_dir, order.framework_id, shared.task_id)}/{name}"


def make(work_dir: Path, order: Order) -> list[tuple[SharedFolder, str]]:
    """Those of the task that is to start, made where they are not there yet; raises LaunchFailed.

    Any user of a container may write in them; of the machine's users only the one as whom its processes run gets there.
    """
    made: list[tuple[SharedFolder, str]] = []
    for shared in order.task.shared:
        try:
            path = Path(folder_of(work_dir, order, shared))
            for folder, mode in zip((*path.parents[2::-1], path), (0o711, 0o711, 0o700, 0o777), strict=True):
                _make(folder, mode)
            owner = identity(order.task.command.user) if order.task.container is None else None
            if owner is not None:
                os.chown(path.parent, owner.uid, owner.gid)
        except (OSError, ValueError) as error:
            raise LaunchFailed(f"shared folder {shared.name} cannot be made: {error}") from None
        made.append((shared, str(path)))
    return made


def _make(folder: Path, mode: int) -> None:
    """Whatever the umask is; one that is there stays as it is."""
    try:
        folder.mkdir()
    except FileExistsError:
        return
    folder.chmod(mode)
