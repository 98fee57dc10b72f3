"""`barter drain`, `deactivate`, `activate`, `gone` and `maintenance` against a master that answers from a table."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from click.testing import CliRunner

from barter.proto.v1 import operator_pb2 as pb
from barter.proto.v1 import types_pb2 as types
from barter.tools.cli.main import cli
from barter.tools.cli.moments import parse_moment
from barter.tools.cli.views.times import moment
from tests.tools.stubs import StubMaster, serving

START, DEADLINE = 1_800_000_000_000, 1_800_000_600_000
NOON = datetime(2026, 11, 21, 12)


def view(state: str, *, tasks: int = 0, released: int = 0, agent_id: str = "a1") -> pb.MaintenanceView:
    times = {} if state == "deactivated" else {"start_ms": START, "deadline_ms": DEADLINE}
    return pb.MaintenanceView(
        agent_id=agent_id, hostname="host-a", state=state, tasks=tasks, released=released, reason="new disks", **times
    )


def listed(*views: pb.MaintenanceView) -> pb.ListMaintenanceResponse:
    return pb.ListMaintenanceResponse(agents=views)


class Told(StubMaster):
    """Answers one list of maintenance after the other, the last one for ever."""

    def __init__(self, lists: Sequence[pb.ListMaintenanceResponse], **replies: Any) -> None:
        super().__init__({"Maintain": pb.MaintainResponse(), **replies})
        self._lists = list(lists)

    def answer(self, method: str, request: Any, context: grpc.ServicerContext) -> Any:
        if method == "ListMaintenance":
            return self._lists.pop(0) if len(self._lists) > 1 else self._lists[0]
        return super().answer(method, request, context)


def invoke(stub: StubMaster, *words: str, code: int = 0, stdin: str = "") -> str:
    with serving(stub) as address:
        done = CliRunner().invoke(cli, ["--master", address, *words], input=stdin)
    assert done.exit_code == code, done.output
    return done.output


def test_drain_says_what_is_left_and_until_when() -> None:
    stub = Told([listed(), listed(view("draining", tasks=3, released=1))])
    said = invoke(stub, "drain", "host-a", "--grace", "90s", "--reason", "new disks")
    left, then = said.splitlines()
    assert left == f"host-a is draining: 3 tasks left, 1 of them ending, ended by {moment(DEADLINE)} at the latest"
    assert then == "Next: barter maintenance, or barter activate host-a"
    drain = pb.MaintainRequest.Drain(grace_ms=90_000)
    assert stub.requests == [pb.MaintainRequest(agent="host-a", drain=drain, reason="new disks")]


def test_a_second_drain_says_what_it_replaces() -> None:
    stub = Told([listed(view("draining", tasks=1))])
    first = invoke(stub, "drain", "a1").splitlines()[0]
    assert first == f"this replaces the drain that was to be over at {moment(DEADLINE)}"
    assert stub.requests[0].drain == pb.MaintainRequest.Drain(grace_ms=600_000)


def test_drain_waits_until_it_is_drained() -> None:
    stub = Told(
        [listed(), listed(view("draining", tasks=1)), listed(view("draining", tasks=1)), listed(view("drained"))]
    )
    assert invoke(stub, "drain", "a1", "--wait").splitlines()[-1] == "host-a is drained: nothing runs there"


def test_waiting_ends_where_the_drain_is_ended() -> None:
    stub = Told([listed(), listed(view("draining", tasks=1)), listed(view("deactivated", tasks=1))])
    assert "a1 is not being drained any more" in invoke(stub, "drain", "a1", "--wait", code=1)


def test_an_announced_drain_has_its_start() -> None:
    stub = Told([listed(), listed(view("announced", tasks=1))])
    said = invoke(stub, "drain", "a1", "--at", "2027-01-15T08:00:00Z", "--grace", "0")
    assert stub.requests[0].drain == pb.MaintainRequest.Drain(start_ms=START)
    assert said.startswith(
        f"host-a drains from {moment(START)} on, until {moment(DEADLINE)} at the latest: 1 task there"
    )


def test_what_the_master_refuses_is_said() -> None:
    refusal = (grpc.StatusCode.FAILED_PRECONDITION, "agent a1 (host-a) is active already")
    assert invoke(Told([listed()], Maintain=refusal), "activate", "a1", code=1).strip().endswith("is active already")


@pytest.mark.parametrize("option", [("--grace", "soon"), ("--at", "tomorrow"), ("--at", "+2 weeks")])
def test_what_is_no_time_is_a_usage_error(option: tuple[str, str]) -> None:
    assert invoke(Told([listed()]), "drain", "a1", *option, code=2)


def test_the_list() -> None:
    stub = Told([listed(view("drained"), view("deactivated", tasks=2, agent_id="a2"))])
    header, drained, deactivated = invoke(stub, "maintenance").splitlines()
    assert header.split() == ["HOSTNAME", "STATE", "TASKS", "ENDING", "FROM", "UNTIL", "REASON", "AGENT"]
    assert drained.split()[:4] == ["host-a", "drained", "0", "0"]
    assert deactivated.split() == ["host-a", "deactivated", "2", "0", "-", "-", "new", "disks", "a2"]
    assert json.loads(invoke(stub, "maintenance", "-o", "json"))[0] == {
        "agent_id": "a1",
        "hostname": "host-a",
        "state": "drained",
        "start_ms": START,
        "deadline_ms": DEADLINE,
        "reason": "new disks",
        "tasks": 0,
        "ending": 0,
    }
    assert "every agent is active" in invoke(Told([listed()]), "maintenance")


def test_activate_and_deactivate() -> None:
    stub = Told([listed(view("deactivated", tasks=2))])
    assert invoke(stub, "deactivate", "a1").startswith("host-a is deactivated: it is offered to nobody, 2 tasks")
    assert invoke(stub, "activate", "a1", "--reason", "all is well").startswith("a1 is active again")
    assert [request.WhichOneof("change") for request in stub.requests] == ["deactivate", "activate"]
    assert stub.requests[1].reason == "all is well"


def test_gone_asks_first() -> None:
    agents = pb.ListAgentsResponse(agents=[pb.AgentView(agent=types.AgentInfo(agent_id="a1"), tasks=3)])
    stub = Told([listed()], ListAgents=agents)
    asked = invoke(stub, "gone", "a1", stdin="n\n", code=1)
    assert "Mark agent a1 with 3 tasks gone? This cannot be taken back" in asked
    assert not [request for request in stub.requests if isinstance(request, pb.MaintainRequest)]
    invoke(stub, "gone", "a1", stdin="y\n")
    invoke(stub, "gone", "a1", "--yes")
    changes = [each.WhichOneof("change") for each in stub.requests if isinstance(each, pb.MaintainRequest)]
    assert changes == ["mark_gone", "mark_gone"]


@pytest.mark.parametrize(
    ("text", "moment_of"),
    [
        ("+2h", datetime(2026, 11, 21, 14)),
        ("18:00", datetime(2026, 11, 21, 18)),
        ("11:30", datetime(2026, 11, 22, 11, 30)),
        ("2026-12-01T08:00", datetime(2026, 12, 1, 8)),
        ("2026-12-01T08:00Z", datetime(2026, 12, 1, 8, tzinfo=UTC)),
    ],
)
def test_moments(text: str, moment_of: datetime) -> None:
    assert parse_moment(text, NOON) == moment_of.timestamp() * 1000


@pytest.mark.parametrize("text", ["", "+", "25:00", "soon", "2026-13-01", "+1 fortnight", "1:"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no time: write \+2h|is not a quantity|unknown unit"):
        parse_moment(text, NOON)


@pytest.mark.parametrize("text", ["18:00Z", "03:30+05:30", "00:30+14:00"])
def test_a_time_of_day_of_a_named_zone_is_the_next_one(text: str) -> None:
    ahead = parse_moment(text, NOON) - NOON.timestamp() * 1000
    assert 0 < ahead <= 24 * 3_600_000
    at = datetime.fromisoformat(f"2026-11-21T{text}")
    assert datetime.fromtimestamp(parse_moment(text, NOON) / 1000, at.tzinfo).time() == at.time()
