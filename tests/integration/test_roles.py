"""Roles against a real master: kept over its death, malformed ones refused, questions asked of its snapshot."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from barter import sdk
from barter.tools.cli.main import cli
from tests.integration.master_stubs import RealMaster

pytestmark = pytest.mark.integration


@pytest.fixture
def master(tmp_path: Path) -> Iterator[RealMaster]:
    running = RealMaster(tmp_path)
    yield running
    if running.process.poll() is None:
        running.stop()


class Heard(sdk.Scheduler):
    def __init__(self) -> None:
        self.errors: list[str] = []

    def error(self, driver: sdk.Driver, message: str) -> None:
        self.errors.append(message)


def barter(master: RealMaster, *words: str) -> Any:
    done = CliRunner().invoke(cli, ["--master", master.grpc, *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def ready(master: RealMaster) -> None:
    """A driver waits for its master; this one is refused by it."""
    heard = Heard()
    code = sdk.MasterDriver(heard, sdk.FrameworkInfo("bad", roles=("eng//web",)), master.grpc).run()
    assert code == 1
    [why] = heard.errors
    assert why.startswith("role 'eng//web': '' is not a name of letters")


def test_what_is_set_for_roles_is_there_after_the_masters_death(master: RealMaster) -> None:
    ready(master)
    barter(master, "quota", "set", "eng", "--limit", "cpus=8,mem=4GiB")
    barter(master, "weight", "set", "eng=2.5")
    before = barter(master, "roles", "-o", "json")
    master.stop(signal.SIGKILL)
    master.process = master.spawn()
    ready(master)
    assert barter(master, "roles", "-o", "json") == before
    (row,) = json.loads(before)
    assert (row["weight"], row["limit"]) == (2.5, {"cpus": 8.0, "mem": 4 << 30})
    barter(master, "quota", "rm", "eng")
    assert json.loads(barter(master, "quota", "ls", "-o", "json")) == []
    assert json.loads(barter(master, "weight", "ls", "-o", "json"))[0]["weight"] == 2.5


def test_a_question_is_answered_and_changes_nothing(master: RealMaster) -> None:
    ready(master)
    answer = json.loads(barter(master, "whatif", "--add", "3x", "cpus=2,mem=4GiB@zone=c", "--quota",
                               "eng=guarantee:cpus=9", "-o", "json"))  # fmt: skip
    assert answer["added_agents"] == 3
    assert answer["notes"] == ["guarantees of top roles: eng 9 = 9 cpus, private agents have 6"]
    cpus = next(each for each in answer["resources"] if each["resource"] == "cpus")
    assert (cpus["total_now"], cpus["total"], cpus["free"]) == (0.0, 6.0, 6.0)
    assert json.loads(barter(master, "roles", "-o", "json")) == []
    assert json.loads(barter(master, "agents", "-o", "json")) == []
