"""What a master says, read by an agent of this version."""

import pytest

from barter.agent import events as ev
from barter.agent.shell.decode import master_event
from barter.core.ids import FrameworkId, TaskId
from barter.core.tasks import Reason
from barter.master import messages as msg
from barter.master.shell.wire_agent import event_to_wire
from barter.proto.v1 import agent_pb2 as pb

F, T = FrameworkId("f1"), TaskId("t1")


def test_that_it_was_marked_gone_arrives() -> None:
    wire = event_to_wire(msg.Shutdown("it burned"), 3, "c")
    assert master_event(wire, lambda _, __: {}) == ev.Shutdown(3, "it burned")


def test_the_cause_of_a_kill_arrives() -> None:
    wire = event_to_wire(msg.Kill(F, T, 500, "drained", Reason.AGENT_DRAINING), 3, "c")
    assert master_event(wire, lambda _, __: {}) == ev.KillTask(3, F, T, 500, "drained", Reason.AGENT_DRAINING)


@pytest.mark.parametrize("cause", ["", "BOREDOM"])
def test_one_unknown_here_is_the_usual_one(cause: str) -> None:
    wire = pb.AgentEvent(epoch=3, kill=pb.AgentEvent.Kill(framework_id=F, task_id=T, grace_ms=-1, cause=cause))
    assert master_event(wire, lambda _, __: {}) == ev.KillTask(3, F, T, -1, "", Reason.KILLED_BY_FRAMEWORK)
