"""What an agent says that cannot be read costs no more than itself."""

import pytest

from barter.core.task_state import TaskState
from barter.master.shell.wire_agent import call_from_wire, register_from_wire
from barter.proto import codec
from barter.proto.v1 import agent_pb2 as pb
from barter.proto.v1 import types_pb2
from tests.master.world import A1, agent, status, task

GOOD = codec.status_to_wire(status("t1", TaskState.RUNNING, 1))


def register(framework_id: str, state: TaskState) -> pb.AgentCall.Register:
    told = pb.AgentTask(
        framework_id=framework_id, task=codec.task_to_wire(task("t1")), status=codec.status_to_wire(status("t1", state))
    )
    return pb.AgentCall.Register(agent=codec.agent_to_wire(agent()), tasks=[told])


def test_the_readable_updates_of_a_message_are_taken() -> None:
    bored = types_pb2.TaskStatus(task_id="t2", state="TASK_BORED")
    wire = [("f", bored), ("f", GOOD), ("", GOOD), ("../..", GOOD)]
    updates = [pb.FrameworkUpdate(framework_id=framework_id, status=each) for framework_id, each in wire]
    event = call_from_wire(1, A1, pb.AgentCall(updates=pb.AgentCall.Updates(updates=updates)))
    assert getattr(event, "updates", None) == (("f", codec.status_from_wire(GOOD)),)


def test_an_agent_comes_back_with_a_refused_order_that_cannot_be() -> None:
    assert register_from_wire(1, register("../..", TaskState.ERROR)).tasks == ()
    assert len(register_from_wire(1, register("f", TaskState.RUNNING)).tasks) == 1
    with pytest.raises(ValueError, match="framework id"):
        register_from_wire(1, register("../..", TaskState.RUNNING))
