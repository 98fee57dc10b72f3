"""What only a registry that others can reach has to bear: a leader of before, lost answers, damaged znodes."""

import asyncio
from collections.abc import Iterator
from random import Random

import pytest

from barter.core.ids import AgentId
from barter.core.znodes import Create, Delete, Node, Operation, SetData
from barter.master import registry_draft
from barter.master.facts import AgentAdmitted, AgentLeft
from barter.master.registry import NoLongerLeader, UnusableRegistry
from barter.master.shell.zookeeper_backup import read_contents
from barter.master.shell.zookeeper_registry import ZooKeeperRegistry, read_shards
from barter.shell.zookeeper.loop import ZooKeeper
from tests.campaign.proxy import Proxy
from tests.integration.zookeeper import ZooKeeperServer, require_zookeeper
from tests.master.registry_stores import Loop, Znodes
from tests.master.world import A1, A2, agent


@pytest.fixture(scope="module")
def server() -> Iterator[ZooKeeperServer]:
    require_zookeeper()
    with ZooKeeperServer() as server:
        yield server


@pytest.fixture(scope="module")
def wait() -> Iterator[Loop]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def store(server: ZooKeeperServer, wait: Loop) -> Iterator[Znodes]:
    store = Znodes(server.address, wait)
    yield store
    store.close()


@pytest.fixture
def proxy(server: ZooKeeperServer, wait: Loop) -> Iterator[Proxy]:
    proxy = wait(Proxy(server.address).start())
    yield proxy
    wait(proxy.stop())


@pytest.fixture
def away(store: Znodes, proxy: Proxy, wait: Loop) -> Iterator[ZooKeeper]:
    """A session through the proxy."""
    zk = store.connect(proxy.address)
    yield zk
    wait(zk.close())


def agents(store: Znodes, wait: Loop) -> list[AgentId]:
    registry = store.open()
    return [each.agent_id for each in wait(registry.start("abc123")).agents]


def version(store: Znodes, wait: Loop, path: str = "registry") -> int:
    node = wait(store.zk.get(path))
    assert node is not None
    return node.version


async def watched(zk: ZooKeeper, path: str) -> asyncio.Event:
    """Set once the node changes."""
    changed = asyncio.Event()
    await zk.watch_data(path, changed.set)
    return changed


def test_who_led_before_writes_nothing_more(store: Znodes, wait: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_draft, "MOST", 1)
    before = store.open()
    wait(before.start("abc123"))
    wait(before.commit([AgentAdmitted(agent(A1))]))
    after = store.open()
    wait(after.start("abc123"))
    for _ in range(2):
        with pytest.raises(NoLongerLeader, match=r"another has taken the lead; what was to be written is not there"):
            wait(before.commit([AgentAdmitted(agent(A2)), AgentLeft(A1)]))
    wait(after.commit([AgentAdmitted(agent(AgentId("a3")))]))
    assert agents(store, wait) == ["a1", "a3"]


def test_who_leads_no_more_founds_no_registry(store: Znodes, wait: Loop) -> None:
    before, after = store.open(), store.open()
    with pytest.raises(NoLongerLeader):
        wait(before.start("abc123"))
    assert wait(store.zk.get("registry")) is None
    assert wait(after.start("other1")).cluster_id == "other1"


def test_a_write_whose_answer_was_lost_is_found_and_not_repeated(
    store: Znodes, proxy: Proxy, away: ZooKeeper, wait: Loop
) -> None:
    registry = store.open(away)
    wait(registry.start("abc123"))
    before = version(store, wait)

    async def commit_without_answer() -> None:
        proxy.back.clear()
        written = await watched(store.zk, "registry")
        writing = asyncio.ensure_future(registry.commit([AgentAdmitted(agent(A1))]))
        await written.wait()
        assert not writing.done()
        proxy.cut()
        proxy.heal()
        await writing

    wait(commit_without_answer())
    wait(registry.commit([AgentAdmitted(agent(A2))]))
    assert version(store, wait) == before + 2
    assert agents(store, wait) == ["a1", "a2"]


def test_a_write_that_did_not_arrive_is_repeated(store: Znodes, proxy: Proxy, away: ZooKeeper, wait: Loop) -> None:
    registry = store.open(away)
    wait(registry.start("abc123"))
    before = version(store, wait)

    async def commit_into_nowhere() -> None:
        proxy.forth.clear()
        writing = asyncio.ensure_future(registry.commit([AgentAdmitted(agent(A1))]))
        await asyncio.sleep(0)
        proxy.cut()
        await asyncio.sleep(0)
        assert not writing.done()
        proxy.heal()
        await writing

    wait(commit_into_nowhere())
    assert version(store, wait) == before + 1
    assert agents(store, wait) == ["a1"]


def test_whatever_the_connection_does_each_batch_is_there_once(
    store: Znodes, proxy: Proxy, away: ZooKeeper, wait: Loop
) -> None:
    registry, random = store.open(away), Random(7)
    wait(registry.start("abc123"))
    before = version(store, wait)

    async def commit(number: int) -> None:
        if random.random() < 0.5:
            (proxy.back if random.random() < 0.5 else proxy.forth).clear()
        writing = asyncio.ensure_future(registry.commit([AgentAdmitted(agent(AgentId(f"a{number}")))]))
        for _ in range(random.randrange(40)):
            await asyncio.sleep(0)
        proxy.cut()
        proxy.heal()
        await writing

    for number in range(12):
        wait(commit(number))
    assert version(store, wait) == before + 12
    assert len(agents(store, wait)) == 12


def test_an_answer_that_was_lost_for_a_write_of_another_leader_is_not_taken_for_it(
    store: Znodes, proxy: Proxy, away: ZooKeeper, wait: Loop
) -> None:
    registry = store.open(away)
    wait(registry.start("abc123"))

    async def overtaken() -> None:
        proxy.forth.clear()
        writing = asyncio.ensure_future(registry.commit([AgentAdmitted(agent(A1))]))
        await asyncio.sleep(0)
        next_one = ZooKeeperRegistry(store.zk, await store.take_lead())
        await next_one.start("abc123")
        await next_one.commit([AgentAdmitted(agent(A2))])
        proxy.cut()
        proxy.heal()
        with pytest.raises(NoLongerLeader):
            await writing

    wait(overtaken())
    assert agents(store, wait) == ["a2"]


def test_without_a_session_nobody_leads(store: Znodes, away: ZooKeeper, wait: Loop) -> None:
    registry = store.open(away)
    wait(registry.start("abc123"))
    wait(away.close())
    with pytest.raises(NoLongerLeader, match="the session with ZooKeeper is over"):
        wait(registry.commit([AgentAdmitted(agent(A1))]))


def test_a_shard_that_somebody_else_changed_is_not_written_over(store: Znodes, wait: Loop) -> None:
    registry = store.open()
    wait(registry.start("abc123"))
    wait(registry.commit([AgentAdmitted(agent(A1))]))
    wait(store.zk.commit([SetData("registry/agent/0", b"mine")]))
    with pytest.raises(UnusableRegistry, match=r"registry/agent/0: somebody else has changed it"):
        wait(registry.commit([AgentAdmitted(agent(A2))]))
    assert wait(store.zk.get("registry/agent/0")) == Node(b"mine", 1)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (SetData("registry/agent/0", b""), "registry/agent/0 is damaged: 0 bytes"),
        (SetData("registry/agent/0", b"BRG\2" + b"\0" * 30), "registry/agent/0 has shard format 2"),
        (SetData("registry", b"other"), "registry does not say what it is"),
        (SetData("registry", b'{"format": 9, "cluster": "abc123"}'), "registry has registry format 9"),
        (Create("registry/agent/notes", b""), "registry/agent/notes is no part of a registry"),
        (Create("registry/new", b""), "registry/new is no part of a registry"),
        (Delete("registry/volume"), "registry/volume is not there"),
    ],
    ids=lambda value: value.path if isinstance(value, SetData | Create | Delete) else None,
)
def test_what_cannot_be_read_is_refused_by_its_name_and_stays(
    store: Znodes, wait: Loop, change: Operation, problem: str
) -> None:
    registry = store.open()
    wait(registry.start("abc123"))
    wait(registry.commit([AgentAdmitted(agent(A1))]))
    wait(store.zk.commit([change]))
    before = wait(everything(store.zk))
    with pytest.raises(UnusableRegistry, match=problem):
        wait(store.open().start("abc123"))
    with pytest.raises(UnusableRegistry, match=problem):
        read_contents(store.zk.blocking)
    assert wait(everything(store.zk)) == before


def test_a_newer_version_is_named_not_the_nodes_that_it_has_added(store: Znodes, wait: Loop) -> None:
    wait(store.open().start("abc123"))
    newer = SetData("registry", b'{"format": 9, "cluster": "abc123"}')
    wait(store.zk.commit([newer, Create("registry/new")]))
    with pytest.raises(UnusableRegistry, match="registry has registry format 9"):
        wait(store.open().start("abc123"))


async def everything(zk: ZooKeeper) -> dict[str, Node | None]:
    kinds = [f"registry/{kind}" for kind in await zk.children("registry")]
    below = [f"{kind}/{number}" for kind in kinds for number in await zk.children(kind)]
    return await zk.get_many(["registry", *kinds, *below])


def test_its_nodes_are_nobody_elses_to_read(store: Znodes, wait: Loop) -> None:
    registry = store.open()
    wait(registry.start("abc123"))
    wait(registry.commit([AgentAdmitted(agent(A1))]))
    for path in ("registry", "registry/agent", "registry/agent/0"):
        rights = store.zk.connection.rights(path).result() or ()
        assert [each.scheme for each in rights] == ["digest"]
    assert "registry/agent/0" in wait(read_shards(store.zk))
