"""What is made of an empty ensemble, and what is refused: another's nodes, others' rights, broken and newer ones."""

import hashlib
import itertools
import json
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from barter.core.znodes import Create, Delete, Node, Operation, SetData
from barter.core.zookeeper_url import parse_url
from barter.shell.zookeeper.client import BlockingZooKeeper
from barter.shell.zookeeper.guard import Refused, prepare
from barter.shell.zookeeper.settings import ZooKeeperSettings
from barter.shell.zookeeper.words import Right
from tests.integration.machine import until
from tests.integration.zookeeper import ZooKeeperServer, require_zookeeper

pytestmark = pytest.mark.integration
_paths = itertools.count()
NODES = ("", "format", "masters", "masters/candidates", "masters/leader", "frameworks")
OWNER = Right("digest", f"barter:{b64encode(hashlib.sha1(b'barter:secret').digest()).decode()}", "rwcda")
WORLD = Right("world", "anyone", "r")


@pytest.fixture(scope="module")
def server() -> Iterator[ZooKeeperServer]:
    require_zookeeper()
    with ZooKeeperServer() as running:
        yield running


@pytest.fixture
def path() -> str:
    return f"/t{next(_paths)}"


def client(
    server: ZooKeeperServer, path: str, credentials: str = "barter:secret", *, insecure: bool = False
) -> BlockingZooKeeper:
    url = parse_url(server.url(path, credentials))
    return BlockingZooKeeper(ZooKeeperSettings(url, 4_000, insecure=insecure), lease=False)


def refusal(
    server: ZooKeeperServer, path: str, credentials: str = "barter:secret", *, insecure: bool = False
) -> Refused:
    """Also: nothing that was there has changed."""
    before = dump(server, path)
    with client(server, path, credentials, insecure=insecure) as zk, pytest.raises(Refused) as refused:
        prepare(zk)
    assert dump(server, path) == before
    assert "secret" not in str(refused.value)
    return refused.value


def dump(server: ZooKeeperServer, path: str) -> dict[str, tuple[Node | None, object]]:
    """Every node from the root on, and who may what, as its owner sees it."""
    found: dict[str, tuple[Node | None, object]] = {}
    with client(server, path) as zk:
        waiting = [""]
        while waiting:
            node = waiting.pop()
            found[node] = zk.get(node), zk.connection.rights(node).result()
            waiting += [f"{node}/{child}".lstrip("/") for child in zk.children(node)]
    return found


def make(server: ZooKeeperServer, path: str, *operations: Operation, insecure: bool = False) -> None:
    with client(server, path, "" if insecure else "barter:secret", insecure=insecure) as zk:
        zk.commit(operations)


def prepared(server: ZooKeeperServer, path: str, *operations: Operation) -> None:
    """A good root, then changed."""
    with client(server, path) as zk:
        prepare(zk)
        if operations:
            zk.commit(operations)


def test_an_empty_ensemble_is_made_ready_parents_too(server: ZooKeeperServer, path: str) -> None:
    with client(server, f"{path}/deep/barter") as zk:
        prepare(zk)
        assert json.loads((zk.get("format") or Node(b"", 0)).data) == {"program": "barter", "format": 1}
        leader = zk.get("masters/leader")
        assert leader is not None
        assert json.loads(leader.data) == {"epoch": 0, "token": "", "addresses": {}}
        for node in NODES:
            assert zk.connection.rights(node).result() == (OWNER, WORLD)
        before = zk.get_many(NODES)
        prepare(zk)
        assert zk.get_many(NODES) == before


def test_two_clusters_share_an_ensemble_and_a_parent(server: ZooKeeperServer, path: str) -> None:
    with client(server, f"{path}/one") as one, client(server, f"{path}/two", "two:other") as two:
        prepare(one)
        with pytest.raises(Refused, match=f"^{path}: its ACL belongs to other"):
            prepare(two)
    with client(server, f"{path}/three") as three, client(server, f"{path}/one") as one:
        prepare(three)
        three.commit([SetData("masters/leader", b"3")])
        assert one.get("masters/leader") != three.get("masters/leader")


def test_masters_that_start_together_all_succeed(server: ZooKeeperServer, path: str) -> None:
    clients = [client(server, f"{path}/a/b") for _ in range(4)]
    try:
        for each in clients:
            each.start()
        with ThreadPoolExecutor(4) as threads:
            for done in [threads.submit(prepare, each) for each in clients]:
                done.result()
        assert sorted(clients[0].children("")) == ["format", "frameworks", "masters"]
    finally:
        for each in clients:
            each.close()


def test_no_credentials_need_insecure(server: ZooKeeperServer, path: str) -> None:
    refused = refusal(server, path, "")
    assert "--zk-auth" in str(refused)
    assert "--insecure" in str(refused)
    with client(server, path, "", insecure=True) as zk:
        prepare(zk)
        assert zk.connection.rights("masters/leader").result() == (Right("world", "anyone", "rwcda"),)


@pytest.mark.parametrize("credentials", ["barter:wrong", "other:secret"])
def test_a_wrong_password_is_refused(server: ZooKeeperServer, path: str, credentials: str) -> None:
    prepared(server, path)
    assert str(refusal(server, path, credentials)) == (
        f"{path}: its ACL belongs to other credentials than those given; "
        "give the right user:password as --zk-auth, or choose another path"
    )


def test_who_gives_no_credentials_for_what_has_an_owner_is_refused(server: ZooKeeperServer, path: str) -> None:
    prepared(server, path)
    assert str(refusal(server, path, "", insecure=True)).startswith(f"{path}: its ACL belongs to other credentials")


def test_a_world_writable_root_is_refused(server: ZooKeeperServer, path: str) -> None:
    make(server, path, Create(""), insecure=True)
    assert str(refusal(server, path)).startswith(f"{path}: everybody may change it, although credentials are given; ")


@pytest.mark.parametrize("node", ["masters/leader", "registry"])
def test_a_world_writable_node_of_ours_is_refused(server: ZooKeeperServer, path: str, node: str) -> None:
    prepared(server, path, *([Delete(node)] if node != "registry" else []))
    # The client itself makes none such.
    with client(server, path) as zk:
        transaction = zk.connection._wire._client.transaction()
        transaction.create(zk.connection.absolute(node), b'{"epoch": 0}')
        transaction.commit_async()
        until(lambda: zk.get(node))
    refused = refusal(server, path)
    assert str(refused).startswith(f"{path}/{node}: everybody may change it")


def test_another_programs_nodes_are_refused(server: ZooKeeperServer, path: str) -> None:
    make(server, path, Create(""), Create("brokers"), Create("controller"))
    refused = str(refusal(server, path))
    assert refused.startswith(f"{path}: another program's nodes are below it")
    assert "brokers, controller; choose another path in --zk" in refused


def test_another_programs_data_is_refused(server: ZooKeeperServer, path: str) -> None:
    make(server, path, Create("", b"mine"))
    assert str(refusal(server, path)) == f"{path}: another program keeps data in it; choose another path in --zk"


def test_an_empty_root_of_our_own_is_used(server: ZooKeeperServer, path: str) -> None:
    make(server, path, Create(""))
    prepared(server, path)


@pytest.mark.parametrize(
    ("node", "data", "why"),
    [
        ("format", b"", "truncated"),
        ("format", b'{"program": "barter", "for', "truncated"),
        ("format", b"\xff\xfe", "truncated"),
        ("format", b"[]", "truncated, or no JSON object"),
        ("format", b'{"program": "other", "format": 1}', "does not say that these nodes are Barter's"),
        ("format", b'{"program": "barter", "format": 2}', "newer than the 1 that this version"),
        ("format", b'{"program": "barter", "format": "1"}', "which is none"),
        ("format", b'{"program": "barter", "format": true}', "which is none"),
        ("masters/leader", b"", "truncated"),
        ("masters/leader", b'{"epoch": 4, "tok', "truncated"),
        ("masters/leader", b'{"token": ""}', "its epoch is None, which is none"),
        ("masters/leader", b'{"epoch": -1}', "its epoch is -1"),
    ],
)
def test_what_is_broken_or_from_the_future_is_refused(
    server: ZooKeeperServer, path: str, node: str, data: bytes, why: str
) -> None:
    prepared(server, path, SetData(node, data))
    refused = refusal(server, path)
    assert refused.path == f"{path}/{node}"
    assert str(refused).startswith(f"{path}/{node}: ")
    assert why in str(refused)
    assert "; " in str(refused)


def test_a_node_that_somebody_removed_is_refused(server: ZooKeeperServer, path: str) -> None:
    prepared(server, path, Delete("masters/leader"))
    assert str(refusal(server, path)).startswith(f"{path}/masters/leader: it is not there, although")
