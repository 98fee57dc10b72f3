"""Three real masters and a real ZooKeeper: one leads, and whatever ends that, the next does."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio as aio
import httpx
import pytest
from click.testing import CliRunner

from barter.core.znodes import SetData
from barter.core.zookeeper_url import parse_url
from barter.proto import codec
from barter.proto.v1 import operator_pb2, scheduler_pb2
from barter.shell import transport
from barter.shell.transport import UNREACHABLE_METADATA, channel
from barter.shell.zookeeper.client import BlockingZooKeeper
from barter.shell.zookeeper.settings import ZooKeeperSettings
from barter.tools.cli.main import cli
from tests.integration.elected import ElectedProcess, Masters
from tests.integration.machine import until
from tests.integration.master_stubs import Peers
from tests.integration.zookeeper import ZooKeeperServer, require_zookeeper
from tests.master.world import task

pytestmark = pytest.mark.integration
LEADER = "masters/leader"


@pytest.fixture(scope="module")
def server() -> Iterator[ZooKeeperServer]:
    require_zookeeper()
    with ZooKeeperServer() as running:
        yield running


@pytest.fixture(scope="module")
def masters(server: ZooKeeperServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Masters]:
    running = Masters(server.url(), tmp_path_factory.mktemp("masters"))
    yield running
    running.end()


def talk(master: ElectedProcess, conversation: Callable[[Peers], Awaitable[Any]]) -> Any:
    async def go() -> Any:
        async with channel(master.grpc) as link:
            return await conversation(Peers(link))

    return asyncio.run(go())


def status(master: ElectedProcess, unreachable: str = "") -> Any:
    """What it answers; or its refusal, as an exception."""

    async def ask(peers: Peers) -> Any:
        metadata = [(UNREACHABLE_METADATA, unreachable)] if unreachable else []
        try:
            return await peers.operator.GetStatus(
                operator_pb2.GetStatusRequest(), metadata=metadata, wait_for_ready=True
            )
        except aio.AioRpcError as error:
            return error

    return talk(master, ask)


def next_after(gone: ElectedProcess, followers: list[ElectedProcess]) -> tuple[ElectedProcess, Any]:
    """Who leads once `gone` is found not to answer, by a call that one of the others holds; and its status."""
    said = status(followers[0], gone.grpc)
    if isinstance(said, aio.AioRpcError):
        leader = transport.leader_of(said.trailing_metadata())
        [found] = [each for each in followers if each.grpc == leader]
        return found, status(found)
    return followers[0], said


def test_one_leads_and_the_others_send_callers_to_it(masters: Masters) -> None:
    leader, followers = masters.settled()
    told = status(leader)
    assert [each.leads for each in told.masters] == [True, False, False]
    assert {each.grpc for each in told.masters} == {each.grpc for each in masters.each}
    assert "answers" in told.zookeeper
    for follower in followers:
        refused = status(follower)
        assert refused.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert transport.leader_of(refused.trailing_metadata()) == leader.grpc
        sent = httpx.get(f"http://{follower.http}/v1/x?y=1", follow_redirects=False)
        assert (sent.status_code, sent.headers["location"]) == (307, f"http://{leader.http}/v1/x?y=1")
        assert "barter_master_leading 0.0" in httpx.get(f"http://{follower.http}/metrics").text
    assert httpx.get(f"http://{leader.http}/v1/x").status_code == 404
    metrics = httpx.get(f"http://{leader.http}/metrics").text
    assert "barter_master_leading 1.0" in metrics
    assert "barter_master_agents{" in metrics
    shown = CliRunner().invoke(cli, ["status", "--master", followers[0].grpc])
    assert f"masters     {leader.grpc} leads, " in shown.stdout


def test_after_kill_9_the_next_leads_with_the_same_registry(masters: Masters) -> None:
    leader, followers = masters.settled()
    before = status(leader)
    weight = {"role": "eng", "weight_milli": 3_000}

    async def change(peers: Peers) -> None:
        await peers.operator.SetRoles(operator_pb2.SetRolesRequest(roles=[weight]))

    async def roles(peers: Peers) -> Any:
        return await peers.operator.ListRoles(operator_pb2.ListRolesRequest())

    talk(leader, change)
    leader.end(signal.SIGKILL)
    leader.start()
    successor, after = next_after(leader, followers)
    again = status(leader)
    assert transport.leader_of(again.trailing_metadata()) == successor.grpc
    assert (after.cluster_id, after.epoch) == (before.cluster_id, before.epoch + 1)
    configs = [role.config for role in talk(successor, roles).roles]
    assert [config.weight_milli for config in configs if config.role == "eng"] == [3_000]


def test_nothing_that_a_frozen_leader_is_told_has_an_effect(masters: Masters) -> None:
    """What its peers said meanwhile is there to be read when it wakes, and would be an order to its agent."""
    leader, followers = masters.settled()

    async def story(peers: Peers) -> None:
        scheduler, _ = await peers.subscribed()
        agent_session, _ = await peers.registered()
        [offer] = (await scheduler.hear()).offers.offers
        leader.send(signal.SIGSTOP)
        launch = [codec.task_to_wire(task("late"))]
        await scheduler.say(scheduler_pb2.SchedulerCall(accept={"offer_ids": [offer.offer_id], "launch": launch}))
        _, after = await asyncio.to_thread(next_after, leader, followers)
        assert after.epoch == leader_epoch + 1
        leader.send(signal.SIGCONT)
        with pytest.raises(aio.AioRpcError) as ended:
            await agent_session.hear()
        assert "leads no more" in (ended.value.details() or "")

    leader_epoch = status(leader).epoch
    talk(leader, story)
    assert leader.over() == 1
    assert leader.last_line.startswith("barter master: ")
    assert "a supervisor is to start it again" in leader.last_line


def test_a_leader_that_is_told_to_end_hands_over(masters: Masters) -> None:
    leader, followers = masters.settled()

    async def story(peers: Peers) -> str:
        agent_session, _ = await peers.registered()
        leader.send(signal.SIGTERM)
        with pytest.raises(aio.AioRpcError) as ended:
            await agent_session.hear()
        assert ended.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        return transport.leader_of(ended.value.trailing_metadata())

    epoch = status(leader).epoch
    successor = talk(leader, story)
    [found] = [each for each in followers if each.grpc == successor]
    assert status(found).epoch == epoch + 1
    assert leader.over() == 0
    [other] = [each for each in followers if each is not found]
    assert other.end(signal.SIGTERM) == 0


def test_without_zookeeper_changes_are_refused_and_all_comes_back(masters: Masters, server: ZooKeeperServer) -> None:
    leader, followers = masters.settled()
    epoch = status(leader).epoch
    server.stop()
    try:
        assert leader.over() == 1
        assert "no answer of ZooKeeper for " in leader.last_line
        reason = until(lambda: httpx.get(f"http://{followers[0].http}/v1").json().get("detail", ""))
        assert f"ZooKeeper at {server.address} has not answered for" in reason
    finally:
        server.go_on()
    assert status(masters.settled()[0]).epoch > epoch


def ended(url: str, *more: str) -> tuple[int, str]:
    """The exit code of a master alone, and its last line."""
    command = [sys.executable, "-m", "barter.tools.cli.main", "start", "master", "--zk", url, "--listen", "127.0.0.1:0"]
    run = subprocess.run([*command, "--http", "127.0.0.1:0", *more], capture_output=True, text=True, timeout=60)
    return run.returncode, run.stderr.splitlines()[-1]


def test_a_wrong_password_is_refused(masters: Masters, server: ZooKeeperServer) -> None:
    masters.settled()
    code, said = ended(server.url(credentials="barter:wrong"))
    assert code == 1
    assert said.startswith("barter master: /barter: its ACL belongs to other credentials")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("zk://barter:secret@127.0.0.1:2181", "names no path"),
        ("zk:/barter:secret@127.0.0.1:2181/barter", "begins with zk://"),
        ("zk://127.0.0.1:2181/barter", "without credentials everybody who reaches ZooKeeper could change /barter"),
    ],
)
def test_a_url_that_will_not_do_is_a_usage_error(tmp_path: Path, url: str, why: str) -> None:
    said = CliRunner().invoke(cli, ["start", "master", "--zk", url, "--data-dir", str(tmp_path)])
    assert said.exit_code == 2
    assert why in said.stderr
    assert "secret" not in said.stderr


def test_what_another_wrote_to_the_leaders_node_is_refused_and_stays(server: ZooKeeperServer, tmp_path: Path) -> None:
    url = server.url("/scribbled")
    first = Masters(url, tmp_path, count=1)
    first.settled()
    first.end()
    settings = ZooKeeperSettings(parse_url(url))
    with BlockingZooKeeper(settings) as zk:
        zk.commit([SetData(LEADER, b'{"epoch": 1, "tok')])
        code, said = ended(url)
        node = zk.get(LEADER)
    assert code == 1
    assert said.startswith("barter master: /scribbled/masters/leader")
    assert node is not None
    assert node.data == b'{"epoch": 1, "tok'
