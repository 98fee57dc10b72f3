"""`barter whatif`: questions as they are typed, and a whole one against a master that tells its snapshot."""

import json
from typing import Any

import grpc
import pytest
from click.testing import CliRunner

from barter.core.cluster import Demand, FrameworkInfo
from barter.core.ids import DemandId
from barter.core.resources import parse_resources
from barter.core.roles import RoleConfig
from barter.master import events as ev
from barter.master.record_log import Header, header_line, snapshot_lines
from barter.master.snapshot import take
from barter.master.whatif_answer import NewAgents, Which
from barter.proto.v1 import operator_pb2 as pb
from barter.tools.cli.main import cli
from barter.tools.cli.questions import merged, parse_new_agents, parse_quota, parse_which
from tests.master.world import A1, A2, FRAMEWORK, World, agent, task
from tests.tools.stubs import StubMaster, serving


class Recorded(StubMaster):
    """Tells the beginning of a recording, in pieces."""

    def __init__(self, *chunks: pb.RecordChunk) -> None:
        super().__init__({})
        self.chunks = chunks

    def Record(self, request: Any, context: grpc.ServicerContext) -> Any:
        yield from self.chunks


def recording(world: World) -> tuple[pb.RecordChunk, ...]:
    lines = list(snapshot_lines(take(world.master, world.now)))
    header = pb.RecordChunk(header=header_line(Header("1", "abc123", 1, 0)))
    return header, *(pb.RecordChunk(lines=line, snapshot=not at) for at, line in enumerate(lines))


def a_cluster() -> World:
    """Two agents of 4 cpus, with two tasks of 3 that a framework demanded."""
    world = World()
    for session, agent_id in ((10, A1), (11, A2)):
        world.register(agent(agent_id), session)
    world.do(ev.Subscribe(FRAMEWORK, FrameworkInfo("shop", roles=("eng",)), True))
    need = parse_resources("cpus=3,mem=1GiB")
    world.do(ev.SetDemands(FRAMEWORK, (Demand(DemandId("web"), need, 2, role="eng"),)))
    for number, opened in enumerate(tuple(world.cluster.offers.values())):
        world.accept(opened.offer.offer_id, task(f"t{number}", need, demand="web"))
    return world


def invoke(*words: str, code: int = 0, chunks: tuple[pb.RecordChunk, ...] | None = None) -> str:
    stub = Recorded(*(recording(a_cluster()) if chunks is None else chunks))
    with serving(stub) as address:
        done = CliRunner().invoke(cli, ["--master", address, "whatif", *words])
    assert done.exit_code == code, done.output
    return done.output


def test_a_whole_answer_for_people() -> None:
    said = invoke("--lose", "host-a2")
    assert said.startswith("1 agent lost (host-a2) with 1 task; 1 task would no longer fit\n")
    rows = [line.split() for line in said.splitlines()]
    assert ["web", "shop", "eng", "cpus=3", "mem=1GiB", "0", "1", "0", "1"] in rows
    assert ["eng", "75.0%", "75.0%", "cpus=6", "mem=2GiB", "cpus=3", "mem=1GiB"] in rows
    assert ["cpus", "8", "4", "2", "1"] in rows
    assert "  1 of web (shop): none of 1 agents fits: cpus on 1: 3 needed, 1 free of 4 on host-a1\n" in said
    assert "    would place one: cpus 1 instead of 3" in said


def test_a_whole_answer_for_programs() -> None:
    answer = json.loads(invoke("--lose", "host-a2", "--add", "2x", "cpus=3,mem=1GiB@zone=c", "-o", "json"))
    assert (answer["lost_agents"], answer["added_agents"], answer["notes"]) == (["host-a2"], 2, [])
    (row,) = answer["demands"]
    assert (row["demand"], row["waiting_now"], row["lost"], row["waiting"]) == ("web", 0, 1, 0)
    cpus = next(each for each in answer["resources"] if each["resource"] == "cpus")
    assert cpus == {"resource": "cpus", "total_now": 8.0, "total": 10.0, "free_now": 2.0, "free": 4.0}


def test_what_the_cluster_would_say_against_a_quota_is_a_note() -> None:
    said = invoke("--quota", "ops=guarantee:cpus=9")
    assert "note: guarantees of top roles: ops 9 = 9 cpus, private agents have 8\n" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--lose", "zone=b"), "no agent is zone=b: agents have"),
        (("--quota", "eng=limit:cpus=1", "--quota", "eng=guarantee:cpus=2"), "above its limit 1 cpus"),
    ],
)
def test_questions_without_an_answer(words: tuple[str, ...], said: str) -> None:
    assert said in invoke(*words, code=1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "ask something"),
        (("--lose", ""), "it is empty"),
        (("--lose", "zone="), "not NAME=VALUE"),
        (("--add", "0x cpus=1"), "from 1 to 20000"),
        (("--add", "10x"), "is not NAME=AMOUNT"),
        (("--add", "10x", "cpus=nan"), "'nan' is not a finite number"),
        (("--add", "10x mem=32"), "has no unit"),
        (("--add", "ports=31000-32000"), "an agent has cpus and mem"),
        (("--add", "cpus=1@zone"), "not NAME=VALUE"),
        (("--quota", "eng"), "is not ROLE=guarantee:AMOUNTS"),
        (("--quota", "eng=cpus:1"), "is not ROLE=guarantee:AMOUNTS"),
        (("--quota", "a//b=none"), "is not a name"),
        (("--quota", "eng=limit:cpus=1", "--quota", "eng=limit:cpus=2"), "the quota of eng is given twice"),
    ],
)
def test_usage_errors(words: tuple[str, ...], said: str) -> None:
    assert said in invoke(*words, code=2)


def test_a_snapshot_that_is_not_whole_or_no_snapshot() -> None:
    header, *lines = recording(a_cluster())
    assert "ended before its snapshot was whole" in invoke("--lose", "host-a1", code=1, chunks=(header, *lines[:-1]))
    odd = pb.RecordChunk(lines=b"{}\n")
    assert "the master's snapshot cannot be read here" in invoke("--lose", "host-a1", code=1, chunks=(header, odd))


def test_which_agents_are_lost() -> None:
    assert parse_which("agent-b") == Which("agent-b")
    assert parse_which("zone=b, rack=r1") == Which(attributes={"zone": "b", "rack": "r1"})


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("10x cpus=8,mem=32GiB", NewAgents(10, parse_resources("cpus=8,mem=32GiB,ports=31000-32000"))),
        ("cpus=8,ports=[1-2]@zone=c", NewAgents(1, parse_resources("cpus=8,ports=[1-2]"), {"zone": "c"})),
        ("2x cpus=8,ports=1@public,zone=c", NewAgents(2, parse_resources("cpus=8,ports=1"), {"zone": "c"}, True)),
    ],
)
def test_which_agents_are_added(text: str, meant: NewAgents) -> None:
    assert parse_new_agents(text) == meant


@pytest.mark.parametrize("words", [("--add", "2x cpus=1"), ("--add", "2x", "cpus=1"), ("--add=2x", "cpus=1")])
def test_new_agents_in_one_word_or_in_two(words: tuple[str, ...]) -> None:
    assert invoke(*words).startswith("2 agents added\n")


def test_both_parts_of_a_quota_are_one() -> None:
    both = map(parse_quota, ["eng=guarantee:cpus=1,mem=2GiB", "eng=limit:cpus=3", "ops=none"])
    (eng, ops) = merged(both)
    assert eng == RoleConfig("eng", 1_000, {"cpus": 1_000, "mem": 2 << 30}, {"cpus": 3_000})
    assert ops == RoleConfig("ops")
