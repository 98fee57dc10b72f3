"""Whole conversations of the agent's core, event by event. Rewrite them on purpose with BARTER_GOLDEN=rewrite."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from barter.agent import actions as act
from barter.agent import events as ev
from barter.agent.facts import Admitted, Fact, Told
from barter.core.ids import TaskId
from barter.core.machine import Tick
from barter.core.task_state import TaskState
from barter.core.tasks import TaskStatus
from tests.agent.agent_kit import F, acks, agent, report, reports, run, task

GOLDEN = Path(__file__).parent.parent / "golden" / "agent"
Story = Sequence[tuple[int, ev.Event]]
S = TaskState

START: Story = [
    (0, ev.ExecutorDied("none was left by an earlier agent")),
    (1, Tick()),
    (1, ev.MasterConnected(1)),
    (2, ev.Registered(1, "abc", 1000)),
    (100, ev.ExecutorHello("e1")),
]

STORIES: dict[str, Story] = {
    "run": [
        *START,
        (200, run(task("t1"), task("t2", cpus=9000))),
        (205, reports(report("t1", S.RUNNING, 1))),
        (206, acks("t1:1", "t2:1")),
        (300, reports(report("t1", S.FINISHED, 2))),
        (301, acks("t1:2")),
        (1002, Tick()),
    ],
    "executor_dies": [
        *START,
        (200, run(task("t1"), task("t2"))),
        (205, reports(report("t1", S.RUNNING, 1), report("t2", S.RUNNING, 2))),
        (300, ev.ExecutorDied("pid 7 ended with code -9")),
        (301, run(task("t3"))),
        (302, ev.KillTask(1, F, TaskId("t1"), 500, "scaled down")),
        (400, Tick()),
        (500, ev.ExecutorHello("e2", (report("t1", S.RUNNING, 0), report("ghost", S.RUNNING, 0)))),
    ],
    "master_changes": [
        *START,
        (200, run(task("t1"))),
        (205, reports(report("t1", S.RUNNING, 1))),
        (300, ev.MasterGone(1, "UNAVAILABLE", "m3:5050", 999)),
        (301, reports(report("t1", S.FINISHED, 2))),
        (350, acks("t1:1")),
        (400, Tick()),
        (400, ev.MasterConnected(1)),
        (400, ev.MasterConnected(2)),
        (401, ev.Registered(2, "abc", 1000)),
        (402, acks("t1:1", "t1:2", epoch=2)),
        (403, run(task("t2"), epoch=1)),
    ],
    "leave": [
        *START,
        (200, run(task("t1"))),
        (300, ev.Leave("SIGUSR1")),
        (301, run(task("t2"))),
        (400, reports(report("t1", S.KILLED, 1))),
        (402, ev.MasterError(1, "the agent left: SIGUSR1", fatal=True)),
        (450, ev.ExecutorDied("pid 7 ended with code 0")),
    ],
}


def status(value: TaskStatus) -> str:
    why = f" ({value.reason}: {value.message})" if value.message else ""
    return f"{value.uuid or value.task_id} {value.state}{why}"


def plain(value: object) -> str:
    return str(value).replace(", home=None", "")


def fact(value: Fact) -> str:
    match value:
        case Admitted():
            return f"Admitted {value.task.task_id} executor={value.executor or '-'} {status(value.status)}"
        case Told():
            return f"Told {status(value.status)}"
        case _:
            return plain(value)


def lines(action: act.Action) -> list[str]:
    match action:
        case act.Record():
            return ["Record", *(f"  {fact(each)}" for each in action.facts)]
        case act.SendUpdates():
            return [f"SendUpdates {', '.join(status(each) for _, each in action.updates)}"]
        case act.SendRegister():
            tasks = ", ".join(f"{each.task.task_id} {each.status.state}" for each in action.tasks)
            return [f"SendRegister tasks=[{tasks}] updates=[{', '.join(status(each) for _, each in action.updates)}]"]
        case act.LaunchTasks():
            return [f"LaunchTasks {', '.join(each.task_id for _, each in action.tasks)}: {action.reason}"]
        case _:
            return [plain(action)]


def event(value: ev.Event) -> str:
    match value:
        case ev.RunTasks():
            return f"RunTasks epoch={value.epoch} {', '.join(each.task_id for each in value.tasks)}"
        case ev.ExecutorReports():
            return f"ExecutorReports {', '.join(status(each.status) for each in value.statuses)}"
        case ev.ExecutorHello():
            return f"ExecutorHello {value.executor} holds [{', '.join(status(each.status) for each in value.tasks)}]"
        case _:
            return plain(value)


def play(story: Story) -> str:
    machine = agent()
    out: list[str] = []
    for now, each in story:
        out.append(f"@{now} {event(each)}")
        out += [f"    {line}" for action in machine.step(each, now) for line in lines(action)]
    return "\n".join(out) + "\n"


@pytest.mark.parametrize("name", STORIES)
def test_golden(name: str) -> None:
    transcript, path = play(STORIES[name]), GOLDEN / f"{name}.txt"
    if os.environ.get("BARTER_GOLDEN") == "rewrite":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(transcript)
    assert transcript == path.read_text()
