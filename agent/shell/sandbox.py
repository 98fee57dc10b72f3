"""Task sandboxes: WORK_DIR/sandboxes/FRAMEWORK_ID/TASK_ID, made cheaply, kept a while, never anything outside."""

import contextlib
import os
import shutil
from collections import deque
from pathlib import Path

from barter.agent.facts import TaskKey
from barter.core.ids import FrameworkId, TaskId, check_id

KEEP = 200
BUSY_KEEP = 2_000
"""While tasks are launched: removing costs, and ext4 makes new files slowly for minutes after many were removed."""
FOLDER = "sandboxes"


class Sandboxes:
    """Keeps the sandboxes of live tasks and of the last `keep` ended ones."""

    def __init__(self, work_dir: Path, keep: int = KEEP) -> None:
        self.root = work_dir.absolute() / FOLDER
        self.root.mkdir(mode=0o755, exist_ok=True)
        self._keep = keep
        self._ended: deque[TaskKey] = deque()
        self._frameworks: set[FrameworkId] = set()

    def path(self, framework_id: FrameworkId, task_id: TaskId) -> str:
        """Raises ValueError on an id that may not name a folder."""
        return f"{self.root}/{check_id('framework id', framework_id)}/{check_id('task id', task_id)}"

    def make(self, framework_id: FrameworkId, task_id: TaskId) -> str:
        """Make the folder and return its path; raises OSError or ValueError. One that exists is used again."""
        path = self.path(framework_id, task_id)
        if framework_id not in self._frameworks:
            (self.root / framework_id).mkdir(mode=0o755, exist_ok=True)
            self._frameworks.add(framework_id)
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o755)
        return path

    def find_ended(self, live: set[TaskKey]) -> None:
        """Count what an earlier start left, oldest first, as ended unless it is in `live`."""
        found: list[tuple[float, TaskKey]] = []
        for framework in os.scandir(self.root):
            if framework.is_dir(follow_symlinks=False):
                for task in os.scandir(framework.path):
                    key = (FrameworkId(framework.name), TaskId(task.name))
                    if key not in live and task.is_dir(follow_symlinks=False):
                        found.append((task.stat(follow_symlinks=False).st_mtime, key))
        self._ended = deque(key for _, key in sorted(found))

    def ended(self, framework_id: FrameworkId, task_id: TaskId) -> None:
        self._ended.append((framework_id, task_id))

    def excess(self, *, busy: bool = False) -> list[TaskKey]:
        """Take those out that are too many, oldest first; for `remove`. While `busy` they may be more."""
        if busy and len(self._ended) <= BUSY_KEEP:
            return []
        count = max(len(self._ended) - self._keep, 0)
        return [self._ended.popleft() for _ in range(count)]

    def remove(self, keys: list[TaskKey]) -> None:
        """Delete sandboxes; touches no state of this object, so it may run in a thread."""
        for framework_id, task_id in keys:
            shutil.rmtree(self.path(framework_id, task_id), ignore_errors=True)
