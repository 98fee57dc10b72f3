"""Whole conversations, event by event. Rewrite them on purpose with BARTER_GOLDEN=rewrite."""

import os
from collections.abc import Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path

import pytest

from barter.core.cluster import Demand, Filters, FrameworkInfo, Offer, Service
from barter.core.ids import AgentId, DemandId, FrameworkId, OfferId, TaskId
from barter.core.machine import Tick
from barter.core.resources import NOTHING, resources
from barter.core.task_state import TaskState
from barter.core.tasks import Source, TaskInfo, TaskStatus
from barter.sdk import calls
from barter.sdk import messages as msg
from barter.sdk.session import Session

GOLDEN = Path(__file__).parent.parent / "golden" / "sdk"
ID = FrameworkId("abc-1-0001")
OFFER = Offer(OfferId("O1"), AgentId("a1"), ID, "*", resources(cpus=1000), "host", "10.0.0.1")
Story = Sequence[tuple[int, msg.Event | Tick]]


def task(name: str) -> TaskInfo:
    return TaskInfo(TaskId(name), name, NOTHING)


def status(name: str, state: TaskState, number: int) -> TaskStatus:
    return TaskStatus(TaskId(name), state, Source.EXECUTOR, 0, uuid=f"{name}:{number}")


def update(link: int, *statuses: TaskStatus) -> msg.Heard:
    return msg.Heard(link, msg.Update(statuses))


def subscribed(link: int) -> msg.Heard:
    return msg.Heard(link, msg.Subscribed(ID, 1, 1000))


REGISTER: Story = [(0, msg.Start()), (5, subscribed(1)), (6, msg.Invoked(1))]

STORIES: dict[str, Story] = {
    "launch": [
        *REGISTER,
        (10, msg.Heard(1, msg.Offers((OFFER,)))),
        (11, calls.Launch((OFFER.offer_id,), (task("t1"), task("t2")))),
        (11, msg.Invoked(1)),
        (20, update(1, status("t1", TaskState.RUNNING, 1), status("t2", TaskState.RUNNING, 1))),
        (21, msg.Invoked(2)),
        (30, update(1, status("t1", TaskState.FINISHED, 2))),
        (30, update(1, status("t2", TaskState.FINISHED, 2))),
        (31, msg.Invoked(1)),
        (32, msg.Stop()),
        (33, msg.Invoked(1)),
        (40, msg.LinkLost(1, "the master ended the session")),
    ],
    "reconnect": [
        *REGISTER,
        (10, calls.SetDemands((Demand(DemandId("web"), NOTHING, 2),))),
        (10, calls.SetServices((Service("web"),))),
        (11, calls.Suppress()),
        (12, calls.Launch((OFFER.offer_id,), (task("t1"), task("t2")))),
        (13, update(1, status("t1", TaskState.RUNNING, 1))),
        (14, msg.Heard(1, msg.Offers((OFFER,)))),
        (15, msg.LinkLost(1, "Connection refused", jitter=500)),
        (16, msg.Invoked(1)),
        (17, calls.Kill(TaskId("t1"))),
        (17, calls.Decline((OFFER.offer_id,), Filters(0))),
        (17, calls.Reconcile((TaskId("t9"),))),
        (18, msg.Invoked(1)),
        (100, Tick()),
        (101, msg.LinkLost(2, "Connection refused", jitter=0)),
        (300, Tick()),
        (310, subscribed(3)),
        (311, update(3, status("t1", TaskState.RUNNING, 1))),
        (312, msg.Invoked(1)),
        (313, update(3, status("t1", TaskState.KILLED, 2))),
        (314, msg.Invoked(1)),
    ],
    "leader": [
        (0, msg.Start()),
        (1, msg.LinkLost(1, "not leading", leader="m2:5050", jitter=0)),
        (60, Tick()),
        (70, subscribed(2)),
        (71, msg.Invoked(1)),
        (80, msg.Heard(2, msg.Failure(AgentId("a1"), "unreachable"))),
        (81, msg.Invoked(1)),
        (90, msg.Heard(2, msg.Refusal("unknown offer"))),
        (91, msg.Invoked(1)),
        (95, msg.Heard(2, msg.Refusal("taken over by another process", fatal=True))),
    ],
}


def brief(value: object) -> str:
    """A dataclass with the fields that say something."""
    if isinstance(value, tuple):
        return "[" + ", ".join(brief(item) for item in value) + "]"
    if is_dataclass(value) and not isinstance(value, type):
        parts = []
        for field in fields(value):
            content = getattr(value, field.name)
            default = field.default if field.default_factory is MISSING else field.default_factory()
            if content != default and not (content == NOTHING and field.name == "resources"):
                parts.append(f"{field.name}={brief(content)}")
        return f"{type(value).__name__}({', '.join(parts)})"
    return str(value)


def transcript(story: Story) -> str:
    session = Session(FrameworkInfo("hello"), ["m1:5050", "m3:5050"])
    lines = []
    for now, event in story:
        lines.append(f"{now:>4} > {brief(event)}")
        lines += [f"     < {brief(action)}" for action in session.step(event, now)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", STORIES)
def test_the_conversation_is_as_written_down(name: str) -> None:
    path, text = GOLDEN / f"{name}.txt", transcript(STORIES[name])
    if os.environ.get("BARTER_GOLDEN") == "rewrite":
        path.write_text(text)
    assert text == path.read_text()
