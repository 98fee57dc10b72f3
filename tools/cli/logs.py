"""`barter logs`."""

import sys

import click

from barter.tools.cli.errors import Refused
from barter.tools.cli.options import master_option


@click.command(epilog="Example: barter logs -f --tail 20 TASK (the ids are in `barter tasks`)")
@click.argument("task")
@click.option("-f", "--follow", is_flag=True, help="Go on until the task has ended.")
@click.option("--stderr", "use_stderr", is_flag=True, help="Its stderr instead of its stdout.")
@click.option("--tail", default=0, metavar="N", type=click.IntRange(min=0), help="Only the last N lines.")
@master_option
def logs(task: str, follow: bool, use_stderr: bool, tail: int, master: str) -> None:
    """A task's stdout or stderr, read from its sandbox on the agent."""
    from barter.proto.v1 import node_pb2
    from barter.proto.v1.node_pb2_grpc import NodeServiceStub
    from barter.tools.cli.rpc import stream

    framework_id, address = _locate(master, task)
    request = node_pb2.ReadLogRequest(
        framework_id=framework_id,
        task_id=task,
        stream="stderr" if use_stderr else "stdout",
        tail=tail,
        follow=follow,
    )
    empty = True
    try:
        with stream(address, lambda channel: NodeServiceStub(channel).ReadLog(request)) as chunks:  # type: ignore[no-untyped-call]
            for chunk in chunks:
                empty = empty and not chunk.data
                sys.stdout.buffer.write(chunk.data)
                sys.stdout.buffer.flush()
    except KeyboardInterrupt:
        return
    except BrokenPipeError:
        sys.stderr.close()
    if empty and not follow:
        other = "without --stderr its stdout" if use_stderr else "--stderr shows the other stream"
        click.echo(f"{request.stream} of {task} is empty; {other}", err=True)


def _locate(master: str, task: str) -> tuple[str, str]:
    """Its framework's id and its agent's NodeService."""
    from barter.proto.v1 import operator_pb2 as pb
    from barter.tools.cli.rpc import TIMEOUT_S, ask

    request = pb.ListTasksRequest(task_id=task, ended=True)
    reply = ask(master, lambda stub: stub.ListTasks(request, timeout=TIMEOUT_S))
    if not reply.tasks:
        raise Refused(f"the master knows no task {task!r}", then="barter tasks --ended lists those it knows")
    view = reply.tasks[0]
    if not view.node_address:
        raise Refused(f"task {task} has no agent that could answer for its logs: it is {view.status.state}")
    return view.framework_id, view.node_address
