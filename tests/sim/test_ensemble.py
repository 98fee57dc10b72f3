"""The model of ZooKeeper as a client sees it: sessions, watches, writes of which nobody knows, servers that fail."""

from barter.core import candidacy
from barter.core.znodes import Conflict, Create, SetData, Unknown
from barter.tools.sim.clock import DriftingClock
from barter.tools.sim.ensemble import Ensemble
from barter.tools.sim.network import Network
from barter.tools.sim.quorum import NOTICED_US, SERVERS
from barter.tools.sim.world import World
from barter.tools.sim.zookeeper import Client
from barter.tools.sim.zookeeper_wire import Commit, Question, Read, Result

SECOND = 1_000_000
TIMEOUT_MS = 6_000


class Home:
    """A process that is always there."""

    def __init__(self, world: World, host: str) -> None:
        self.world, self.host, self.clock = world, host, DriftingClock(world)

    def within_life(self, call):  # type: ignore[no-untyped-def]
        return call


class Scene:
    def __init__(self, clients: int = 1) -> None:
        self.world = World(1)
        self.network = Network(self.world)
        self.ensemble = Ensemble(self.world, self.network)
        self.heard: list[list[candidacy.Event]] = [[] for _ in range(clients)]
        self.clients = [
            Client(Home(self.world, f"h{number}"), self.network, self.ensemble, TIMEOUT_MS, heard.append)
            for number, heard in enumerate(self.heard)
        ]
        for client in self.clients:
            client.start()
        self.go(1)

    def go(self, seconds: float) -> None:
        self.world.run_until(self.world.now_us + int(seconds * SECOND))

    def ask(self, question: Question, client: int = 0, seconds: float = 1) -> Result | Unknown:
        answers: list[Result | Unknown] = []
        self.clients[client].ask(question, answers.append)
        self.go(seconds)
        return answers[0]

    def kinds(self, client: int = 0) -> list[str]:
        return [type(event).__name__ for event in self.heard[client] if not isinstance(event, candidacy.Renewed)]

    def cut(self, client: int) -> None:
        for server in SERVERS:
            self.network.cut(f"h{client}", server)
            self.network.cut(server, f"h{client}")

    def mend(self, client: int) -> None:
        for server in SERVERS:
            self.network.mend(f"h{client}", server)
            self.network.mend(server, f"h{client}")

    def renewed_ms(self, client: int = 0) -> int:
        return max(event.sent_ms for event in self.heard[client] if isinstance(event, candidacy.Renewed))


NODE = Commit((Create("n", b"0"),))


def test_a_session_lives_as_long_as_its_client_and_takes_its_nodes_along() -> None:
    scene = Scene(2)
    scene.ask(Commit((Create("mine", ephemeral=True),)))
    scene.go(60)
    assert scene.kinds() == ["SessionOpened"]
    scene.ask(Read(("mine",), watch=True), client=1)
    scene.cut(0)
    scene.go(TIMEOUT_MS / 1000 - 2)
    assert scene.ensemble.tree.get("mine") is not None
    scene.go(3)
    assert scene.ensemble.tree.get("mine") is None
    assert scene.kinds(1) == ["SessionOpened", "Changed"]
    assert scene.kinds() == ["SessionOpened"]
    scene.mend(0)
    scene.go(10)
    assert scene.kinds() == ["SessionOpened", "SessionLost", "SessionOpened"]


def test_a_short_cut_costs_no_session_and_the_lease_counts_from_what_was_sent() -> None:
    scene = Scene()
    scene.cut(0)
    at_ms = scene.clients[0]._home.clock.now()
    scene.go(3)
    assert scene.renewed_ms() <= at_ms
    scene.mend(0)
    scene.go(3)
    assert scene.renewed_ms() > at_ms
    assert "SessionLost" not in scene.kinds()


def test_an_answer_that_is_lost_leaves_it_open_whether_it_was_done() -> None:
    for done in (True, False):
        scene = Scene()
        scene.ensemble.loses["h0"] = done
        assert isinstance(scene.ask(NODE), Unknown)
        assert (scene.ensemble.tree.get("n") is not None) is done
        again = scene.ask(NODE)
        assert isinstance(again, Conflict) is done
        assert scene.kinds() == ["SessionOpened", "Changed"]


def test_a_request_of_a_connection_that_was_left_is_not_done() -> None:
    scene = Scene()
    scene.network.cut("h0", SERVERS[0])
    scene.network.cut("h0", SERVERS[1])
    scene.network.cut("h0", SERVERS[2])
    answers: list[Result | Unknown] = []
    scene.clients[0].ask(NODE, answers.append)
    scene.clients[0]._lose()
    scene.go(0.5)
    for server in SERVERS:
        scene.network.mend("h0", server)
    scene.go(5)
    assert isinstance(answers[0], Unknown)
    assert scene.clients[0].connected
    assert scene.ensemble.tree.get("n") is None


def test_the_loss_of_a_server_is_the_loss_of_a_connection_and_no_more() -> None:
    for lose in (Ensemble.crash, lambda ensemble, name: ensemble.hang(name, 30 * SECOND)):
        scene = Scene()
        end = scene.clients[0]._end
        assert end is not None
        lose(scene.ensemble, end.there)
        scene.go(8)
        assert "SessionLost" not in scene.kinds()
        assert not isinstance(scene.ask(NODE), Unknown | Conflict)


def test_without_a_majority_nobody_is_served_and_no_session_ends() -> None:
    scene = Scene(2)
    scene.ask(Commit((Create("mine", ephemeral=True),)))
    scene.clients[0].drop()
    for name in SERVERS[:2]:
        scene.ensemble.crash(name)
    scene.go(60)
    assert not scene.ensemble.serves
    assert not scene.clients[1].connected
    assert scene.ensemble.tree.get("mine") is not None
    scene.ensemble.start(SERVERS[0])
    scene.go(3)
    assert scene.ensemble.serves
    assert scene.clients[1].connected
    assert scene.ensemble.tree.get("mine") is not None
    scene.go(TIMEOUT_MS / 1000)
    assert scene.ensemble.tree.get("mine") is None
    assert scene.kinds(1).count("SessionLost") == 0


def test_a_leader_that_hangs_for_a_moment_is_kept_and_longer_is_followed_by_another() -> None:
    scene = Scene()
    scene.ensemble.hang(SERVERS[0], NOTICED_US[0] // 2)
    scene.go(5)
    assert scene.ensemble.leader == SERVERS[0]
    scene.ensemble.hang(SERVERS[0], 30 * SECOND)
    scene.go(10)
    assert scene.ensemble.leader in SERVERS[1:]
    assert not isinstance(scene.ask(NODE), Unknown)


def test_watches_fire_once_or_never() -> None:
    scene = Scene(2)
    scene.ask(NODE)
    for version, lost in enumerate((False, True)):
        scene.ask(Read(("n",), watch=True), client=1)
        scene.ensemble.loses_watches = int(lost)
        scene.ask(Commit((SetData("n", b"1", 2 * version),)))
        scene.ask(Commit((SetData("n", b"1", 2 * version + 1),)))
        assert scene.kinds(1) == ["SessionOpened", "Changed"]


def test_a_server_that_lags_shows_what_was_and_answers_writes_late() -> None:
    scene = Scene()
    scene.ask(NODE)
    end = scene.clients[0]._end
    assert end is not None
    if scene.ensemble.leader == end.there:
        scene.ensemble.leader = next(name for name in SERVERS if name != end.there)
    scene.ensemble.lag(end.there)
    answers: list[Result | Unknown] = []
    scene.clients[0].ask(Commit((SetData("n", b"1"),)), answers.append)
    found = scene.ask(Read(("n",)))
    assert isinstance(found, dict)
    assert (found["n"].data, answers) == (b"0", [])
    now = scene.ensemble.tree.get("n")
    assert now is not None
    assert now.data == b"1"
    scene.ensemble.catch_up(end.there)
    scene.go(1)
    assert len(answers) == 1


def test_a_clock_of_servers_that_is_fast_ends_sessions_sooner() -> None:
    scene = Scene()
    scene.ask(Commit((Create("mine", ephemeral=True),)))
    scene.ensemble.clock.drift(50_000)
    scene.cut(0)
    scene.go(TIMEOUT_MS / 1000 * 0.98)
    assert scene.ensemble.tree.get("mine") is None


def test_an_end_of_a_session_is_the_end_of_its_connection() -> None:
    scene = Scene()
    end = scene.clients[0]._end
    assert end is not None
    assert scene.ensemble.hears(end)
    scene.ensemble._end(scene.ensemble.sessions[scene.clients[0].session])
    assert not scene.ensemble.hears(end)
    renewed_ms = scene.renewed_ms()
    scene.go(0.5)
    assert scene.kinds() == ["SessionOpened", "SessionLost", "SessionOpened"]
    assert scene.renewed_ms() == renewed_ms


def test_a_goodbye_ends_the_session_at_once() -> None:
    scene = Scene()
    scene.ask(Commit((Create("mine", ephemeral=True),)))
    scene.clients[0].close()
    scene.go(0.1)
    assert scene.ensemble.tree.get("mine") is None
