"""Task sandboxes: WORK_DIR/sandboxes/FRAMEWORK_ID/TASK_ID, made cheaply, kept a while, never anything outside."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from barter.agent.collect import Disk, Item, Policy, Removal, collect
from barter.agent.facts import TaskKey
from barter.agent.runtime.shared import folders_of
from barter.core.ids import FrameworkId, TaskId, check_id
from barter.core.tasks import TaskInfo

KEEP = 200
BUSY_KEEP = 2_000
"""While tasks are launched: removing costs, and ext4 makes new files slowly for minutes after many were removed."""
POLICY = Policy(keep_ms=7 * 24 * 3_600_000)
FOLDER = "sandboxes"


class Sandboxes:
    """Keeps the sandboxes of live tasks, and of ended ones the last `keep` for as long as the policy says.

    What is named after a task of the folders that its group shares goes with its sandbox.
    """

    def __init__(self, work_dir: Path, keep: int = KEEP, policy: Policy = POLICY) -> None:
        self._work_dir = work_dir
        self.root = work_dir.absolute() / FOLDER
        # Who runs as somebody else gets through to his own, and sees no others.
        self.root.mkdir(mode=0o711, exist_ok=True)
        self.root.chmod(0o711)
        self._keep, self._policy = keep, policy
        self._ended: dict[TaskKey, int] = {}
        self._frameworks: set[FrameworkId] = set()

    def path(self, framework_id: FrameworkId, task_id: TaskId) -> str:
        """Raises ValueError on an id that may not name a folder."""
        return f"{self.root}/{check_id('framework id', framework_id)}/{check_id('task id', task_id)}"

    def make(self, framework_id: FrameworkId, task_id: TaskId, mode: int = 0o700) -> str:
        """Make the folder and return its path; raises OSError or ValueError. One that exists is used again."""
        path = self.path(framework_id, task_id)
        if framework_id not in self._frameworks:
            (self.root / framework_id).mkdir(mode=0o711, exist_ok=True)
            self._frameworks.add(framework_id)
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, mode)
        self._ended.pop((framework_id, task_id), None)
        return path

    def find_ended(self, live: set[TaskKey]) -> None:
        """Count what an earlier start left as ended when it was last changed, unless it is in `live`."""
        found: list[tuple[int, TaskKey]] = []
        for framework in os.scandir(self.root):
            if framework.is_dir(follow_symlinks=False):
                for task in os.scandir(framework.path):
                    key = (FrameworkId(framework.name), TaskId(task.name))
                    if key not in live and task.is_dir(follow_symlinks=False):
                        found.append((task.stat(follow_symlinks=False).st_mtime_ns // 1_000_000, key))
        self._ended = {key: ended_ms for ended_ms, key in sorted(found)}

    def ended(self, framework_id: FrameworkId, task_id: TaskId) -> None:
        self._ended[framework_id, task_id] = _now()

    def sweep(self, *, busy: bool = False) -> list[Removal]:
        """Remove what is too old, too much, or more than the disk bears; may run in a thread. While `busy` they may be
        more."""
        ended = list(self._ended.items())
        most = BUSY_KEEP if busy and len(ended) <= BUSY_KEEP else self._keep
        excess, kept = ended[: max(len(ended) - most, 0)], ended[max(len(ended) - most, 0) :]
        removals = [Removal(Item("/".join(key), 0, at), f"the last {most} are kept") for key, at in excess]
        removals += self._due(kept)
        self._remove(removal.item.name for removal in removals)
        return removals

    def _due(self, ended: list[tuple[TaskKey, int]]) -> list[Removal]:
        usage = shutil.disk_usage(self.root)
        disk = Disk(usage.total, usage.free)
        full = usage.free < usage.total * self._policy.least_free // 100
        # How large each is matters, and is found out, only where room is wanted.
        items = [Item("/".join(key), self._size(key) if full else 0, at) for key, at in ended]
        return collect(items, disk, self._policy, _now())

    def _size(self, key: TaskKey) -> int:
        return _size(self.path(*key)) + _size(folders_of(self._work_dir, *key))

    def _remove(self, names: Iterable[str]) -> None:
        for name in names:
            framework_id, _, task_id = name.partition("/")
            key = (FrameworkId(framework_id), TaskId(task_id))
            if self._ended.pop(key, None) is not None:
                remove_tree(self.path(*key))
                remove_tree(folders_of(self._work_dir, *key))


def mode_of(task: TaskInfo) -> int:
    """Closed to other users where it is known as whom the task runs; what an image says of that is not known here."""
    known = task.container is None or task.command.user.partition(":")[0].isdecimal()
    return 0o700 if known else 0o755


def remove_tree(path: str) -> None:
    """Remove a folder with all below it as far as that goes, however deep somebody made it."""
    try:
        shutil.rmtree(path, ignore_errors=True)
    except RecursionError:
        subprocess.run(["rm", "-rf", "--one-file-system", "--", path], check=False, capture_output=True)


def _size(path: str) -> int:
    """What its files take on the disk, about."""
    size, folders = 0, [path]
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as found:
            for entry in found:
                with contextlib.suppress(OSError):
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
    return size


def _now() -> int:
    return time.time_ns() // 1_000_000
