"""Agents, a framework and the CLI find the leader by themselves: by addresses and by ZooKeeper's word."""

import asyncio
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from barter import sdk
from barter.agent.edge.messages import Event, Told
from barter.agent.edge.shell.watch import Watch
from barter.core.route import MastersAre
from barter.shell.zookeeper import discovery
from barter.tools.cli.main import cli
from tests.integration.agent_world import AgentProcess
from tests.integration.elected import Masters
from tests.integration.machine import eventually, free_address
from tests.integration.zookeeper import ZooKeeperServer, require_zookeeper

pytestmark = pytest.mark.integration


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


class Keeper(sdk.Scheduler):
    """Launches one task on each of the first offers of two agents, and notes what it hears."""

    def __init__(self) -> None:
        self.states: dict[str, list[sdk.TaskState]] = {}
        self.registrations = 0
        self.offers = 0

    def registered(self, driver: sdk.Driver, framework_id: sdk.FrameworkId) -> None:
        self.registrations += 1

    def reregistered(self, driver: sdk.Driver) -> None:
        self.registrations += 1

    def resource_offers(self, driver: sdk.Driver, offers: Sequence[sdk.Offer]) -> None:
        for offer in offers:
            self.offers += 1
            name = sdk.TaskId(f"t-{offer.agent_id}")
            if name not in self.states:
                self.states[name] = []
                driver.launch(offer, [sdk.TaskInfo(name, name, NEED, sdk.Command(shell="sleep 600"))])
            else:
                driver.decline(offer)

    def status_update(self, driver: sdk.Driver, status: sdk.TaskStatus) -> None:
        self.states[status.task_id].append(status.state)

    def running(self) -> int:
        return sum(states[-1:] == [sdk.TaskState.RUNNING] for states in self.states.values())


NEED = sdk.resources(cpus=10, mem=32 * sdk.MIB)


def barter(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == code, done.output
    return done.output


def test_all_go_to_the_next_leader(masters: Masters, server: ZooKeeperServer, tmp_path: Path) -> None:
    leader, _ = masters.settled()
    listed, url = ",".join(each.grpc for each in masters.each), server.url(credentials="")
    agents = [AgentProcess(listed, tmp_path / "listed"), AgentProcess(url, tmp_path / "discovering")]
    keeper = Keeper()

    async def story() -> None:
        framework = sdk.FrameworkInfo("keeper")
        assert framework.failover_timeout_ms == 7 * 24 * 3_600_000
        driver = sdk.MasterDriver(keeper, framework, url)
        serving = asyncio.create_task(driver.serve())
        told: list[Event] = []
        watch = Watch([masters.each[0].grpc, masters.each[1].grpc], told.append)
        watching = asyncio.create_task(watch.run())
        try:
            await eventually(lambda: keeper.running() == 2, "both agents run a task", 40)
            leader.end(signal.SIGKILL)
            asked = asyncio.create_task(asyncio.to_thread(barter, "agents", "-o", "json", "--master", listed))
            await eventually(lambda: keeper.registrations == 2, "the framework is back", 40)
            before = keeper.offers
            await eventually(lambda: keeper.offers >= before + 2, "both agents are offered again", 40)
            assert (await asked).count('"agent_id"') == 2
            assert keeper.running() == 2
            assert len(keeper.states) == 2
            await eventually(lambda: sum(isinstance(event, Told) and event.snapshot for event in told) >= 2, "edge", 20)
            leader.start()
            driver.stop()
            assert await serving == 0
        finally:
            for task in (serving, watching):
                task.cancel()
            await asyncio.gather(serving, watching, return_exceptions=True)

    try:
        asyncio.run(story())
    finally:

        async def leave() -> None:
            await asyncio.gather(*(agent.end(signal.SIGUSR1) for agent in agents))

        asyncio.run(leave())


def test_what_zookeeper_knows_is_read_once_and_followed(masters: Masters, server: ZooKeeperServer) -> None:
    leader, _ = masters.settled()
    url = server.url(credentials="")
    found = discovery.read_once(discovery.settings_of(url))
    assert (found.leader, found.addresses[0]) == (leader.grpc, leader.grpc)
    assert set(found.addresses) == {each.grpc for each in masters.each}
    assert "masters" in barter("status", "--master", url)

    async def story() -> None:
        heard: list[MastersAre] = []
        following = asyncio.create_task(discovery.follow(discovery.settings_of(url), heard.append))
        try:
            await eventually(lambda: heard, "the first word")
            leader.end(signal.SIGTERM)
            await eventually(lambda: heard[-1].leader not in ("", leader.grpc), "the next leader")
            assert heard[-1].epoch > heard[0].epoch
            assert leader.grpc not in heard[-1].addresses
            leader.start()
            await eventually(lambda: leader.grpc in heard[-1].addresses[1:], "it is back as a follower")
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    asyncio.run(story())


def test_what_is_wrong_is_said(server: ZooKeeperServer) -> None:
    nobody = f"zk://{free_address()}/barter"
    assert "does not tell where the masters are" in barter("status", "--master", nobody, code=1)
    empty = server.url("/elsewhere", credentials="")
    said = barter("status", "--master", empty, code=1)
    assert f"no master is enlisted in {empty}" in said
    assert f"barter start master --zk {empty}" in said
    assert "names no path" in barter("status", "--master", f"zk://{server.address}", code=1)
    started = CliRunner().invoke(cli, ["start", "agent", "--master", f"zk://{server.address}"])
    assert started.exit_code == 2
    assert "names no path" in started.output
