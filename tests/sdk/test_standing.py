"""What a framework asks for when it is registered again."""

import pytest

from barter.core.ids import TaskId
from barter.core.task_state import TaskState
from barter.core.tasks import Reason, Source, TaskStatus
from barter.sdk.calls import Reconcile
from barter.sdk.standing import Standing

T1 = TaskId("t1")


def status(state: TaskState, reason: Reason = Reason.NONE) -> TaskStatus:
    return TaskStatus(T1, state, Source.MASTER, 1, reason=reason)


@pytest.mark.parametrize("takes_back", [True, False])
def test_what_may_return_with_its_agent_is_asked_for_by_who_takes_it_back(takes_back: bool) -> None:
    standing = Standing(takes_back=takes_back)
    standing.seen(status(TaskState.RUNNING))
    standing.seen(status(TaskState.GONE, Reason.AGENT_REMOVED))
    asked = [Reconcile((T1,))] if takes_back else [Reconcile()]
    assert list(standing.retell(resuming=True)) == asked


def test_what_an_operator_gave_up_will_not_return() -> None:
    standing = Standing(takes_back=True)
    standing.seen(status(TaskState.GONE, Reason.AGENT_REMOVED))
    standing.seen(status(TaskState.GONE_BY_OPERATOR, Reason.AGENT_GONE))
    assert standing.tasks == {}
