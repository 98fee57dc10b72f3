"""The sessions of a client, with a wire that says what the test wants: whose answer renews which session."""

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from barter.core.candidacy import Changed, Renewed, SessionEvent, SessionLost, SessionOpened
from barter.core.zookeeper_url import parse_url
from barter.shell.clock import LeaseClock
from barter.shell.zookeeper import connection
from barter.shell.zookeeper.connection import Connection
from barter.shell.zookeeper.settings import ZooKeeperSettings
from barter.shell.zookeeper.wire import Owner
from tests.integration.machine import until

SESSION_MS = 300


class ToldWire:
    """A server has the session, and a quorum confirms it when the test does."""

    def __init__(self, settings: ZooKeeperSettings, clock: LeaseClock, owner: Owner) -> None:
        self.owner, self.clock = owner, clock
        self.up, self.ended, self.closed = False, False, False
        self.asked: list[Future[None]] = []
        self.silence_ms = 0
        self.log: list[str] = []

    def connect(self, session: int) -> int:
        sent_ms = self.clock.now()
        self.up = True
        self.owner.on_connected(sent_ms, SESSION_MS, session)
        return sent_ms

    def confirm(self) -> Future[None]:
        self.asked.append(Future())
        return self.asked[-1]

    def waiting_ms(self) -> int:
        return self.silence_ms

    def said(self) -> str:
        return "h:2181 is tired"

    def start(self) -> None:
        self.log.append("start")
        self.ended = False

    def stop(self) -> None:
        self.log.append("stop")

    def cut(self) -> None:
        self.log.append("cut")

    def end_all(self) -> None:
        self.closed = True


class World:
    def __init__(self) -> None:
        self.events: list[SessionEvent] = []
        self.connection = Connection(ZooKeeperSettings(parse_url("zk://h/x"), SESSION_MS), self.events.append)
        wire = self.connection._wire
        assert isinstance(wire, ToldWire)
        self.wire: ToldWire = wire
        self.connection.start()

    def question(self, number: int) -> Future[None]:
        return until(lambda: self.wire.asked[number:])[0]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(connection, "Wire", ToldWire)
    made = World()
    yield made
    made.connection.close()


def test_a_session_opens_and_is_renewed_by_answers_alone(world: World) -> None:
    sent_ms = world.wire.connect(7)
    assert world.events == [SessionOpened(SESSION_MS, sent_ms)]
    asked = world.question(0)
    answered_ms = world.wire.clock.now()
    asked.set_result(None)
    assert isinstance(world.events[1], Renewed)
    assert sent_ms <= world.events[1].sent_ms <= answered_ms


def test_an_answer_of_an_older_session_renews_no_newer_one(world: World) -> None:
    world.wire.connect(7)
    asked = world.question(0)
    world.wire.owner.on_lost("it expired")
    world.wire.connect(8)
    asked.set_result(None)
    assert [type(event) for event in world.events] == [SessionOpened, SessionLost, SessionOpened]


def test_a_failed_renewal_renews_nothing_and_is_tried_again(world: World) -> None:
    world.wire.connect(7)
    world.question(0).set_exception(ConnectionError())
    world.question(1).set_result(None)
    assert [type(event) for event in world.events] == [SessionOpened, Renewed]


def test_another_connection_renews_nothing_until_a_quorum_has_answered(world: World) -> None:
    world.wire.connect(7)
    world.question(0).set_exception(ConnectionError())
    sent_ms = world.wire.connect(7)
    assert world.events[1:] == [Changed()]
    world.question(1).set_result(None)
    renewed = world.events[-1]
    assert isinstance(renewed, Renewed)
    assert renewed.sent_ms >= sent_ms


def test_a_session_of_which_nothing_is_heard_is_lost_and_opens_again_when_a_quorum_answers(world: World) -> None:
    world.wire.connect(7)
    late = world.question(0)
    world.wire.up = False
    lost = until(lambda: world.events[1:])[0]
    assert isinstance(lost, SessionLost)
    assert "h:2181 is tired" in lost.reason
    assert not world.connection.open
    late.set_result(None)
    sent_ms = world.wire.connect(7)
    assert len(world.events) == 2
    world.question(1).set_result(None)
    opened = world.events[2]
    assert isinstance(opened, SessionOpened)
    assert opened.sent_ms >= sent_ms


def test_a_session_is_lost_once(world: World) -> None:
    world.wire.connect(7)
    world.wire.up = False
    until(lambda: world.events[1:])
    world.wire.owner.on_lost("it expired")
    sent_ms = world.wire.connect(8)
    assert world.events[2:] == [SessionOpened(SESSION_MS, sent_ms)]


def test_a_silent_server_is_left(world: World) -> None:
    world.wire.connect(7)
    world.wire.silence_ms = SESSION_MS // 3
    until(lambda: "cut" in world.wire.log)


def test_a_client_that_gave_up_is_started_again(world: World) -> None:
    world.wire.ended = True
    until(lambda: world.wire.log[:3] == ["start", "stop", "start"])


def test_nothing_is_heard_once_it_is_closed(world: World) -> None:
    world.wire.connect(7)
    world.connection.close()
    assert world.wire.closed
    assert world.wire.log[-1] == "stop"
    world.wire.owner.on_lost("closed")
    world.wire.connect(8)
    assert world.events[1:] == []
