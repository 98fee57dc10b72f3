"""The client against an ensemble: servers that die, stop and lose their quorum."""

from collections.abc import Iterator

import pytest

from barter.core.candidacy import Renewed, SessionEvent, SessionLost, SessionOpened
from barter.core.znodes import Create, Node
from barter.core.zookeeper_url import parse_url
from barter.shell.clock import LeaseClock
from barter.shell.zookeeper.client import BlockingZooKeeper
from barter.shell.zookeeper.errors import Unreachable
from barter.shell.zookeeper.settings import ZooKeeperSettings
from tests.integration.machine import until
from tests.integration.zookeeper import Ensemble, ZooKeeperServer, require_zookeeper

pytestmark = pytest.mark.integration
LONG_MS, SESSION_MS, SHORT_MS = 6_000, 3_000, 1_500


@pytest.fixture(scope="module")
def ensemble() -> Iterator[Ensemble]:
    require_zookeeper()
    with Ensemble() as running:
        yield running


def server_of(ensemble: Ensemble, zk: BlockingZooKeeper) -> ZooKeeperServer:
    return next(each for each in ensemble.servers if each.address == zk.connection.server)


def renewed_after(events: list[SessionEvent], moment: int) -> bool:
    return any(isinstance(event, Renewed) and event.sent_ms > moment for event in events)


def test_the_session_moves_from_a_silent_server_to_another(ensemble: Ensemble) -> None:
    events: list[SessionEvent] = []
    # Its leader's silence would have all servers elect another first.
    assert ensemble.leader
    url = parse_url(f"zk://barter:secret@{','.join(each.address for each in ensemble.followers)}/moves")
    with BlockingZooKeeper(ZooKeeperSettings(url, LONG_MS), events.append) as zk:
        zk.commit([Create(""), Create("mine", ephemeral=True)])
        silent, stopped = server_of(ensemble, zk), LeaseClock().now()
        silent.stop()
        try:
            until(lambda: renewed_after(events, stopped) and zk.connection.server != silent.address)
            assert zk.get("mine") == Node(b"", 0)
        finally:
            silent.go_on()
        assert [event for event in events if isinstance(event, SessionLost)] == []


@pytest.mark.parametrize("asked", ["follower", "leader"])
def test_a_server_that_is_cut_off_from_the_others_renews_no_lease(ensemble: Ensemble, asked: str) -> None:
    events: list[SessionEvent] = []
    leader, followers = ensemble.leader, ensemble.followers
    server, others = (followers[0], [leader]) if asked == "follower" else (leader, followers)
    url = parse_url(server.url(f"/cut-{asked}"))
    with BlockingZooKeeper(ZooKeeperSettings(url, SESSION_MS), events.append) as zk:
        zk.commit([Create("")])
        for other in others:
            other.stop()
        stopped = LeaseClock().now()
        try:
            # Until it notices, it answers reads alone.
            until(lambda: zk.silent_ms() > 0)
            assert not renewed_after(events, stopped)
        finally:
            for other in others:
                other.go_on()
        until(lambda: renewed_after(events, stopped) or isinstance(events[-1], SessionOpened))


def test_without_a_quorum_all_is_refused_with_the_reason_until_it_is_back(ensemble: Ensemble) -> None:
    events: list[SessionEvent] = []
    with BlockingZooKeeper(ZooKeeperSettings(parse_url(ensemble.url("/quorum")), SHORT_MS), events.append) as zk:
        zk.commit([Create("")])
        dead = ensemble.servers[:2]
        for server in dead:
            server.kill()
        lost = until(lambda: next((event for event in events if isinstance(event, SessionLost)), None))
        assert f"ZooKeeper at {','.join(zk.settings.url.hosts)} has not answered for" in lost.reason
        with pytest.raises(Unreachable) as refused:
            zk.get("")
        assert "Connection refused" in str(refused.value)
        until(lambda: f"{ensemble.servers[2].address} closed the connection at once, as one without" in zk.diagnosis())
        before = len(events)
        for server in dead:
            server.start()
        until(lambda: any(isinstance(event, SessionOpened) for event in events[before:]))
        assert zk.get("") == Node(b"", 0)
