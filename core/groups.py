"""Task groups: what makes several tasks of one launch a group that can run."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from barter.core.ids import TaskId
from barter.core.tasks import Network, TaskInfo


def group_problem(tasks: Sequence[TaskInfo]) -> str:
    """What is wrong with these tasks as one group; empty when nothing is.

    Its containers share a network namespace, so they must want the same one, and must not want a port twice.
    """
    if len({task.task_id for task in tasks}) < len(tasks):
        return "a task id is there twice"
    if any(task.executor is not None for task in tasks):
        return "tasks of a group run under the agent's own executor: leave out executor, or group_id"
    containers = [task.container for task in tasks if task.container is not None]
    networks = {(each.network, each.network_name) for each in containers}
    if len(networks) > 1:
        named = ", ".join(sorted(name or kind for kind, name in networks))
        return f"the containers of a group share one network, these name several: {named}"
    if len(containers) not in (0, len(tasks)) and networks != {(Network.HOST, "")}:
        return "processes of a group are in the host's network: give its containers the host network, too"
    inside = [mapping.container_port for each in containers for mapping in each.port_mappings]
    if twice := sorted({port for port in inside if inside.count(port) > 1}):
        return f"container port {twice[0]} is mapped twice: the containers of a group share their ports"
    names = {task.task_id for task in tasks}
    foreign = next((each for task in tasks for each in task.shared if each.task_id not in names), None)
    if foreign is not None:
        return f"folder {foreign.name} is of {foreign.task_id}, which is no task of the group"
    volumes = [mount.volume_id for task in tasks for mount in task.volumes]
    if again := sorted({volume for volume in volumes if volumes.count(volume) > 1}):
        return f"volume {again[0]} is mounted by two tasks of the group"
    return ""


def task_group(group_id: str, tasks: Iterable[TaskInfo]) -> tuple[TaskInfo, ...]:
    """These tasks as a group, to be launched at once: all of them run or none, and when one ends, the others do."""
    return tuple(replace(task, group_id=group_id) for task in tasks)


def units(tasks: Iterable[TaskInfo]) -> Iterator[tuple[TaskInfo, ...]]:
    """The tasks one by one, those of a group together, in the order of their first."""
    together: dict[int | str, list[TaskInfo]] = {}
    for index, task in enumerate(tasks):
        together.setdefault(task.group_id or index, []).append(task)
    return (tuple(unit) for unit in together.values())


def whole_groups(
    tasks: Sequence[TaskInfo], malformed: Sequence[tuple[TaskId, str]], group_of: Mapping[str, str]
) -> tuple[list[TaskInfo], list[tuple[TaskId, str]]]:
    """The same, but who shares a group with one that is malformed is malformed, too. `group_of` has all the tasks."""
    broken = {group: task_id for task_id, _ in malformed if (group := group_of.get(task_id))}
    whole = [task for task in tasks if task.group_id not in broken]
    mates = [
        (task.task_id, f"task {broken[task.group_id]} of its group is malformed")
        for task in tasks
        if task.group_id in broken
    ]
    return whole, [*malformed, *mates]
