"""Which way a command gets beside a task."""

import asyncio
from pathlib import Path

from barter.agent.executor.events import TaskKey, container_name
from barter.agent.shell.beside import beside
from barter.agent.shell.execs import NoExec, Session, Wanted
from barter.agent.shell.process_exec import ProcessSession
from barter.core.ids import AgentId
from barter.core.tasks import TaskInfo

LOOKS, LOOK_S = 15, 0.1


async def begin(work_dir: Path, agent_id: AgentId, wanted: Wanted, task: TaskInfo) -> Session:
    """Raises NoExec."""
    if task.executor is not None:
        raise NoExec(f"task {task.task_id} is run by its framework's own executor, which alone knows where and how")
    if task.container is not None:
        # Importing the SDK costs a quarter of a second that most agents never need.
        from barter.agent.shell import docker_exec

        return await docker_exec.begin(wanted, container_name(agent_id, wanted.framework_id, wanted.task_id))
    for _ in range(LOOKS):
        try:
            place = await asyncio.to_thread(beside, work_dir, TaskKey(wanted.framework_id, wanted.task_id))
        except (OSError, ValueError, IndexError) as error:
            raise NoExec(f"what runs of task {wanted.task_id} cannot be found: {error}") from None
        if place is not None:
            break
        # It may be that its namespaces are being made.
        await asyncio.sleep(LOOK_S)
    else:
        raise NoExec(f"no process of task {wanted.task_id} runs yet, or any more, beside which a command could run")
    return ProcessSession(wanted, place)
