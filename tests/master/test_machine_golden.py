"""Whole conversations, event by event. Rewrite them on purpose with BARTER_GOLDEN=rewrite."""

import os
from collections.abc import Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path

import pytest

from barter.core.cluster import Filters, FrameworkInfo
from barter.core.ids import FrameworkId, OfferId, TaskId
from barter.core.machine import Tick
from barter.core.resources import Resources
from barter.core.task_state import TaskState as S
from barter.master import events as ev
from barter.master.actions import HistoryGrew
from tests.master.world import A1, AGENT, AGENT_TIMEOUT, FRAMEWORK, OFFER_TIMEOUT, World, agent, status, task

GOLDEN = Path(__file__).parent.parent / "golden" / "master"
ID = FrameworkId("abc123-1-0001")
T1 = TaskId("t1")
Story = Sequence[tuple[int, ev.Event | Tick]]


def offer(number: int) -> OfferId:
    return OfferId(f"abc123-1-O{number}")


START: Story = [
    (0, ev.Subscribe(FRAMEWORK, FrameworkInfo("hello", failover_timeout_ms=60_000))),
    (10, ev.AgentRegister(AGENT, agent())),
]
RUNNING: Story = [
    *START,
    (20, ev.Accept(FRAMEWORK, (offer(1),), (task("t1"),))),
    (30, ev.AgentUpdates(AGENT, A1, ((ID, status("t1", S.RUNNING, 1)),))),
]
ACKED: Story = [*RUNNING, (31, ev.AcknowledgeUpdates(FRAMEWORK, ((ID, T1, "t1:1"),)))]

STORIES: dict[str, Story] = {
    "launch": [
        *ACKED,
        (40, ev.AgentUpdates(AGENT, A1, ((ID, status("t1", S.FINISHED, 2)),))),
        (41, ev.AcknowledgeUpdates(FRAMEWORK, ((ID, T1, "t1:2"),))),
        (50, ev.Teardown(FRAMEWORK)),
        (51, ev.FrameworkDisconnected(FRAMEWORK)),
    ],
    "failover": [
        *RUNNING,
        (40, ev.Subscribe(7, FrameworkInfo("hello", ID, failover_timeout_ms=60_000))),
        (41, ev.FrameworkDisconnected(FRAMEWORK)),
        (42, ev.Reconcile(7, (T1,))),
        (43, ev.AcknowledgeUpdates(7, ((ID, T1, "t1:1"),))),
        (50, ev.FrameworkDisconnected(7)),
        (20_000, ev.AgentHeartbeat(AGENT, A1)),
        (40_000, ev.AgentHeartbeat(AGENT, A1)),
        (60_050, Tick()),
    ],
    "unreachable": [
        *ACKED,
        (100, ev.AgentDisconnected(AGENT, A1)),
        (AGENT_TIMEOUT - 400, Tick()),
        (31 + AGENT_TIMEOUT + 100, Tick()),
        (40_000, ev.KillTask(FRAMEWORK, T1)),
        (50_000, ev.AgentRegister(9, agent(), ((ID, task("t1"), status("t1", S.RUNNING)),))),
        (50_010, ev.AgentUpdates(9, A1, ((ID, status("t1", S.KILLED, 2)),))),
    ],
    "unusable_offers": [
        *START,
        (20, ev.Decline(FRAMEWORK, (offer(1),), Filters(0))),
        (21, ev.Accept(FRAMEWORK, (offer(1),), (task("t1"),))),
        (1_021, Tick()),
        (1_030, ev.Subscribe(7, FrameworkInfo("thief"))),
        (1_031, ev.Accept(7, (offer(2),), (task("x"),))),
        (1_040, ev.Accept(FRAMEWORK, (offer(2), offer(2)), (task("t2"),))),
        (1_041, ev.Accept(FRAMEWORK, (), (task("t3"),))),
        (20 + OFFER_TIMEOUT + 2_100, Tick()),
    ],
}


def brief(value: object) -> str:
    """A dataclass with the fields that say something."""
    if isinstance(value, Resources):
        return f"<{value}>"
    if isinstance(value, tuple):
        return "[" + ", ".join(brief(item) for item in value) + "]"
    if is_dataclass(value) and not isinstance(value, type):
        parts = []
        for field in fields(value):
            content = getattr(value, field.name)
            default = field.default if field.default_factory is MISSING else field.default_factory()
            if content != default:
                parts.append(f"{field.name}={brief(content)}")
        return f"{type(value).__name__}({', '.join(parts)})"
    return str(value)


def transcript(story: Story) -> str:
    world = World()
    start, lines = world.now, []
    for at, event in story:
        world.now = start + at - 1
        lines.append(f"{at:>6} > {brief(event)}")
        lines += [f"       < {brief(action)}" for action in world.do(event) if not isinstance(action, HistoryGrew)]
    lines.append("")
    lines += [
        f"{entry.timestamp_ms - start:>6} {entry.kind} {entry.subject}: {entry.reason}"
        for entry in world.cluster.history.last(0)
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", STORIES)
def test_the_conversation_is_as_written_down(name: str) -> None:
    path, text = GOLDEN / f"{name}.txt", transcript(STORIES[name])
    if os.environ.get("BARTER_GOLDEN") == "rewrite":
        path.write_text(text)
    assert text == path.read_text()
