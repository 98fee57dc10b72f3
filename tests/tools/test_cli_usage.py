"""`--usage`: what agents answer, beside what the master says, and what of those that do not answer."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from barter.proto.v1 import node_pb2
from barter.proto.v1 import operator_pb2 as pb
from barter.proto.v1 import types_pb2 as types
from barter.tools.cli.main import cli
from tests.tools.stubs import StubMaster, StubNode, serving

MIB = 1 << 20
USED = node_pb2.TaskUsage(
    framework_id="f1", task_id="t1", measured_ms=7, cpus=1_250, cpu_us=2_500_000, mem=3 * MIB, read=0, written=5 * MIB
)
HELD = types.Resources(scalars={"cpus": 2_000, "mem": 64 * MIB})


def view(task_id: str, address: str, hostname: str = "agent-a") -> pb.TaskView:
    info = types.TaskInfo(task_id=task_id, name="web", resources=HELD)
    return pb.TaskView(framework_id="f1", task=info, agent_id="a1", hostname=hostname, node_address=address)


def run(master: StubMaster, *words: str) -> Result:
    with serving(master) as address:
        return CliRunner().invoke(cli, [*words, "--master", address])


def test_tasks_with_what_they_use() -> None:
    with serving(node=StubNode([], node_pb2.UsageReply(agent_id="a1", tasks=[USED]))) as agent:
        master = StubMaster({"ListTasks": pb.ListTasksResponse(tasks=[view("t1", agent), view("t2", agent)])})
        table = run(master, "tasks", "--usage")
        [one, two] = json.loads(run(master, "tasks", "--usage", "-o", "json").output)
    heads, first, second = table.output.splitlines()
    assert heads.split("  ")[0] == "TASK"
    assert "CPU TIME (s)" in heads
    assert "WRITTEN (MiB)" in heads
    assert first.split() == ["t1", "agent-a", "1.25", "2", "2.5", "3.0", "64.0", "0.0", "5.0", "-", "-"]
    assert second.split() == ["t2", "agent-a", "-", "2", "-", "-", "64.0", "-", "-", "-", "-"]
    assert one["usage"] == {
        "measured_ms": 7,
        "cpus": 1.25,
        "cpu_seconds": 2.5,
        "mem": 3 * MIB,
        "read": 0,
        "written": 5 * MIB,
        "received": None,
        "sent": None,
    }
    assert two["usage"] is None


def test_an_agent_that_does_not_answer_is_named_and_the_others_are_shown(tmp_path: Path) -> None:
    gone = f"unix:{tmp_path}/gone"
    with serving(node=StubNode([], node_pb2.UsageReply(tasks=[USED]))) as agent, serving(node=StubNode([])) as old:
        tasks = [view("t1", agent), view("t2", gone, "agent-b"), view("t3", old, "agent-c")]
        done = run(StubMaster({"ListTasks": pb.ListTasksResponse(tasks=tasks)}), "tasks", "--usage")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 4
    assert f"agent-b ({gone}) did not answer within 3 s" in done.stderr
    assert f"agent-c ({old}) is of a version that does not measure" in done.stderr


def test_where_no_agent_answers_it_has_failed(tmp_path: Path) -> None:
    master = StubMaster({"ListTasks": pb.ListTasksResponse(tasks=[view("t1", f"unix:{tmp_path}/gone")])})
    done = run(master, "tasks", "--usage")
    assert done.exit_code == 1
    assert "no agent said what its tasks use" in done.stderr
    assert run(StubMaster({"ListTasks": pb.ListTasksResponse()}), "tasks", "--usage").exit_code == 0


def test_agents_with_the_sum() -> None:
    more = node_pb2.TaskUsage(framework_id="f1", task_id="t2", cpus=250, cpu_us=500_000, mem=MIB)
    with serving(node=StubNode([], node_pb2.UsageReply(agent_id="a1", tasks=[USED, more]))) as address:
        info = types.AgentInfo(agent_id="a1", hostname="agent-a", node_address=address, resources=HELD)
        agents = pb.ListAgentsResponse(agents=[pb.AgentView(agent=info, tasks=3, used=HELD)])
        master = StubMaster({"ListAgents": agents})
        table = run(master, "agents", "--usage")
        [row] = json.loads(run(master, "agents", "--usage", "-o", "json").output)
    assert table.output.splitlines()[1].split()[:9] == [
        "agent-a",
        "2/3",
        "1.50",
        "2",
        "2",
        "3.0",
        "4.0",
        "64.0",
        "64.0",
    ]
    assert (row["usage"]["cpus"], row["usage"]["written"], row["usage"]["sent"]) == (1.5, 5 * MIB, None)
