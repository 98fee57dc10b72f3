"""A state store in ZooKeeper, for a framework that is elected there."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from barter.core.candidacy import Lead
from barter.core.znode_layout import FRAMEWORKS, LEADER
from barter.core.znodes import Check, Conflict, Create, Node, SetData, Unknown
from barter.sdk.store import StateStore, StoreLost, StoreRefused
from barter.sdk.znode_state import FORMAT, Change, ZnodeState
from barter.shell.zookeeper.client import BlockingZooKeeper
from barter.shell.zookeeper.errors import NotAllowed, SessionOver, Unreachable

AnswerT = TypeVar("AnswerT")
STATE = "state"
RETRY_SECONDS = 0.02
READ_AT_ONCE = 1_000


class ZooKeeperStore(StateStore):
    """All of it is in memory, too, so that only writes wait. Each is a transaction that checks that `lead` still holds.

    Waits where ZooKeeper does not answer, for as long as `may_act` says. Raises StoreLost then, and when another leads;
    StoreRefused, naming the node, on what it cannot read.
    """

    def __init__(self, zk: BlockingZooKeeper, name: str, lead: Lead, may_act: Callable[[], bool]) -> None:
        self._zk, self._may_act = zk, may_act
        self._place = f"{FRAMEWORKS}/{name}/{STATE}"
        self._fence = Check(f"{FRAMEWORKS}/{name}/{LEADER}", lead.version)
        self._state = ZnodeState(self._place, lead.epoch)
        self._lost = ""
        self._version = self._load()
        for change in self._state.repairs():
            self._commit(change)

    def get(self, key: str) -> bytes | None:
        return self._state.values.get(key)

    def keys(self, prefix: str = "") -> list[str]:
        return sorted(key for key in self._state.values if key.startswith(prefix))

    def update(self, values: Mapping[str, bytes | None]) -> None:
        for change in self._state.update(values):
            self._commit(change)
        self._check()

    def held(self) -> bool:
        return not self._lost and self._may_act()

    def _load(self) -> int:
        """Take up what is there; return the head's version."""
        head = self._ask(lambda: self._zk.get(self._place))
        if head is None:
            first = json.dumps({"format": FORMAT, "writes": 0}).encode()
            self._ask(lambda: self._create(first))
            head = Node(first, 0)
        names = self._ask(lambda: self._zk.children(self._place))
        nodes: dict[str, bytes] = {}
        for start in range(0, len(names), READ_AT_ONCE):
            nodes.update(self._read(names[start : start + READ_AT_ONCE]))
        try:
            self._state.load(head.data, nodes)
        except StoreRefused as error:
            do = f"look who wrote it; a backup can be restored once {self._zk.connection.absolute(self._place)} is gone"
            raise StoreRefused(self._zk.connection.absolute(error.where), f"{error.why}; {do}") from None
        return head.version

    def _create(self, first: bytes) -> None:
        try:
            self._zk.commit((self._fence, Create(self._place, first)))
        except (Conflict, Unknown) as error:
            found = self._zk.get(self._place)
            if found is None and isinstance(error, Unknown):
                raise Unreachable(str(error)) from None
            if found is None or found.data != first:
                raise self._lose(str(error)) from None

    def _read(self, names: Sequence[str]) -> Mapping[str, bytes]:
        found = self._ask(lambda: self._zk.get_many([f"{self._place}/{name}" for name in names]))
        return {path.rpartition("/")[2]: node.data for path, node in found.items() if node is not None}

    def _commit(self, change: Change) -> None:
        """Whatever becomes of the connection meanwhile; the head tells whether it has happened."""
        head = SetData(self._place, change.head, self._version)
        operations = (self._fence, head, *change.operations)

        def commit() -> None:
            try:
                self._zk.commit(operations)
            except (Conflict, Unknown) as error:
                found = self._zk.get(self._place)
                if found is not None and found.data == change.head:
                    return
                if isinstance(error, Conflict):
                    raise self._lose(str(error)) from None
                raise Unreachable(str(error)) from None

        self._ask(commit)
        self._version += 1

    def _ask(self, question: Callable[[], AnswerT]) -> AnswerT:
        """Its answer, however often the connection is lost; raises StoreLost."""
        while True:
            self._check()
            try:
                return question()
            except Unreachable:
                time.sleep(RETRY_SECONDS)
            except (SessionOver, NotAllowed) as error:
                raise self._lose(str(error)) from None

    def _check(self) -> None:
        if self._lost:
            raise StoreLost(self._lost)
        if not self._may_act():
            raise self._lose("this process leads no more, or ZooKeeper has not answered for too long")

    def _lose(self, why: str) -> StoreLost:
        self._lost = why
        return StoreLost(why)
