"""A batch's actions become few messages, what is durable first and Recorded last."""

from hypothesis import given
from hypothesis import strategies as st

from barter.agent import actions as act
from barter.agent.facts import EpochRaised
from barter.agent.steps import LAUNCHES_PER_MESSAGE, steps
from barter.core.ids import FrameworkId, TaskId
from barter.core.task_state import TaskState
from barter.core.tasks import Source, TaskStatus
from tests.agent.agent_kit import F, task

names = st.integers(0, 99).map(lambda number: f"t{number}")


def updates(*uuids: str) -> act.SendUpdates:
    return act.SendUpdates(
        tuple((F, TaskStatus(TaskId("t"), TaskState.RUNNING, Source.AGENT, 0, uuid)) for uuid in uuids)
    )


def record(*epochs: int) -> act.Record:
    return act.Record(tuple(EpochRaised(epoch) for epoch in epochs))


def kill(name: str) -> act.KillAtExecutor:
    return act.KillAtExecutor(F, TaskId(name), 0, "enough")


def launch(*names: str) -> act.LaunchTasks:
    return act.LaunchTasks(tuple((F, task(name)) for name in names), "ordered")


def test_one_transaction_first_and_one_recorded_last() -> None:
    batch: list[act.Action] = [
        record(1),
        act.SendRecorded(3),
        act.Note("n"),
        record(2, 3),
        act.SendRecorded(5),
        kill("t1"),
    ]
    assert steps(batch) == [record(1, 2, 3), act.Note("n"), kill("t1"), act.SendRecorded(5)]


def test_updates_share_a_message() -> None:
    assert steps([updates("a"), kill("t1"), updates("b", "c")]) == [kill("t1"), updates("a", "b", "c")]


def test_nothing_for_the_master_overtakes() -> None:
    batch: list[act.Action] = [updates("a"), act.SendHeartbeat(), updates("b"), act.SendUnregister("left")]
    assert steps(batch) == batch


def test_updates_do_not_wait_for_launches() -> None:
    assert steps([updates("a"), launch("t1"), updates("b")]) == [updates("a"), launch("t1"), updates("b")]


def test_launches_are_parted() -> None:
    names = [f"t{number}" for number in range(2 * LAUNCHES_PER_MESSAGE + 1)]
    parts = [step for step in steps([launch(*names)]) if isinstance(step, act.LaunchTasks)]
    assert [len(part.tasks) for part in parts] == [LAUNCHES_PER_MESSAGE, LAUNCHES_PER_MESSAGE, 1]
    assert [info.task_id for part in parts for _, info in part.tasks] == names


def test_a_batch_without_facts_writes_nothing() -> None:
    assert steps([]) == []
    assert steps([act.SendHeartbeat()]) == [act.SendHeartbeat()]


batches = st.lists(
    st.one_of(
        st.integers(1, 9).map(record),
        names.map(updates),
        names.map(launch),
        names.map(kill),
        st.integers(1, 9).map(act.SendRecorded),
        st.sampled_from([act.SendHeartbeat(), act.SendUnregister("left"), act.Note("n"), act.StopExecutor("left")]),
        names.map(lambda name: act.TaskEnded(FrameworkId("f"), TaskId(name))),
    ),
    max_size=20,
)


@given(batches)
def test_nothing_is_lost_doubled_or_turned_round_per_peer(batch: list[act.Action]) -> None:
    done = steps(batch)
    assert _facts(done) == _facts(batch)
    assert _for_master(done) == _for_master(batch)
    assert _for_executor(done) == _for_executor(batch)
    assert not any(isinstance(step, act.Record) for step in done[1:])
    assert not any(isinstance(step, act.SendRecorded) for step in done[:-1])
    assert steps(done) == done


def _facts(actions: list[act.Action]) -> list[object]:
    return [fact for action in actions if isinstance(action, act.Record) for fact in action.facts]


def _for_master(actions: list[act.Action]) -> list[object]:
    said: list[object] = []
    for action in actions:
        match action:
            case act.SendUpdates():
                said += action.updates
            case act.SendHeartbeat() | act.SendUnregister():
                said.append(action)
    return said


def _for_executor(actions: list[act.Action]) -> list[act.Action]:
    return [action for action in actions if isinstance(action, act.LaunchTasks | act.KillAtExecutor | act.StopExecutor)]
