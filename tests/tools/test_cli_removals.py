"""`barter removals`, and how loud it is elsewhere that they are frozen."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from barter.proto.v1 import operator_pb2 as pb
from barter.tools.cli.kinds import RATE, SHARE, TIME
from barter.tools.cli.main import cli
from barter.tools.cli.views.times import moment
from tests.tools.stubs import StubMaster, serving

SINCE = 1_700_000_000_000
OUT = pb.OutOfReach(agent_id="a1", hostname="h1", since_ms=SINCE, removal_ms=SINCE + 60_000, tasks=2, counted=True)
REMOVED = pb.RemovedView(agent_id="a9", hostname="h9", removed_ms=SINCE, reason="silent", tasks=1)
WHY = "3 of 5 agents were lost within 10m, more than 25 %"


def answer(mode: str, reason: str = "") -> pb.GetRemovalsResponse:
    limits = {"share_milli": 250, "least": 3, "window_ms": 600_000, "removal_ms": 900_000, "every_ms": 20_000}
    return pb.GetRemovalsResponse(
        mode=mode, since_ms=SINCE, reason=reason, out_of_reach=[OUT], removed=[REMOVED], agents=5, **limits
    )


def invoke(stub: StubMaster, *words: str, code: int = 0) -> str:
    with serving(stub) as address:
        done = CliRunner().invoke(cli, ["--master", address, *words])
    assert done.exit_code == code, done.output
    return done.output


def test_who_is_out_of_reach_and_until_when() -> None:
    said = invoke(StubMaster({"GetRemovals": answer("running")}), "removals").splitlines()
    assert said[0] == "agents out of reach are removed after 15m, at most one in 20s"
    assert "  h1  out of reach for " in said[1]
    assert said[1].endswith(f"2 tasks, removed at {moment(SINCE + 60_000)} or later  (a1)")
    assert "  h9  removed " in said[2]


def test_frozen_is_loud_and_says_what_to_do() -> None:
    said = invoke(StubMaster({"GetRemovals": answer("frozen", WHY)}), "removals")
    assert f"REMOVALS ARE FROZEN since {moment(SINCE)}: {WHY}" in said
    assert "Next: barter removals resume" in said


def test_the_whole_of_it_for_programs() -> None:
    row = json.loads(invoke(StubMaster({"GetRemovals": answer("held", "wait")}), "removals", "-o", "json"))
    assert (row["mode"], row["reason"], row["agents"]) == ("held", "wait", 5)
    assert row["out_of_reach"][0]["counted"]
    assert row["removed"][0]["agent_id"] == "a9"
    assert row["limits"] == {
        "share": 0.25, "least": 3, "window_ms": 600_000, "removal_ms": 900_000, "every_ms": 20_000
    }  # fmt: skip


@pytest.mark.parametrize("verb", ["hold", "resume"])
def test_an_operator_holds_and_resumes_them(verb: str) -> None:
    stub = StubMaster({"SetRemovals": pb.SetRemovalsResponse(), "GetRemovals": answer("held", "wait")})
    row = json.loads(invoke(stub, "removals", verb, "--reason", "wait", "-o", "json"))
    assert row["mode"] == "held"


def test_status_and_agents_say_so() -> None:
    status = pb.GetStatusResponse(cluster_id="c", removals="frozen", removals_reason=WHY)
    stub = StubMaster(
        {"GetStatus": status, "ListAgents": pb.ListAgentsResponse(removals="frozen", removals_reason=WHY)}
    )
    loud = f"REMOVALS    FROZEN: {WHY}: see barter removals"
    assert loud in invoke(stub, "status").splitlines()
    assert loud in invoke(stub, "agents").splitlines()
    assert json.loads(invoke(stub, "status", "-o", "json"))["removals"] == {"mode": "frozen", "reason": WHY}


def test_rates_shares_and_times_are_read() -> None:
    assert RATE.convert("1/20s", None, None) == 20_000
    assert RATE.convert("3/1m", None, None) == 20_000
    assert SHARE.convert("25%", None, None) == 250
    assert SHARE.convert("0.5%", None, None) == 5
    assert TIME.convert("0s", None, None) == 0


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--agent-removal-rate-limit", "20s"),
        ("--agent-removal-rate-limit", "0/1s"),
        ("--correlated-loss-share", "25"),
        ("--correlated-loss-share", "101%"),
        ("--correlated-loss-window", "0s"),
    ],
)
def test_what_cannot_be_is_refused(option: str, value: str) -> None:
    done = CliRunner().invoke(cli, ["start", "master", option, value])
    assert done.exit_code == 2
    assert value in done.output


def test_a_window_longer_than_the_time_until_removal_ends_the_start(tmp_path: Path) -> None:
    words = ["start", "master", "--agent-removal-timeout", "1m", "--data-dir", str(tmp_path / "m")]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 1
    assert "--correlated-loss-window a shorter one" in done.output
    assert not (tmp_path / "m").exists()
