"""`barter explain`: what the master says as a screen and as data."""

import json
from typing import Any

from click.testing import CliRunner

from barter.proto.v1 import operator_pb2 as pb
from barter.tools.cli.main import cli
from tests.tools.stubs import StubMaster, serving

REPLY = pb.ExplainResponse(
    subject="shop.web",
    kind="demand",
    framework_id="f1",
    summary="2 more wanted; none of 60 agents fits: constraint zone IS b on 40 of 60 (zone is a)",
    waiting_since_ms=1_000,
    agents_known=60,
    framework=[pb.Verdict(filter="limit eng", passed=False, detail="cpus: 38 of 40 used, 2 left; a task wants 4")],
    limits=[pb.LimitStanding(role="eng", resource="cpus", consumed=38_000, limit=40_000, left=2_000, wanted=4_000)],
    shares=[pb.ShareLevel(name="eng", share_milli=420, weight_milli=1_500, place=2, among=3, before=["ops"])],
    held_back=[pb.HeldBack(role="vip", resource="cpus", amount=2_000)],
    states=[
        pb.AgentState(state="active", agents=58),
        pb.AgentState(state="draining", agents=2, until_ms=5_000, examples=["h1", "h2"]),
    ],
    reasons=[
        pb.ExplainReason(
            filter="constraint zone IS b",
            agents=40,
            alone=38,
            findings=[pb.Finding(found="zone is a", agents=30), pb.Finding(found="zone is c", agents=9)],
            examples=["h1"],
        )
    ],
    groups=[
        pb.AgentGroup(failing=["constraint zone IS b"], agents=40, examples=["h1", "h2", "h3"]),
        pb.AgentGroup(failing=["cpus"], agents=20, examples=["h4"]),
    ],
    largest=[pb.LargestPiece(agent_id="a4", hostname="h4", free={"scalars": {"cpus": 1_500}}, allowed=True)],
    changes=["raise eng's cpus limit to 42"],
    change_details=[
        pb.ExplainChange(
            text="raise eng's cpus limit to 42",
            steps=[pb.ChangeStep(kind="limit", text="raise eng's cpus limit to 42", role="eng", amount=42_000)],
        )
    ],
    history=[pb.HistoryEvent(sequence=1, timestamp_ms=1_000, kind="demand_waits", subject="web", reason="2 wanted")],
)


def ask(replies: dict[str, Any], *words: str, code: int = 0) -> str:
    with serving(StubMaster(replies)) as master:
        done = CliRunner().invoke(cli, [*words, "--master", master])
    assert done.exit_code == code, done.output
    return done.output


def test_the_screen_has_the_answer_first_and_the_history_last() -> None:
    text = ask({"Explain": {"shop.web": REPLY}}, "explain", "shop.web")
    parts = (
        "demand shop.web: 2 more wanted; none of 60 agents fits: constraint zone IS b on 40 of 60 (zone is a)\n",
        "it waits since ",
        "  NO  limit eng: cpus: 38 of 40 used, 2 left; a task wants 4\n",
        "agents: 58 active, 2 draining until ",
        "(h1, h2)\n  0 of 60 fit\n",
        "  40 of 60 do not: constraint zone IS b: zone is a (30), zone is c (9), other (1); only that on 38\n",
        "  largest free piece of the agents that all else allows: cpus=1.5 on h4\n",
        "       40  constraint zone IS b  (h1, h2, h3, ...)\n",
        "what would place it\n  1. raise eng's cpus limit to 42\n",
        "so far\n",
        "demand_waits",
    )
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_an_app_is_found_by_either_name() -> None:
    for name in ("shop.web", "/shop/web"):
        assert "demand shop.web" in ask({"Explain": {"shop.web": REPLY}}, "explain", name)


def test_programs_get_the_whole() -> None:
    view = json.loads(ask({"Explain": {"shop.web": REPLY}}, "explain", "shop/web", "-o", "json"))
    assert (view["waiting_since_ms"], view["agents_known"], view["agents_fitting"]) == (1_000, 60, 0)
    assert view["limits"][0]["left"] == 2_000
    assert view["shares"] == [{"name": "eng", "share": 0.42, "weight": 1.5, "place": 2, "among": 3, "before": ["ops"]}]
    assert view["held_back"] == [{"role": "vip", "resource": "cpus", "amount": 2_000}]
    assert [group["fits"] for group in view["groups"]] == [False, False]
    assert view["change_details"][0]["steps"][0]["kind"] == "limit"
    assert view["changes"] == ["raise eng's cpus limit to 42"]
    assert view["largest"][0]["free"]["cpus"] == 1.5


def test_every_agent_is_asked_for_only_where_wanted() -> None:
    reply = pb.ExplainResponse(subject="web", kind="demand", groups=[pb.AgentGroup(failing=["mem"], agents=1)])
    agent = reply.agents.add(agent_id="a1", hostname="agent-a")
    agent.verdicts.add(filter="mem", detail="8GiB needed, 1GiB free of 2GiB")
    master = StubMaster({"Explain": {"web": reply}})
    with serving(master) as address:
        asked = ["explain", "web", "--master", address]
        plain = CliRunner().invoke(cli, asked)
        long = CliRunner().invoke(cli, [*asked, "--agents"])
    assert [request.all_agents for request in master.requests] == [False, True]
    assert "agent agent-a (a1): does not fit\n  NO  mem: 8GiB needed" in long.output
    assert "agent-a" not in plain.output


def test_an_unknown_name_says_what_to_try() -> None:
    text = ask({}, "explain", "nonsense", code=1)
    assert "nothing named nonsense" in text
    assert "Next: barter tasks --ended" in text
