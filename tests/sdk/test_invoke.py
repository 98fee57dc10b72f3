"""What callbacks raise is borne; a lost store is no fault of theirs, and ends the calling."""

from typing import cast

from barter.core.ids import TaskId
from barter.core.task_state import TaskState
from barter.core.tasks import Source, TaskStatus
from barter.sdk import Driver, Scheduler, StoreLost
from barter.sdk.callbacks import StatusUpdate
from barter.sdk.invoke import Invoker

TOLD = [StatusUpdate(TaskStatus(TaskId(name), TaskState.RUNNING, Source.AGENT, 1)) for name in "abc"]


class Failing(Scheduler):
    def __init__(self, error: Exception) -> None:
        self.heard: list[str] = []
        self.errors: list[str] = []
        self._error = error

    def status_update(self, driver: Driver, status: TaskStatus) -> None:
        if status.task_id == "b":
            raise self._error
        self.heard.append(status.task_id)

    def error(self, driver: Driver, message: str) -> None:
        self.errors.append(message)


def invoked(error: Exception) -> tuple[Failing, int, list[str]]:
    scheduler, raised = Failing(error), list[str]()
    invoker = Invoker(scheduler, cast(Driver, None), lambda name, _: raised.append(name), lambda: True)
    return scheduler, invoker.invoke(TOLD), raised


def test_what_a_callback_raises_is_borne() -> None:
    scheduler, called, raised = invoked(ValueError("no"))
    assert (scheduler.heard, called, raised) == (["a", "c"], 3, ["status_update"])
    assert len(scheduler.errors) == 1


def test_one_that_lost_its_store_was_not_called_and_no_other_is() -> None:
    scheduler, called, raised = invoked(StoreLost("another leads"))
    assert (scheduler.heard, called, raised, scheduler.errors) == (["a"], 1, [], [])


def test_so_with_what_was_to_be_called_later() -> None:
    scheduler, raised = Failing(ValueError()), list[str]()
    invoker = Invoker(scheduler, cast(Driver, None), lambda name, _: raised.append(name), lambda: True)

    def lost() -> None:
        raise StoreLost("another leads")

    invoker.run(lost)
    assert (raised, scheduler.errors) == ([], [])
