"""The cluster on one machine, planned."""

from itertools import pairwise
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.resources import parse_resources
from barter.tools.dev.plan import DevOptions, Kind, addresses, assign, plan

HOME = PurePosixPath("/var/tmp/dev")


def option(argv: tuple[str, ...], name: str) -> str:
    return argv[argv.index(name) + 1]


def test_the_usual_cluster_has_the_usual_ports() -> None:
    made = plan(DevOptions(HOME), lambda port: True)
    assert [(daemon.name, daemon.zone, daemon.public) for daemon in made.daemons] == [
        ("master", "", False),
        ("agent-a", "a", False),
        ("agent-b", "b", False),
        ("agent-p", "", True),
        ("service", "", False),
    ]
    assert (made.address("master"), made.address("master http")) == ("127.0.0.1:5050", "127.0.0.1:5051")
    assert (made.ports["service"], made.ports["edge http"], made.ports["edge stats"]) == (8080, 8000, 9090)
    ranges = [option(agent.argv, "--resources") for agent in made.agents]
    assert ranges == ["ports=[31000-31999]", "ports=[32000-32999]", "ports=[33000-33999]"]
    assert all(option(agent.argv, "--hostname") == agent.name for agent in made.agents)


def test_dev_json_names_every_address() -> None:
    made = plan(DevOptions(HOME), lambda port: True)
    told = addresses(made, {agent.name: 100 + number for number, agent in enumerate(made.agents)}, 7)
    assert (told["pid"], told["data_dir"], told["master"]) == (7, str(HOME), "127.0.0.1:5050")
    assert told["edge_http"] == "http://127.0.0.1:8000"
    assert told["agents"][2] == {
        "name": "agent-p",
        "grpc": "127.0.0.1:5064",
        "http": "http://127.0.0.1:5065",
        "public": True,
        "zone": "",
        "work_dir": f"{HOME}/agent-p",
        "pid": 102,
    }


def test_several_masters_are_elected_by_a_zookeeper_and_all_are_told_of_all() -> None:
    made = plan(DevOptions(HOME, agents=1, masters=3), lambda port: True)
    kinds = [daemon.kind for daemon in made.daemons]
    assert kinds == [Kind.ZOOKEEPER, *[Kind.MASTER] * 3, *[Kind.AGENT] * 2, Kind.SERVICE]
    masters = "127.0.0.1:5050,127.0.0.1:5052,127.0.0.1:5054"
    told = addresses(made, {name: 10 + number for number, name in enumerate(made.ports)}, 7)
    assert (told["master"], told["zookeeper"]) == (masters, "127.0.0.1:2181")
    assert [master["grpc"] for master in told["masters"]] == masters.split(",")
    assert all(option(agent.argv, "--master") == masters for agent in made.agents)
    elected = [daemon for daemon in made.daemons if daemon.kind in (Kind.MASTER, Kind.SERVICE)]
    assert {option(daemon.argv, "--zk") for daemon in elected} == {"zk://127.0.0.1:2181/barter"}
    assert {option(daemon.argv, "--zk-auth") for daemon in elected} == {told["zookeeper_auth"]}
    assert len({option(daemon.argv, "--listen") for daemon in elected}) == 4


@given(taken=st.sets(st.integers(2100, 9200)), agents=st.integers(1, 15), masters=st.integers(1, 5))
def test_no_two_share_a_port_and_none_is_taken(taken: set[int], agents: int, masters: int) -> None:
    made = plan(DevOptions(HOME, agents=agents, masters=masters), lambda port: port not in taken)
    assert len(set(made.ports.values())) == len(made.ports)
    assert not taken & set(made.ports.values())
    assert sum(daemon.kind is Kind.AGENT for daemon in made.daemons) == agents + 1


@given(agents=st.integers(1, 15), block=st.integers(0, 7))
def test_task_ports_never_meet(agents: int, block: int) -> None:
    made = plan(DevOptions(HOME, agents=agents, block=block), lambda port: True)
    held = [parse_resources(option(agent.argv, "--resources")).ports[0] for agent in made.agents]
    assert all(high < low for (_, high), (low, _) in pairwise(held))
    assert 31000 - 3000 * block <= held[0][0]
    assert held[-1][1] <= 33999 - 3000 * block


def test_a_machine_without_a_free_port() -> None:
    with pytest.raises(ValueError, match="no port from 5050 on is free for master"):
        assign({"master": 5050}, lambda port: False)
