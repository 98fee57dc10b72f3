"""The registry of elected masters read while they run, and filled while none does."""

from collections.abc import Sequence

from barter.core.candidate_nodes import leader_bytes, leader_of
from barter.core.znode_layout import CANDIDATES, MASTERS
from barter.core.znodes import Check, Delete, Node, Operation, SetData
from barter.master.registry import UnusableRegistry
from barter.master.registry_rows import Contents
from barter.master.shell.wire_facts import body_of, value_of
from barter.master.shell.zookeeper_registry import FENCE, check_kinds
from barter.master.znode_registry import ROOT, Meta, ZnodeRegistry
from barter.shell.zookeeper.client import BlockingZooKeeper

READINGS = 50
"""Attempts at reading all between two commits."""


class InUse(Exception):
    """There is a registry already, or masters run on it."""


def read_contents(zk: BlockingZooKeeper) -> Contents | None:
    """As they were at one moment; None where there are none.

    Raises UnusableRegistry, InUse, and what every question raises.
    """
    for _ in range(READINGS):
        meta = zk.get(ROOT)
        if meta is None:
            return None
        kinds = zk.children(ROOT)
        shards = _read_shards(zk, kinds)
        leader, after = zk.get(FENCE), zk.get(ROOT)
        if after == meta and leader is not None:
            registry = ZnodeRegistry(Check(FENCE), body_of, value_of)
            registry.load(meta, shards)
            check_kinds(kinds)
            epoch = leader_of(FENCE, leader.data, leader.version).epoch
            return Contents(registry.format, registry.cluster_id, epoch, tuple(registry.rows()))
    raise InUse(f"the registry changed while it was read, {READINGS} times: try again when less is going on")


def refill(zk: BlockingZooKeeper, contents: Contents) -> None:
    """`contents` are of this version's format; leaders have higher epochs than theirs from then on.

    Until it is through no master can use the registry, and it may be begun again. Raises InUse, UnusableRegistry, and
    what every question raises.
    """
    left = _look(zk)
    leader = zk.get(FENCE)
    if leader is None:
        raise UnusableRegistry(f"{FENCE} is not there: choose another path")
    before = leader_of(FENCE, leader.data, leader.version)
    raised = leader_bytes(max(before.epoch, contents.epoch), "", {})
    zk.commit([SetData(FENCE, raised, leader.version), *left])
    registry = ZnodeRegistry(Check(FENCE, leader.version + 1), body_of, value_of)
    zk.commit(registry.found(contents.cluster_id, restoring=True).all)
    for step in registry.refill(contents.rows):
        zk.commit(step.transaction.all)
        registry.happened(step)


def _look(zk: BlockingZooKeeper) -> list[Operation]:
    """What removes the rest of a restore that did not come to its end."""
    place = f"{MASTERS}/{CANDIDATES}"
    if candidates := zk.children(place):
        raise InUse(f"masters run on it ({place}/{min(candidates)}): stop them first")
    meta = zk.get(ROOT)
    if meta is None:
        return []
    said = Meta.from_bytes(meta.data)
    if not said.restoring:
        raise InUse(
            f"it has the registry of cluster {said.cluster_id} already: choose another path, "
            f"or back it up and remove {zk.connection.absolute(ROOT)} (zkCli.sh: deleteall)"
        )
    kinds = zk.children(ROOT)
    shards = [f"{ROOT}/{kind}/{number}" for kind in kinds for number in zk.children(f"{ROOT}/{kind}")]
    return [Delete(path) for path in (*shards, *(f"{ROOT}/{kind}" for kind in kinds), ROOT)]


def _read_shards(zk: BlockingZooKeeper, kinds: Sequence[str]) -> dict[str, Node]:
    paths = [f"{ROOT}/{kind}/{number}" for kind in kinds for number in zk.children(f"{ROOT}/{kind}")]
    return {path: node for path, node in zk.get_many(paths).items() if node is not None}
