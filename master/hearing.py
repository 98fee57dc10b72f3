"""What a framework hears of statuses: it did not ask for the tasks that are its executors, whose end is a Failure."""

from barter.core.task_state import TERMINAL
from barter.core.tasks import TaskStatus
from barter.master.messages import Failure, ToFramework, Update
from barter.master.state import Ended, Framework


def heard(framework: Framework, ended: Ended, message: Update) -> tuple[ToFramework, ...]:
    """The message as it is where nothing in it is of an executor."""
    told: list[TaskStatus] = []
    failures: list[Failure] = []
    for status in message.statuses:
        task = framework.tasks.get(status.task_id) or ended.get((framework.framework_id, status.task_id))
        own = None if task is None or not task.info.is_executor else task.info.executor
        if task is None or own is None:
            told.append(status)
        elif status.state in TERMINAL:
            why = f"executor {own.executor_id} ended: {status.message or status.state}"
            failures.append(Failure(task.agent_id, why, own.executor_id, status.exit_code))
    if len(told) == len(message.statuses):
        return (message,)
    return (Update(tuple(told)), *failures) if told else tuple(failures)
