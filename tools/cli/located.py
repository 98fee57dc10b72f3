"""Where a task's sandbox is: its framework, and the agent that answers for it."""

from dataclasses import dataclass

from barter.tools.cli.errors import Refused


@dataclass(frozen=True, slots=True)
class Located:
    """`address` is that of the agent's NodeService, `state` what the master believes of the task."""

    framework_id: str
    address: str
    state: str


def locate(master: str, task: str, what: str = "its sandbox") -> Located:
    """Raises Refused."""
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import TIMEOUT_S, ask

    request = pb.ListTasksRequest(task_id=task, ended=True)
    reply = ask(master, lambda stub: stub.ListTasks(request, timeout=TIMEOUT_S))
    if not reply.tasks:
        raise Refused(f"the master knows no task {task!r}", then="barter tasks --ended lists those it knows")
    view = reply.tasks[0]
    if not view.node_address:
        raise Refused(f"task {task} has no agent that could answer for {what}: it is {view.status.state}")
    return Located(view.framework_id, view.node_address, view.status.state)


def split_place(text: str) -> tuple[str, str]:
    """`TASK:path` as both; raises ValueError."""
    from barter.core.beneath import parts_below

    task, colon, path = text.partition(":")
    if not (task and colon):
        raise ValueError(f"{text!r} is not TASK:PATH: write web.1:stdout, or web.1: for all of its sandbox")
    return task, "/".join(parts_below(path))
