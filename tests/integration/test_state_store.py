"""All stores of state keep the same promises: in memory, SQLite, and a real ZooKeeper."""

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barter.core.candidacy import Lead
from barter.core.candidate_nodes import leader_bytes
from barter.core.znodes import Create, Operation, SetData, Unknown
from barter.core.zookeeper_url import parse_url
from barter.sdk import Elected, FrameworkInfo, MasterDriver, MemoryStore, Scheduler, SqliteStore, StateStore
from barter.sdk.shell.zookeeper_store import ZooKeeperStore
from barter.sdk.store import StoreLost, StoreRefused
from barter.shell.zookeeper.client import BlockingZooKeeper
from barter.shell.zookeeper.errors import Unreachable
from barter.shell.zookeeper.guard import prepare
from barter.shell.zookeeper.settings import ZooKeeperSettings
from tests.integration.zookeeper import ZooKeeperServer, require_zookeeper

pytestmark = pytest.mark.integration
Open = Callable[[], StateStore]
NUMBERS = itertools.count()


class Place:
    """Where a framework's state is kept; each leader raises the version of its leader's node."""

    def __init__(self, zk: BlockingZooKeeper) -> None:
        self.zk, self.name = zk, f"f{next(NUMBERS)}"
        self.state = f"frameworks/{self.name}/state"
        self._leader = f"frameworks/{self.name}/leader"
        zk.commit((Create(f"frameworks/{self.name}"), Create(self._leader, b"{}")))

    def open(self, zk: BlockingZooKeeper | None = None) -> ZooKeeperStore:
        node = self.zk.get(self._leader)
        assert node is not None
        lead = Lead(node.version + 1, node.version + 1, "a test says so")
        self.zk.commit((SetData(self._leader, json.dumps({"epoch": lead.epoch}).encode()),))
        return ZooKeeperStore(zk or self.zk, self.name, lead, lambda: True)

    def nodes(self) -> dict[str, bytes]:
        found = self.zk.get_many([f"{self.state}/{name}" for name in self.zk.children(self.state)])
        return {path.rpartition("/")[2]: node.data for path, node in found.items() if node is not None}


@pytest.fixture(scope="module")
def zk() -> Iterator[BlockingZooKeeper]:
    require_zookeeper()
    with ZooKeeperServer() as server, BlockingZooKeeper(ZooKeeperSettings(parse_url(server.url()))) as client:
        prepare(client)
        yield client


@pytest.fixture
def place(zk: BlockingZooKeeper) -> Place:
    return Place(zk)


@pytest.fixture(params=["memory", "sqlite", "zookeeper"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Open]:
    """Each call is a place of its own; what it returns opens that, again and again."""
    if request.param == "memory":

        def memory() -> Open:
            store = MemoryStore()
            return lambda: store

        return memory
    if request.param == "sqlite":

        def sqlite() -> Open:
            path = tmp_path / f"{next(NUMBERS)}.db"
            return lambda: SqliteStore(path)

        return sqlite
    client = request.getfixturevalue("zk")
    return lambda: Place(client).open


def all_of(store: StateStore) -> dict[str, bytes | None]:
    return {key: store.get(key) for key in store.keys("")}


LARGE = {size: Random(size).randbytes(size) for size in (511 << 10, (512 << 10) + 1, 3_000_000)}
# A server keeps its last 500 transactions in memory, and these have 128 MB of it.
TWO_PARTS = LARGE[(512 << 10) + 1]
KEYS = st.one_of(
    st.sampled_from(["service/app/web", "a", "a/b", ".", "..", "", "%2F", "zookeeper"]), st.text(max_size=5)
).filter(lambda key: not any("\ud800" <= each <= "\udfff" or each == "\0" for each in key))
UPDATE = st.dictionaries(KEYS, st.one_of(st.none(), st.binary(max_size=40)), max_size=5)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(UPDATE, st.none()), max_size=8))
def test_what_was_written_is_there_and_nothing_else(
    start: Callable[[], Open], script: list[dict[str, bytes | None] | None]
) -> None:
    """Against a dict; None opens it again."""
    open_store = start()
    store, wanted = open_store(), dict[str, bytes]()
    for values in script:
        if values is None:
            store = open_store()
        else:
            store.update(values)
            wanted = {key: value for key, value in {**wanted, **values}.items() if value is not None}
        assert all_of(store) == wanted
        assert store.keys("a") == sorted(key for key in wanted if key.startswith("a"))
        assert store.get("no such key") is None
    assert all_of(open_store()) == wanted


def test_values_of_any_size(start: Callable[[], Open]) -> None:
    open_store = start()
    store = open_store()
    store.set("empty", b"")
    store.update({"compressible": b"compress me " * 50_000, **{str(size): value for size, value in LARGE.items()}})
    kept = all_of(store)
    assert all_of(open_store()) == kept
    assert sorted(len(value or b"") for value in kept.values()) == [0, 511 << 10, (512 << 10) + 1, 600_000, 3_000_000]
    store = open_store()
    store.update({"3000000": b"small now", "empty": LARGE[3_000_000], "compressible": None})
    kept = all_of(store)
    assert all_of(open_store()) == kept
    assert (kept["3000000"], kept["empty"]) == (b"small now", LARGE[3_000_000])


def test_an_update_of_more_keys_than_a_transaction_takes(start: Callable[[], Open]) -> None:
    open_store = start()
    store = open_store()
    many: dict[str, bytes | None] = {f"launch/{number}": b"%d" % number * 20 for number in range(4_000)}
    store.update({**many, "big": TWO_PARTS})
    assert all_of(open_store()) == {**many, "big": TWO_PARTS}
    store = open_store()
    store.update(dict.fromkeys([*many, "big"]))
    assert all_of(open_store()) == {}


def test_nothing_is_left_of_what_was_deleted(place: Place) -> None:
    store = place.open()
    store.update({"a": TWO_PARTS, "b": b"b"})
    assert len(place.nodes()) == 2 + 2
    store.update({"a": None, "b": None})
    assert place.nodes() == {}


def test_who_is_fenced_off_changes_nothing(place: Place) -> None:
    first = place.open()
    first.update({"a": b"1", "big": TWO_PARTS})
    second = place.open()
    before = place.nodes()
    for values in ({"a": b"2"}, {"b": TWO_PARTS}, {"a": None, "big": None}):
        with pytest.raises(StoreLost):
            first.update(values)
        assert not first.held()
    assert place.nodes() == before
    assert (second.get("a"), second.held()) == (b"1", True)


def test_who_may_not_act_any_more_does_not_even_ask(place: Place) -> None:
    place.open()
    acting = True
    store = ZooKeeperStore(place.zk, place.name, Lead(1, 1, "as it was opened"), lambda: acting)
    store.set("a", b"1")
    acting = False
    with pytest.raises(StoreLost):
        store.set("a", b"2")
    assert place.open().get("a") == b"1"


class Doubtful(BlockingZooKeeper):
    """Its transactions have outcomes that nobody knows, done or not, and connections that are away, by a seed."""

    rng = Random(0)

    def commit(self, operations: Sequence[Operation]) -> tuple[str, ...]:
        luck = self.rng.random()
        if luck < 0.2:
            raise Unreachable("no connection")
        if luck < 0.4:
            raise Unknown("lost before it left")
        made = super().commit(operations)
        if luck < 0.7:
            raise Unknown("lost before the answer")
        return made


def test_every_write_happens_once_whatever_becomes_of_its_answer(place: Place) -> None:
    store, wanted = place.open(Doubtful.of(place.zk.connection)), dict[str, bytes | None]()
    for number in range(30):
        wanted = {"count": b"%d" % number, f"key {number}": b"x", "big": TWO_PARTS if number % 10 == 3 else b""}
        store.update(wanted)
        store.delete(f"key {number - 1}")
    assert all_of(store) == wanted
    assert all_of(place.open()) == wanted


def test_a_process_that_dies_in_an_update_leaves_all_of_it_or_nothing(place: Place) -> None:
    class Mortal(BlockingZooKeeper):
        left = 0

        def commit(self, operations: Sequence[Operation]) -> tuple[str, ...]:
            self.left -= 1
            if self.left < 0:
                raise SystemExit("killed")
            return super().commit(operations)

    place.open().update({"a": b"before", "big": b"before"})
    seen = 0
    while True:
        mortal = Mortal.of(place.zk.connection)
        store = place.open(mortal)
        mortal.left = seen
        try:
            store.update({"a": None, "big": TWO_PARTS})
        except SystemExit:
            assert all_of(place.open()) == {"a": b"before", "big": b"before"}
            assert sorted(place.nodes()) == ["key-a", "key-big"]
            seen += 1
        else:
            break
    # The parts, then the switch.
    assert seen == 2
    assert all_of(place.open()) == {"big": TWO_PARTS}


@pytest.mark.parametrize("node", ["", "/key-a", "/part-"])
def test_what_is_damaged_or_of_the_future_is_refused_and_stays(place: Place, node: str) -> None:
    store = place.open()
    store.update({"a": b"1", "big": TWO_PARTS})
    name = next((each for each in place.nodes() if node and f"/{each}".startswith(node)), "")
    path = f"{place.state}/{name}".rstrip("/")
    whole = place.zk.get(path)
    assert whole is not None
    for data in (b"", whole.data[: len(whole.data) // 2], whole.data.replace(b"1", b"9", 1)):
        place.zk.commit((SetData(path, data),))
        with pytest.raises(StoreRefused, match=path):
            place.open()
        left = place.zk.get(path)
        assert left is not None
        assert left.data == data


def test_a_framework_whose_state_is_damaged_does_not_begin(place: Place) -> None:
    place.open().set("a", b"1")
    path = f"{place.state}/key-a"
    place.zk.commit((SetData(path, b"barter 2 plain from the future"),))

    def make(store: StateStore) -> MasterDriver:
        raise AssertionError("it has no state to begin with")

    async def serve() -> tuple[int, str]:
        elected = Elected(place.zk.settings, place.name, make)
        return await asyncio.wait_for(elected.serve(), 20), elected.last_words

    place.zk.commit((SetData(f"frameworks/{place.name}/leader", leader_bytes(0, "", {})),))
    place.zk.commit((Create(f"frameworks/{place.name}/candidates"),))
    code, words = asyncio.run(serve())
    assert code == 1
    assert words.startswith(f"{place.zk.connection.absolute(path)}: it has format 2, and this version reads up to 1; ")


@pytest.mark.parametrize("name", ["", "a/b", "..", "a b"])
def test_a_name_that_is_no_znode_is_refused(zk: BlockingZooKeeper, name: str) -> None:
    async def make() -> None:
        Elected(zk.settings, name, lambda store: MasterDriver(Scheduler(), FrameworkInfo("f"), "127.0.0.1:1"))

    with pytest.raises(ValueError, match="is no name for a framework"):
        asyncio.run(make())
