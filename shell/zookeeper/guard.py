"""What must be there before anything is done with an ensemble, and what must not: nothing of another's is touched."""

import asyncio
import json

from barter.core.znode_layout import (
    CANDIDATES,
    FORMAT,
    FORMAT_VERSION,
    FRAMEWORKS,
    LEADER,
    MASTERS,
    PROGRAM,
    REGISTRY,
    ROOT,
)
from barter.core.znodes import Check, Conflict, Create, Node, Operation, Unknown
from barter.shell.zookeeper.client import BlockingZooKeeper
from barter.shell.zookeeper.errors import NotAllowed
from barter.shell.zookeeper.loop import ZooKeeper
from barter.shell.zookeeper.words import Right, digest_of

_MASTERS_LEADER = f"{MASTERS}/{LEADER}"
_CHANGES = frozenset("wcda")
_OWNERS = frozenset("rwcd")
_ATTEMPTS = 5


class Refused(Exception):
    """The znodes are not as they must be; its text names the node, says why, and what to do."""

    def __init__(self, path: str, why: str, do: str) -> None:
        super().__init__(f"{path}: {why}; {do}")
        self.path = path


async def prepared(zk: ZooKeeper) -> None:
    """`prepare` in a thread; raises the same."""
    await asyncio.to_thread(prepare, zk.blocking)


def prepare(zk: BlockingZooKeeper) -> None:
    """Makes what is not there of the root and what every cluster has below it, and looks at what is.

    Raises Refused with nothing changed, and what every question raises. Others may do the same at the same time.
    """
    settings = zk.settings
    if not settings.url.credentials and not settings.insecure:
        raise Refused(
            settings.url.path,
            "without credentials everybody who reaches ZooKeeper could change it",
            "give a file with user:password as --zk-auth, or say --insecure on a network you trust",
        )
    for attempt in range(_ATTEMPTS):
        try:
            _prepare(zk)
            return
        except (Conflict, Unknown):
            # Another has made it meanwhile, or nobody knows: look again.
            if attempt == _ATTEMPTS - 1:
                raise


def _prepare(zk: BlockingZooKeeper) -> None:
    try:
        _make_parents(zk)
        root = zk.get(ROOT)
        if root is None:
            zk.commit(_fresh(with_root=True))
        else:
            _look_at_rights(zk, ROOT)
            if zk.get(FORMAT) is None:
                _be_alone(zk)
                zk.commit(_fresh(with_root=False))
        _look_at(zk)
    except NotAllowed as error:
        raise Refused(
            error.path,
            "its ACL belongs to other credentials than those given",
            "give the right user:password as --zk-auth, or choose another path",
        ) from None


def _fresh(*, with_root: bool) -> list[Operation]:
    """All or nothing, so that a root with `format` has the rest, too."""
    return [
        Create(ROOT) if with_root else Check(ROOT),
        Create(FORMAT, json.dumps({"program": PROGRAM, "format": FORMAT_VERSION}).encode()),
        Create(MASTERS),
        Create(f"{MASTERS}/{CANDIDATES}"),
        Create(_MASTERS_LEADER, json.dumps({"epoch": 0, "token": "", "addresses": {}}).encode()),
        Create(FRAMEWORKS),
    ]


def _make_parents(zk: BlockingZooKeeper) -> None:
    """Of the root: they belong to who was first, and hold nothing."""
    names = zk.settings.url.path.split("/")[1:-1]
    for depth in range(1, len(names) + 1):
        parent = "/" + "/".join(names[:depth])
        if zk.get(parent) is None:
            zk.commit([Create(parent)])


def _be_alone(zk: BlockingZooKeeper) -> None:
    """A root without `format` is used if it is empty."""
    if others := zk.children(ROOT):
        raise Refused(
            zk.settings.url.path,
            f"another program's nodes are below it, and none says they are Barter's: {', '.join(sorted(others)[:5])}",
            "choose another path in --zk",
        )
    root = zk.get(ROOT)
    if root is not None and root.data:
        raise Refused(zk.settings.url.path, "another program keeps data in it", "choose another path in --zk")


def _look_at(zk: BlockingZooKeeper) -> None:
    ours = (FORMAT, MASTERS, f"{MASTERS}/{CANDIDATES}", _MASTERS_LEADER, FRAMEWORKS)
    found = zk.get_many((*ours, REGISTRY))
    _look_at_format(zk, found[FORMAT])
    for path in ours:
        if found[path] is None:
            raise Refused(
                zk.connection.absolute(path),
                "it is not there, although the nodes beside it are: somebody has removed it",
                f"stop all masters, `barter backup` what is left, remove {zk.settings.url.path} and restore",
            )
        _look_at_rights(zk, path)
    if found[REGISTRY] is not None:
        _look_at_rights(zk, REGISTRY)
    _look_at_leader(zk, found[_MASTERS_LEADER])


def _look_at_format(zk: BlockingZooKeeper, node: Node | None) -> None:
    path = zk.connection.absolute(FORMAT)
    said = _json(path, node)
    if said.get("program") != PROGRAM:
        raise Refused(path, "it does not say that these nodes are Barter's", "choose another path in --zk")
    version = said.get("format")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise Refused(path, f"its format is {version!r}, which is none", "look who wrote it, and choose another path")
    if version > FORMAT_VERSION:
        raise Refused(
            path,
            f"its format {version} is newer than the {FORMAT_VERSION} that this version of Barter knows",
            "install the version that wrote it, or a later one",
        )


def _look_at_leader(zk: BlockingZooKeeper, node: Node | None) -> None:
    path = zk.connection.absolute(_MASTERS_LEADER)
    epoch = _json(path, node).get("epoch")
    if not isinstance(epoch, int) or isinstance(epoch, bool) or epoch < 0:
        raise Refused(path, f"its epoch is {epoch!r}, which is none", _REPAIR)


_REPAIR = (
    "stop all masters, and put back what it held: the highest epoch is in each agent's ledger and the masters' logs"
)


def _json(path: str, node: Node | None) -> dict[str, object]:
    try:
        said = json.loads(node.data if node else b"")
    except ValueError:
        said = None
    if not isinstance(said, dict):
        do = _REPAIR if path.endswith(LEADER) else "look who wrote it, and choose another path in --zk"
        raise Refused(path, "what it holds is truncated, or no JSON object", do)
    return said


def _look_at_rights(zk: BlockingZooKeeper, path: str) -> None:
    """With credentials a node that everybody may change is none of ours, or no longer; without, one that is owned."""
    credentials = zk.settings.url.credentials
    try:
        rights: tuple[Right, ...] = zk.connection.rights(path).result() or ()
    except NotAllowed:
        # Who may not even see who may: those who may are others.
        rights = ()
    is_everybodys = any(right.scheme == "world" and _CHANGES & set(right.may) for right in rights)
    if credentials and is_everybodys:
        raise Refused(
            zk.connection.absolute(path),
            "everybody may change it, although credentials are given",
            "remove it if it is empty, or set its ACL to these credentials alone (docs/zookeeper.md)",
        )
    own = digest_of(credentials) if credentials else ""
    is_own = any(right.scheme == "digest" and right.who == own and set(right.may) >= _OWNERS for right in rights)
    if not (is_own if credentials else is_everybodys):
        raise NotAllowed(zk.connection.absolute(path), "change")
