"""The client of ZooKeeper against a real server: what is asked, refused, watched, and what a silent server does."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from barter.core.candidacy import Changed, Renewed, SessionEvent, SessionLost, SessionOpened
from barter.core.znodes import Check, Conflict, Create, Delete, Node, SetData, Unknown
from barter.core.zookeeper_url import parse_url
from barter.shell.clock import LeaseClock
from barter.shell.zookeeper.client import BlockingZooKeeper, deaf
from barter.shell.zookeeper.errors import NotAllowed, SessionOver, Unreachable
from barter.shell.zookeeper.loop import ZooKeeper
from barter.shell.zookeeper.settings import ZooKeeperSettings
from tests.integration.machine import eventually, free_port, until
from tests.integration.zookeeper import ZooKeeperServer, require_zookeeper

pytestmark = pytest.mark.integration
LONG_MS, SHORT_MS = 20_000, 1_500
KindT = TypeVar("KindT", SessionOpened, SessionLost, Renewed, Changed)
_paths = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[ZooKeeperServer]:
    require_zookeeper()
    with ZooKeeperServer() as running:
        yield running


def settings(
    server: ZooKeeperServer, path: str = "", credentials: str = "barter:secret", session_ms: int = LONG_MS
) -> ZooKeeperSettings:
    return ZooKeeperSettings(parse_url(server.url(path or f"/t{next(_paths)}", credentials)), session_ms)


@pytest.fixture
def zk(server: ZooKeeperServer) -> Iterator[BlockingZooKeeper]:
    with BlockingZooKeeper(settings(server)) as client:
        client.commit([Create(""), Create("a", b"1")])
        yield client


def test_what_is_written_is_read(zk: BlockingZooKeeper) -> None:
    made = zk.commit([SetData("a", b"2"), Create("a/b-", b"x", ephemeral=True, sequence=True), Create("a/c")])
    assert made == ("a/b-0000000000", "a/c")
    assert zk.get("a") == Node(b"2", 1)
    assert zk.get("") == Node(b"", 0)
    assert zk.get("none") is None
    assert sorted(zk.children("a")) == ["b-0000000000", "c"]
    assert zk.children("none") == ()
    assert zk.get_many(("a/c", "none")) == {"a/c": Node(b"", 0), "none": None}
    assert zk.get_many(()) == {}


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        (Check("a", 1), "a: its version is no longer 1"),
        (Check("b"), "b: it does not exist"),
        (SetData("a", b"", 7), "a: its version is no longer 7"),
        (SetData("b", b""), "b: it does not exist"),
        (Create("a"), "a: it exists already"),
        (Create("b/c"), "b/c: its parent does not exist"),
        (Delete("a", 3), "a: its version is no longer 3"),
        (Delete("b"), "b: it does not exist"),
        (Delete(""), ": it has children"),
    ],
)
def test_a_conflict_names_the_node_and_nothing_happens(
    zk: BlockingZooKeeper, operation: Check | Create | SetData | Delete, why: str
) -> None:
    with pytest.raises(Conflict) as conflict:
        zk.commit([Check("a", 0), Create("new"), operation, Create("newer")])
    assert str(conflict.value) == why
    assert conflict.value.path == operation.path
    assert zk.children("") == ("a",)
    assert zk.get("a") == Node(b"1", 0)


def test_more_than_zookeeper_takes_is_refused_before_it_is_sent(zk: BlockingZooKeeper) -> None:
    assert zk.commit([SetData("a", b"x" * (512 << 10))]) == ()
    with pytest.raises(ValueError, match="b: 524289 bytes are more than the 524288"):
        zk.commit([Create("b", b"x" * ((512 << 10) + 1))])
    with pytest.raises(ValueError, match="one transaction may have"):
        zk.commit([SetData("a", b"x" * (500 << 10)), Create("b", b"x" * (500 << 10))])
    assert zk.get("b") is None


def test_only_discovery_is_read_by_others(server: ZooKeeperServer, zk: BlockingZooKeeper) -> None:
    zk.commit([Create("masters"), Create("masters/leader", b"me"), Create("registry", b"secret")])
    for credentials in ("", "barter:wrong", "other:secret"):
        with BlockingZooKeeper(settings(server, zk.settings.url.path, credentials), lease=False) as other:
            assert other.get("masters/leader") == Node(b"me", 0)
            with pytest.raises(NotAllowed, match=r"/registry: the credentials given may not read it") as refused:
                other.get("registry")
            assert "secret" not in str(refused.value)
            for operation, why in (
                (SetData("masters/leader", b"I"), "masters/leader: the credentials given may not write it"),
                (Create("masters/candidates"), "masters: the credentials given may not create nodes below it"),
                (Delete("registry"), f"^{zk.settings.url.path}: the credentials given may not delete nodes below it"),
            ):
                with pytest.raises(NotAllowed, match=why):
                    other.commit([operation])
    assert zk.get("masters/leader") == Node(b"me", 0)


def test_an_unsafe_node_is_made_only_when_that_is_said(server: ZooKeeperServer) -> None:
    url = parse_url(server.url(f"/t{next(_paths)}", ""))
    with BlockingZooKeeper(ZooKeeperSettings(url, LONG_MS)) as nobody, pytest.raises(NotAllowed):
        nobody.commit([Create("")])
    with BlockingZooKeeper(ZooKeeperSettings(url, LONG_MS, insecure=True)) as anybody:
        assert anybody.commit([Create("")]) == ("",)


def received(port: int) -> int:
    """Bytes that have come to a server on this machine and that it has not read."""
    text = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    lines = [line.split() for line in text.splitlines() if "rx_queue" not in line]
    return sum(int(fields[4].split(":")[1], 16) for fields in lines if fields[1].endswith(f":{port:04X}"))


def test_a_thousand_nodes_are_asked_for_before_the_first_is_answered(server: ZooKeeperServer) -> None:
    names = [f"{number:03}" for number in range(1000)]
    with BlockingZooKeeper(settings(server, session_ms=60_000)) as zk:
        zk.commit([Create("")])
        for part in (names[:500], names[500:]):
            zk.commit([Create(name, name.encode()) for name in part])
        server.stop()
        try:
            answers = zk.connection.get_many(names)
            # Each with its length, number, kind, length of path and watch.
            asked = sum(17 + len(zk.connection.absolute(name)) for name in names)
            until(lambda: received(server.port) >= asked, 10)
            assert not answers.done()
        finally:
            server.go_on()
        assert answers.result(20) == {name: Node(name.encode(), 0) for name in names}


def test_a_watch_comes_once(zk: BlockingZooKeeper) -> None:
    calls: list[str] = []

    def note(what: str) -> Callable[[], None]:
        return lambda: calls.append(what)

    changed, came = note("changed"), note("came")
    assert zk.watch_data("a", changed)
    assert zk.watch_data("a", changed)
    assert not zk.watch_data("b", came)
    assert zk.watch_children("", note("children")) == ("a",)
    assert zk.watch_children("c", note("parent")) == ()
    zk.commit([SetData("a", b"2"), Create("b"), Create("c")])
    until(lambda: len(calls) >= 4)
    assert zk.watch_children("c", note("grandchildren")) == ()
    zk.commit([SetData("a", b"3"), Create("c/d"), Delete("b")])
    until(lambda: "grandchildren" in calls)
    assert sorted(calls) == ["came", "changed", "children", "grandchildren", "parent"]


class Heard:
    """The events of a client, as they come; `blocking` is closed at the end."""

    def __init__(self, given: ZooKeeperSettings) -> None:
        self.events: list[SessionEvent] = []
        self.zk = BlockingZooKeeper(given, self.events.append)

    def since(self, kind: type[KindT], start: int = 0) -> KindT | None:
        return next((event for event in self.events[start:] if isinstance(event, kind)), None)


def test_the_lease_is_renewed_while_the_server_answers_and_no_longer(server: ZooKeeperServer) -> None:
    heard, clock = Heard(settings(server, session_ms=SHORT_MS)), LeaseClock()
    began = clock.now()
    with heard.zk as zk:
        opened = heard.events[0]
        assert isinstance(opened, SessionOpened)
        assert opened.timeout_ms == SHORT_MS
        until(lambda: len(heard.events) > 3)
        assert all(isinstance(event, Renewed) for event in heard.events[1:])
        sent = [event.sent_ms for event in heard.events if isinstance(event, SessionOpened | Renewed)]
        assert began <= sent[0]
        assert sent == sorted(sent)
        assert sent[-1] <= clock.now()

        zk.commit([Create("")])
        gone: list[str] = []
        assert zk.watch_data("", lambda: gone.append("lost"))
        server.stop()
        try:
            stopped = clock.now()
            with pytest.raises(Unknown, match="does not answer any more"):
                zk.commit([SetData("", b"?")])
            assert until(lambda: gone) == ["lost"]
            with pytest.raises(Unreachable, match=f"ZooKeeper at {server.address} has not answered for"):
                zk.get("")
            lost = until(lambda: heard.since(SessionLost))
            assert server.address in lost.reason
            assert [event for event in heard.events if isinstance(event, Renewed) and event.sent_ms > stopped] == []
            assert zk.silent_ms() >= SHORT_MS
            until(lambda: "accepted the connection and did not answer" in zk.diagnosis())
        finally:
            server.go_on()
        again = len(heard.events)
        reopened = until(lambda: heard.since(SessionOpened, again))
        assert reopened.sent_ms > stopped
        assert zk.silent_ms() == 0
        assert zk.get("") is not None


def test_a_short_silence_costs_no_session(server: ZooKeeperServer) -> None:
    heard = Heard(settings(server, session_ms=60_000))
    with heard.zk as zk:
        zk.commit([Create(""), Create("mine", ephemeral=True)])
        zk.connection._wire.cut()
        until(lambda: heard.since(Changed))
        assert heard.since(SessionLost) is None
        assert zk.get("mine") == Node(b"", 0)


SLEEPER = """
import sys, time
from barter.core.zookeeper_url import parse_url
from barter.core.znodes import Create
from barter.shell.zookeeper.client import BlockingZooKeeper
from barter.shell.zookeeper.settings import ZooKeeperSettings

def hear(event):
    print(type(event).__name__, getattr(event, "sent_ms", 0), flush=True)

with BlockingZooKeeper(ZooKeeperSettings(parse_url(sys.argv[1]), int(sys.argv[2])), hear) as zk:
    zk.commit([Create("sleeper", ephemeral=True)])
    sys.stdin.read()
"""


def test_who_slept_longer_than_its_session_hears_that_it_is_lost_first(zk: BlockingZooKeeper) -> None:
    url, clock = zk.settings.url, LeaseClock()
    text = f"zk://{url.credentials}@{','.join(url.hosts)}{url.path}"
    with subprocess.Popen(
        [sys.executable, "-c", SLEEPER, text, str(SHORT_MS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as sleeper:
        assert sleeper.stdout is not None
        assert sleeper.stdin is not None
        lines: list[tuple[str, int]] = []

        def read() -> tuple[str, int]:
            assert sleeper.stdout is not None
            kind, sent_ms = sleeper.stdout.readline().split()
            lines.append((kind, int(sent_ms)))
            return lines[-1]

        while read()[0] != "Renewed" or zk.get("sleeper") is None:
            pass
        os.kill(sleeper.pid, signal.SIGSTOP)
        until(lambda: zk.get("sleeper") is None)
        woken_ms = clock.now()
        os.kill(sleeper.pid, signal.SIGCONT)
        while read()[0] != "SessionLost":
            pass
        assert [line for line in lines if line[1] >= woken_ms] == []
        assert read()[0] == "SessionOpened"
        sleeper.stdin.close()
        assert sleeper.wait(20) == 0


def test_who_is_closed_gives_the_session_up_and_leaves_no_thread(
    server: ZooKeeperServer, zk: BlockingZooKeeper
) -> None:
    before = set(threading.enumerate())
    other = BlockingZooKeeper(settings(server, zk.settings.url.path))
    other.start()
    other.commit([Create("mine", ephemeral=True)])
    other.close()
    other.close()
    assert zk.get("mine") is None
    assert set(threading.enumerate()) == before
    with pytest.raises(SessionOver, match="closed"):
        other.get("a")


def test_a_client_of_a_silent_server_is_closed_as_well(server: ZooKeeperServer, zk: BlockingZooKeeper) -> None:
    before = set(threading.enumerate())
    other = BlockingZooKeeper(settings(server, zk.settings.url.path))
    other.start()
    server.stop()
    try:
        asked = other.connection.get("a")
        other.close()
        with pytest.raises((SessionOver, Unreachable)):
            asked.result(0)
        assert set(threading.enumerate()) == before
    finally:
        server.go_on()


def diagnosis(zk: BlockingZooKeeper, *parts: str) -> str:
    """Once all of that is in it."""
    zk.connection.start()
    try:
        return until(lambda: said if all(part in (said := zk.diagnosis()) for part in parts) else "")
    finally:
        zk.close()


def test_what_each_server_said_is_told() -> None:
    url = parse_url(f"zk://a:secret@127.0.0.1:{free_port()},no-such-host.invalid:2181/x")
    zk = BlockingZooKeeper(ZooKeeperSettings(url, 600))
    unknown = "no-such-host.invalid:2181 has a name that is not known"
    assert "secret" not in diagnosis(zk, f"{url.hosts[0]} said: Connection refused", unknown)


def test_who_waits_for_a_session_in_vain_is_told_and_closed() -> None:
    before = set(threading.enumerate())
    url = parse_url(f"zk://a:secret@127.0.0.1:{free_port()}/x")
    with pytest.raises(Unreachable, match=f"ZooKeeper at {url.hosts[0]} has not answered for"):
        BlockingZooKeeper(ZooKeeperSettings(url)).start(0.3)
    assert set(threading.enumerate()) == before


def test_credentials_that_no_server_takes_are_told() -> None:
    require_zookeeper()
    with ZooKeeperServer(more={"DigestAuthenticationProvider.enabled": "false"}) as own:
        diagnosis(BlockingZooKeeper(settings(own)), "does not take the credentials")
        with BlockingZooKeeper(settings(own, credentials=""), lease=False) as nobody:
            assert nobody.get("/zookeeper") is not None


def test_the_same_in_a_loop(server: ZooKeeperServer) -> None:
    async def main() -> None:
        heard: list[SessionEvent] = []
        threads: list[threading.Thread] = []

        def hear(event: SessionEvent) -> None:
            threads.append(threading.current_thread())
            heard.append(event)

        zk = ZooKeeper(settings(server), hear)
        await zk.start()
        await zk.opened(20)
        assert await zk.commit([Create(""), Create("a", b"1")]) == ("", "a")
        assert await zk.get("a") == Node(b"1", 0)
        assert await zk.get_many(["a", "b"]) == {"a": Node(b"1", 0), "b": None}
        assert await zk.children("") == ("a",)
        with pytest.raises(Conflict):
            await zk.commit([Check("a", 3)])
        fired = asyncio.Event()
        assert await zk.watch_data("a", fired.set)
        assert await zk.watch_children("b", fired.set) == ()
        await zk.commit([SetData("a", b"2")])
        await fired.wait()
        await eventually(lambda: len(heard) > 1)
        assert set(threads) == {threading.current_thread()}
        await zk.close()
        with pytest.raises(SessionOver):
            await zk.get("a")

    asyncio.run(main())


def test_a_loop_that_reaches_nobody_goes_on() -> None:
    async def main() -> None:
        zk = ZooKeeper(ZooKeeperSettings(parse_url(f"zk://a:b@127.0.0.1:{free_port()}/x"), 600), deaf)
        await zk.start()
        with pytest.raises(Unreachable, match="has not answered for"):
            await zk.opened(0.1)
        await eventually(lambda: "said: Connection refused" in zk.diagnosis())
        with pytest.raises(Unreachable, match="Connection refused"):
            await zk.get("a")
        await zk.close()

    asyncio.run(main())
