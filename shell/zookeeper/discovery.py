"""Where the masters are, as ZooKeeper knows it: read once, or followed as they come and go. Needs no credentials."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from barter.core.candidate_nodes import Unreadable, candidate_of, leader_of
from barter.core.route import MastersAre
from barter.core.znode_layout import CANDIDATES, LEADER, MASTERS
from barter.core.znodes import Node
from barter.core.zookeeper_url import ZooKeeperTls, parse_url
from barter.shell.log import logger
from barter.shell.zookeeper.client import BlockingZooKeeper
from barter.shell.zookeeper.errors import NotAllowed, SessionOver, Unreachable
from barter.shell.zookeeper.loop import ZooKeeper
from barter.shell.zookeeper.settings import ZooKeeperSettings, tls_context

LOG = logger("discovery")
LEADER_PATH, CANDIDATES_PATH = f"{MASTERS}/{LEADER}", f"{MASTERS}/{CANDIDATES}"
FIRST_SECONDS, AGAIN_SECONDS = 2.0, 1.0
ONCE_SESSION_MS = 4_000
PROTOCOL = "grpc"
_TROUBLE = (Unreachable, SessionOver, NotAllowed, Unreadable)


class NoMasters(Exception):
    """ZooKeeper does not answer, or no master is enlisted there; the text says what to do."""


def settings_of(masters: str, tls: ZooKeeperTls | None = None) -> ZooKeeperSettings:
    """For a ZooKeeper URL, whose credentials are left out. Raises ValueError on what is none, and for TLS files."""
    tls = tls or ZooKeeperTls()
    settings = ZooKeeperSettings(replace(parse_url(masters), credentials=""), ca=tls.ca, cert=tls.cert, key=tls.key)
    tls_context(settings)
    return settings


def read_once(settings: ZooKeeperSettings) -> MastersAre:
    """For a program that asks once and ends. Raises NoMasters."""
    try:
        with BlockingZooKeeper(replace(settings, session_ms=ONCE_SESSION_MS), lease=False) as zk:
            names = zk.children(CANDIDATES_PATH)
            found = _masters(zk.get(LEADER_PATH), zk.get_many(_paths(names)))
    except _TROUBLE as error:
        raise NoMasters(f"{settings.url} does not tell where the masters are: {error}") from None
    if not found.addresses:
        raise NoMasters(none_enlisted(settings))
    return found


async def follow(settings: ZooKeeperSettings, tell: Callable[[MastersAre], object]) -> None:
    """Tell of the masters there are, and anew with each change; until cancelled. What goes wrong is tried again."""
    zk, changed, said = ZooKeeper(settings, lease=False), asyncio.Event(), ""
    await zk.start()
    try:
        with contextlib.suppress(Unreachable):
            await zk.opened(FIRST_SECONDS)
        while True:
            changed.clear()
            try:
                found = await _look(zk, changed)
            except _TROUBLE as error:
                trouble = f"{settings.url} does not tell where the masters are: {error}; trying until it does"
                said = _say_once(said, trouble)
                await asyncio.sleep(AGAIN_SECONDS * (0.5 + random.random()))
                continue
            said = _say_once(said, "" if found.addresses else f"{none_enlisted(settings)}; waiting for one")
            tell(replace(found, jitter=random.randrange(1000)))
            await changed.wait()
    finally:
        await zk.close()


def none_enlisted(settings: ZooKeeperSettings) -> str:
    return (
        f"no master is enlisted in {settings.url}: is that the cluster's path? "
        f"`barter start master --zk {settings.url}` starts one"
    )


async def _look(zk: ZooKeeper, changed: asyncio.Event) -> MastersAre:
    await zk.watch_data(LEADER_PATH, changed.set)
    names = await zk.watch_children(CANDIDATES_PATH, changed.set)
    return _masters(await zk.get(LEADER_PATH), await zk.get_many(_paths(names)))


def _paths(names: Iterable[str]) -> list[str]:
    """Those first in the queue first."""
    return [f"{CANDIDATES_PATH}/{name}" for name in sorted(names, key=lambda name: name[-10:])]


def _masters(leader: Node | None, candidates: Mapping[str, Node | None]) -> MastersAre:
    """A leader whose candidate's node is gone leads no more. Raises Unreadable on a leader's node that is."""
    addresses: dict[str, str] = {}
    for path, node in candidates.items():
        if node is not None:
            try:
                candidate = candidate_of(path, node.data)
            except Unreadable as error:
                LOG.warning("a candidate is left out", reason=str(error))
                continue
            if address := candidate.addresses.get(PROTOCOL):
                addresses[candidate.token] = address
    told = leader_of(LEADER_PATH, leader.data, leader.version) if leader is not None else None
    if told is None or told.token not in addresses:
        return MastersAre(tuple(dict.fromkeys(addresses.values())))
    first = addresses[told.token]
    return MastersAre(tuple(dict.fromkeys((first, *addresses.values()))), first, told.epoch)


def _say_once(said: str, trouble: str) -> str:
    if trouble and trouble != said:
        LOG.warning(trouble)
    return trouble
