"""What is admitted as one: a task, or the tasks of a group."""

from collections.abc import Iterable, Iterator

from barter.core.tasks import TaskInfo


def units(tasks: Iterable[TaskInfo]) -> Iterator[tuple[TaskInfo, ...]]:
    """The tasks one by one, those of a group together, in the order of their first."""
    together: dict[str, list[TaskInfo]] = {}
    for task in tasks:
        together.setdefault(f"group {task.group_id}" if task.group_id else f"task {task.task_id}", []).append(task)
    return (tuple(unit) for unit in together.values())
