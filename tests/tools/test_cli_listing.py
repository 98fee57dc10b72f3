"""What the verbs that look print, against a master that answers from a table."""

import json
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from click.testing import CliRunner

from barter.core.resources import parse_resources
from barter.proto import codec
from barter.proto.v1 import node_pb2
from barter.proto.v1 import operator_pb2 as pb
from barter.proto.v1 import types_pb2 as types
from barter.tools.cli.main import cli
from barter.tools.cli.output import Column, emit_list
from tests.tools.stubs import StubMaster, StubNode, serving, serving_bytes

RESOURCES = codec.resources_to_wire(parse_resources("cpus=1.5,mem=1GiB,disk=2GiB,ports=[31000-31001,31005],gpus={0}"))
PLAIN = {"cpus": 1.5, "mem": 1 << 30, "disk": 2 << 30, "ports": [[31000, 31001], [31005, 31005]], "gpus": ["0"]}


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == code, done.output
    return done.output


def ask(replies: dict[str, Any], *words: str, code: int = 0) -> str:
    with serving(StubMaster(replies)) as address:
        return run(*words, "--master", address, code=code)


def task(task_id: str = "web.1", node_address: str = "") -> pb.TaskView:
    info = types.TaskInfo(task_id=task_id, name="/web", resources=RESOURCES, demand_id="web")
    info.ports.add(name="http", number=31000, protocol="tcp", service_id="/web")
    status = types.TaskStatus(task_id=task_id, state="TASK_RUNNING", source="agent", timestamp_ms=2000, healthy=True)
    return pb.TaskView(
        framework_id="f1", task=info, status=status, agent_id="a1", hostname="agent-a", node_address=node_address
    )


def test_tasks_as_json_keep_the_contract() -> None:
    rows = json.loads(ask({"ListTasks": pb.ListTasksResponse(tasks=[task()])}, "tasks", "-o", "json"))
    assert [row["task_id"] for row in rows] == ["web.1"]
    row = rows[0]
    assert row["resources"] == PLAIN
    assert (row["state"], row["healthy"], row["exit_code"]) == ("TASK_RUNNING", True, None)
    assert row["ports"] == [{"name": "http", "number": 31000, "protocol": "tcp", "service_id": "/web"}]


def test_a_piped_table_keeps_every_character() -> None:
    long = "x" * 200
    lines = ask({"ListTasks": pb.ListTasksResponse(tasks=[task(long)])}, "tasks").splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("TASK ")
    assert long in lines[1]
    assert "running" in lines[1]


@pytest.mark.parametrize(
    ("verb", "method", "reply"),
    [
        ("agents", "ListAgents", pb.ListAgentsResponse()),
        ("frameworks", "ListFrameworks", pb.ListFrameworksResponse()),
        ("tasks", "ListTasks", pb.ListTasksResponse()),
        ("offers", "ListOffers", pb.ListOffersResponse()),
        ("endpoints", "ListEndpoints", pb.EndpointsUpdate()),
        ("events", "ListEvents", pb.ListEventsResponse()),
    ],
)
def test_a_list_without_rows(verb: str, method: str, reply: Any) -> None:
    assert json.loads(ask({method: reply}, verb, "-o", "json")) == []
    assert yaml.safe_load(ask({method: reply}, verb, "-o", "yaml")) == []
    assert len(ask({method: reply}, verb).strip().splitlines()) == 1


def test_agents_say_what_they_cannot_enforce() -> None:
    info = types.AgentInfo(agent_id="a1", hostname="agent-a", resources=RESOURCES, attributes={"zone": "a"})
    info.notes.append("memory limits are not enforced: no cgroup may be made")
    view = pb.AgentView(agent=info, state="active", free=RESOURCES, tasks=2)
    replies = {"ListAgents": pb.ListAgentsResponse(agents=[view])}
    text = ask(replies, "agents")
    assert "zone=a" in text
    assert "agent-a: memory limits are not enforced" in text
    (row,) = json.loads(ask(replies, "agents", "-o", "json"))
    assert (row["state"], row["free"], row["used"]["cpus"]) == ("active", PLAIN, 0)
    assert row["notes"]


def test_frameworks_tell_what_they_want() -> None:
    wanted = types.Demand(demand_id="/web", count=3, resources=RESOURCES, strategy="PACK", revocable=True, volume="v1")
    wanted.constraints.add(field="zone", operator="UNIQUE")
    view = pb.FrameworkView(framework=types.FrameworkInfo(name="service", framework_id="f1"), share_milli=125)
    view.demands.append(wanted)
    replies = {"ListFrameworks": pb.ListFrameworksResponse(frameworks=[view])}
    (row,) = json.loads(ask(replies, "frameworks", "-o", "json"))
    assert row["share"] == 0.125
    (demand,) = row["demands"]
    assert demand["constraints"] == [["zone", "UNIQUE"]]
    assert (demand["strategy"], demand["revocable"], demand["volume"]) == ("PACK", True, "v1")
    assert "12.5%" in ask(replies, "frameworks")


def test_offers_and_endpoints() -> None:
    offer = types.Offer(offer_id="o1", agent_id="a1", framework_id="f1", resources=RESOURCES, hostname="agent-a")
    offer.revocable.scalars["cpus"], offer.unavailable_from_ms = 500, 7
    offers = {"ListOffers": pb.ListOffersResponse(offers=[pb.OfferView(offer=offer, made_ms=1, expires_ms=2)])}
    (row,) = json.loads(ask(offers, "offers", "-o", "json"))
    assert (row["offer_id"], row["resources"], row["expires_ms"]) == ("o1", PLAIN, 2)
    assert (row["revocable"]["cpus"], row["unavailable_from_ms"]) == (0.5, 7)
    assert "cpus=1.5 mem=1GiB disk=2GiB ports=[31000-31001,31005]" in ask(offers, "offers")
    service = pb.ServiceEndpoints(service=types.Service(service_id="/web"))
    service.service.ports.add(name="http", number=10000, vhosts=["web.localhost"])
    service.endpoints.add(service_id="/web", port_name="http", task_id="web.1", host="127.0.0.1", port=31000)
    replies = {"ListEndpoints": pb.EndpointsUpdate(services=[service])}
    (row,) = json.loads(ask(replies, "endpoints", "-o", "json"))
    assert (row["host"], row["port"], row["vhosts"], row["edge_port"]) == ("127.0.0.1", 31000, ["web.localhost"], 10000)


def test_status() -> None:
    reply = pb.GetStatusResponse(cluster_id="k3x9aq", epoch=4, agents_active=3, total=RESOURCES)
    reply.tasks["TASK_RUNNING"] = 2
    view = json.loads(ask({"GetStatus": reply}, "status", "-o", "json"))
    assert (view["epoch"], view["agents"], view["tasks"]) == (4, {"active": 3, "unreachable": 0}, {"TASK_RUNNING": 2})
    assert view["total"] == PLAIN
    assert "2 running" in ask({"GetStatus": reply}, "status")


def test_events_follow() -> None:
    events = [pb.HistoryEvent(sequence=n, timestamp_ms=n, kind="task_status", subject=f"t{n}") for n in (1, 2)]

    class Watched(StubMaster):
        def WatchEvents(self, request: Any, context: grpc.ServicerContext) -> Any:
            yield from events

    with serving(Watched({})) as address:
        lines = run("events", "-f", "-o", "json", "--master", address).splitlines()
    assert [json.loads(line)["subject"] for line in lines] == ["t1", "t2"]


def test_logs_come_from_the_agent() -> None:
    node = StubNode([node_pb2.LogChunk(data=b"hello\n"), node_pb2.LogChunk(data=b"\xff\n")])
    with serving(node=node) as agent:
        replies = {"ListTasks": pb.ListTasksResponse(tasks=[task(node_address=agent)])}
        with serving(StubMaster(replies)) as address:
            done = CliRunner().invoke(cli, ["logs", "--stderr", "--tail", "5", "web.1", "--master", address])
    assert done.stdout_bytes == b"hello\n\xff\n"
    request = node.requests[0]
    assert (request.framework_id, request.stream, request.tail, request.follow) == ("f1", "stderr", 5, False)


def test_an_empty_log_points_to_the_other_stream() -> None:
    with serving(node=StubNode([])) as agent:
        replies = {"ListTasks": pb.ListTasksResponse(tasks=[task(node_address=agent)])}
        with serving(StubMaster(replies)) as address:
            done = CliRunner().invoke(cli, ["logs", "web.1", "--master", address])
    assert (done.stdout, done.stderr) == ("", "stdout of web.1 is empty; --stderr shows the other stream\n")


def test_a_folder_that_was_named_is_not_exchanged_for_another_cluster(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BARTER_DEV_DATA_DIR", str(tmp_path))
    said = f"no `barter dev` is ready in {tmp_path}, where BARTER_DEV_DATA_DIR points"
    assert said in run("status", code=1)
    assert said in run("app", "rm", "web", code=1)
    with serving(StubMaster({"ListOffers": pb.ListOffersResponse()})) as address:
        assert "no offers are open" in run("offers", "--master", address)


def test_an_http_server_is_no_master() -> None:
    settings, not_found = b"\0\0\0\4\0\0\0\0\0", b"\0\0\1\1\5\0\0\0\1\x8d"
    with serving_bytes((b"PRI", settings), (b"GetStatus", not_found)) as address:
        text = run("status", "--master", address, code=1)
    assert f"what listens on {address} is no master\nNext: --master" in text


def test_a_task_nobody_knows_has_no_logs() -> None:
    assert "knows no task 'x'" in ask({"ListTasks": pb.ListTasksResponse()}, "logs", "x", code=1)


def test_a_refusal_of_the_master_is_passed_on() -> None:
    replies = {"TeardownFramework": (grpc.StatusCode.NOT_FOUND, "there is no framework f9")}
    assert "there is no framework f9" in ask(replies, "framework", "teardown", "f9", code=1)


def test_a_master_that_is_not_there() -> None:
    text = run("tasks", "--master", "127.0.0.1:1", code=1)
    assert len(text.strip().splitlines()) == 1
    assert "127.0.0.1:1" in text
    assert "barter dev" in text
    assert "not HOST:PORT" in run("tasks", "--master", "nonsense", code=1)


def test_the_next_master_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(StubMaster({"ListTasks": pb.ListTasksResponse()})) as address:
        monkeypatch.setenv("BARTER_MASTER", f"127.0.0.1:1,{address}")
        assert run("tasks", "-o", "json").strip() == "[]"


def test_a_master_that_does_not_lead_names_the_leader() -> None:
    class Follower(StubMaster):
        def answer(self, method: str, request: Any, context: grpc.ServicerContext) -> Any:
            context.set_trailing_metadata((("barter-leader", self.replies["leader"]),))
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "I do not lead")

    with (
        serving(StubMaster({"ListTasks": pb.ListTasksResponse(tasks=[task()])})) as leader,
        serving(Follower({"leader": leader})) as follower,
    ):
        assert len(json.loads(run("tasks", "-o", "json", "--master", follower))) == 1


@pytest.mark.parametrize("terminal", ["xterm", "dumb"])
def test_a_table_on_a_narrow_terminal_breaks_prose_only(
    terminal: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("TERM", terminal)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    columns = (Column("TASK", lambda row: row["id"]), Column("NOTE", lambda row: row["note"], prose=True))
    emit_list([{"id": "x" * 70, "note": "a note of many words " * 4}], "table", columns, "")
    lines = capsys.readouterr().out.splitlines()
    assert "x" * 70 in lines[1]
    assert " ".join(" ".join(lines[1:]).replace("x" * 70, "").split()) == ("a note of many words " * 4).strip()
