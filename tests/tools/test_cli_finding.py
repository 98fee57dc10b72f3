"""The CLI finds the master that leads: by redirects, through a failover, and says what it waits for."""

from typing import Any

import grpc
import pytest
from click.testing import CliRunner

from barter.proto.v1 import operator_pb2 as pb
from barter.shell.transport import LEADER_METADATA, UNREACHABLE_METADATA
from barter.tools.cli import rpc
from barter.tools.cli.main import cli
from tests.integration.machine import free_address
from tests.tools.stubs import StubMaster, serving

NOBODY = "no master leads: ZooKeeper has not answered for 12 s; running tasks go on, changes are refused"


class Follower(StubMaster):
    """Names `leader`, unless it is said not to answer; then it says what is next of `then`, the last for ever."""

    def __init__(self, leader: str, then: list[Any]) -> None:
        super().__init__({})
        self.leader, self.then, self.told = leader, then, list[str]()

    def GetStatus(self, request: Any, context: grpc.ServicerContext) -> Any:
        told = dict(context.invocation_metadata()).get(UNREACHABLE_METADATA, "")
        self.told.append(str(told))
        if self.leader and self.leader != told:
            context.set_trailing_metadata(((LEADER_METADATA, self.leader),))
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "this master does not lead")
        said = self.then.pop(0) if len(self.then) > 1 else self.then[0]
        if isinstance(said, str):
            context.abort(grpc.StatusCode.UNAVAILABLE, said)
        return said


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "PATIENCE_S", 3.0)


def status(masters: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, ["status", "--master", masters])
    assert done.exit_code == code, done.output
    return done.output


LEADS = pb.GetStatusResponse(cluster_id="abc123")


def test_a_leader_that_does_not_answer_is_told_to_another_which_waits_for_the_next() -> None:
    gone = free_address()
    follower = Follower(gone, [LEADS])
    with serving(follower) as address:
        said = status(address)
    assert follower.told == ["", gone]
    assert f"master {gone} should lead and does not answer: waiting for another" in said
    assert "abc123" in said


def test_while_nobody_leads_it_waits_and_says_so_once() -> None:
    follower = Follower("", [NOBODY, NOBODY, LEADS])
    with serving(follower) as address:
        said = status(address)
    assert said.count(f"no master leads yet: waiting ({NOBODY})") == 1
    assert "abc123" in said


def test_it_gives_up_in_the_end_with_the_reason() -> None:
    with serving(Follower("", [NOBODY])) as address:
        said = status(address, 1)
    assert f"Error: {NOBODY}; waited 3 s for a leader" in said


def test_masters_that_name_each_other_are_not_believed_for_ever() -> None:
    first, second = Follower("", [LEADS]), Follower("", [LEADS])
    with serving(first) as one, serving(second) as other:
        first.leader, second.leader = other, one
        assert "the masters name each other as the leader; waited 3 s for a leader" in status(f"{one},{other}", 1)
    assert len(first.told) + len(second.told) < 200


def test_where_nobody_is_it_does_not_wait() -> None:
    assert "no master answers at" in status(f"{free_address()},{free_address()}", 1)
