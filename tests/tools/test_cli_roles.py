"""`barter roles`, `quota` and `weight` against a master that answers from a table."""

import json
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from click.testing import CliRunner

from barter.core.units import GIB
from barter.proto.v1 import operator_pb2 as pb
from barter.proto.v1 import types_pb2 as types
from barter.tools.cli.amounts import Unusable, parse_amounts, read_quotas
from barter.tools.cli.main import cli
from tests.tools.stubs import StubMaster, serving

ENG = pb.RoleView(
    config=types.RoleConfig(
        role="eng", weight_milli=2500, guarantee={"cpus": 10_000, "mem": 20 * GIB}, limit={"cpus": 40_000}
    ),
    consumed={"cpus": 12_500, "mem": 8 * GIB, "disk": GIB},
    share_milli=312,
    framework_ids=["f1"],
)
OPS = pb.RoleView(config=types.RoleConfig(role="ops", weight_milli=1000))
ROLES = pb.ListRolesResponse(roles=[ENG, OPS])
QUOTAS = "eng: {guarantee: {cpus: 10, mem: 20GiB}, limit: {cpus: 40}}\nops: {limit: {cpus: 0}}\n"


def invoke(*words: str, code: int = 0, stdin: str = "", **replies: Any) -> tuple[str, list[Any]]:
    stub = StubMaster({"ListRoles": ROLES, "SetRoles": pb.SetRolesResponse(), **replies})
    with serving(stub) as address:
        done = CliRunner().invoke(cli, ["--master", address, *words], input=stdin)
    assert done.exit_code == code, done.output
    return done.output, stub.requests


def test_roles_as_a_table() -> None:
    header, eng, ops = invoke("roles")[0].splitlines()
    assert header.split() == ["ROLE", "WEIGHT", "SHARE", "FRAMEWORKS", "CONSUMED", "GUARANTEE", "LIMIT"]
    said = ["eng", "2.5", "31.2%", "1", "cpus=12.5", "disk=1GiB", "mem=8GiB", "cpus=10", "mem=20GiB", "cpus=40"]
    assert eng.split() == said
    assert ops.split() == ["ops", "1", "0.0%", "0", "-", "-", "-"]


def test_roles_as_json() -> None:
    assert json.loads(invoke("roles", "-o", "json")[0])[0] == {
        "role": "eng",
        "weight": 2.5,
        "share": 0.312,
        "frameworks": ["f1"],
        "consumed": {"cpus": 12.5, "disk": GIB, "mem": 8 * GIB},
        "guarantee": {"cpus": 10.0, "mem": 20 * GIB},
        "limit": {"cpus": 40.0},
    }


def test_the_lists_of_quotas_and_weights_have_what_was_set_only() -> None:
    (row,) = yaml.safe_load(invoke("quota", "ls", "-o", "yaml")[0])
    assert row["role"] == "eng"
    assert "cpus=12.5 mem=8GiB" in invoke("quota", "ls")[0], "consumed, of the kinds of the quota"
    assert invoke("weight", "ls")[0].split() == ["ROLE", "WEIGHT", "eng", "2.5"]


def test_a_quota_of_one_role() -> None:
    said, (request,) = invoke(
        "quota", "set", "eng", "--guarantee", "cpus=1.5,mem=2GiB", "--limit", "cpus=40", "--force",
        SetRoles=pb.SetRolesResponse(notes=["role eng holds too much"]),
    )  # fmt: skip
    (config,) = request.roles
    assert (config.role, dict(config.guarantee)) == ("eng", {"cpus": 1_500, "mem": 2 * GIB})
    assert dict(config.limit) == {"cpus": 40_000}
    assert (request.part, request.force) == ("QUOTA", True)
    assert said.startswith("role eng holds too much\nquota is set: eng")


@pytest.mark.parametrize("text", [QUOTAS, json.dumps(yaml.safe_load(QUOTAS), indent="\t")])
def test_quotas_of_a_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "quotas"
    path.write_text(text)
    for _, (request,) in (
        invoke("quota", "set", "--file", str(path)),
        invoke("quota", "set", "--file", "-", stdin=text),
    ):
        assert [config.role for config in request.roles] == ["eng", "ops"]
        assert dict(request.roles[1].limit) == {"cpus": 0}
        assert request.part == "QUOTA"


def test_quotas_are_taken_away() -> None:
    said, requests = invoke("quota", "rm", "eng")
    assert [config.role for config in requests[-1].roles] == ["eng"]
    assert not requests[-1].roles[0].limit
    assert requests[-1].part == "QUOTA"
    assert said == "quota is taken away: eng\n"
    said, requests = invoke("quota", "rm", "eng", "ops", "opps", code=1)
    assert "no quota is set for ops, opps" in said
    assert len(requests) == 1, "nothing was set"


def test_weights() -> None:
    _, (request,) = invoke("weight", "set", "eng=2.5", "ops=1")
    assert [(config.role, config.weight_milli) for config in request.roles] == [("eng", 2_500), ("ops", 1_000)]
    assert request.part == "WEIGHT"


def test_the_arithmetic_of_a_refusal_is_said() -> None:
    why = "guarantees of top roles: eng 70 = 70 cpus, the cluster has 64\n--force sets it all the same"
    refused = (grpc.StatusCode.FAILED_PRECONDITION, why)
    assert why in invoke("quota", "set", "eng", "--guarantee", "cpus=70", code=1, SetRoles=refused)[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("quota set", "name one ROLE, or give a --file"),
        ("quota set eng", "barter quota rm eng"),
        ("quota set eng --file - --limit cpus=1", "name one ROLE, or give a --file"),
        ("quota set --file - --limit cpus=1", "what a --file says is in the file"),
        ("quota set eng --limit cpus", "'cpus' is not KIND=AMOUNT"),
        ("quota set eng --limit cpus=1,cpus=2", "names a kind twice"),
        ("quota set eng --limit cpus=nan", "cpus: 'nan' is not a finite number"),
        ("quota set eng --limit cpus=-1", "cpus: '-1' is not a finite number >= 0"),
        ("quota set eng --limit mem=20", "mem: '20' has no unit"),
        ("quota set eng --limit ports=31000-32000", "'ports' is nothing a quota counts"),
        ("weight set eng", "'eng' is not ROLE=WEIGHT"),
        ("weight set eng=0", "role eng: weight 0 is not above 0"),
        ("weight set eng=-1", "'-1' is not a finite number"),
        ("weight set eng=nan", "'nan' is not a finite number"),
        ("weight set eng//web=1", "is not a name of letters"),
        ("weight set eng=1 eng=2", "named twice: eng"),
    ],
)
def test_usage_errors(words: str, said: str) -> None:
    assert said in invoke(*words.split(), code=2)[0]


def test_all_that_is_wrong_with_a_file_is_said_at_once() -> None:
    text = """
    eng: {guarantee: {cpus: 10, mem: 20}, limit: {cpus: 5, ports: 3}, weight: 2}
    a//b: {limit: {cpus: .nan}}
    "*": {limit: {cpus: 1}}
    ops: [1]
    web: {limit: {cpus: true}}
    """
    with pytest.raises(Unusable) as refused:
        read_quotas(text)
    said = "\n".join(refused.value.found)
    for part in ("'weight' is neither", "mem: '20' has no unit", "'ports' is nothing", "'nan' is not", "[1] is not"):
        assert part in said
    for part in ("True is no amount", "'' is not a name", "guarantee 10 cpus is above its limit 5 cpus", "everybody's"):
        assert part in said
    shown, requests = invoke("quota", "set", "--file", "-", stdin=text, code=1)
    assert all(f"  {line}\n" in shown for line in refused.value.found)
    assert requests == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("eng: {limit: {cpus: 1}}\neng: {limit: {cpus: 2}}", "'eng' is there twice"),
        ('{"eng": {"limit": {"cpus": 1, "cpus": 2}}}', "'cpus' is there twice"),
        ("", "it names no role"),
        ("[1, 2]", "it names no role"),
        ("eng: {", "it is neither YAML nor JSON"),
        ("[a]: 1\n[a]: 2", "a key is no name"),
        ("eng:", "role eng: None is not {guarantee"),
        ("!!python/object/apply:os.system [ls]", "it is neither YAML nor JSON"),
    ],
)
def test_files_that_say_nothing_of_use(text: str, said: str) -> None:
    with pytest.raises(Unusable) as refused:
        read_quotas(text)
    assert said in str(refused.value)


def test_an_amount_may_be_nothing() -> None:
    assert parse_amounts("cpus=0, mem=20GiB,gpu=1.5") == {"cpus": 0, "mem": 20 * GIB, "gpu": 1_500}
