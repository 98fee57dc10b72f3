"""The registry of a master that leads, in the simulated ZooKeeper: what is written, and whether it happened."""

from collections import deque
from collections.abc import Callable, Sequence

from barter.core.znodes import Check, Node, Transaction, Unknown
from barter.master.facts import Fact, Recovered
from barter.master.znode_registry import ROOT, Step, ZnodeRegistry
from barter.tools.sim.znode_tree import Done
from barter.tools.sim.zookeeper import Client
from barter.tools.sim.zookeeper_wire import Commit, Found, Read, Result

LONG = b"." * 8_000
"""A body here only names its value, and is as long as a large one's, so that a few rows fill a shard."""
Nothing = Callable[[], None]


class Bodies:
    """Values of the registry as bytes, and back, as long as the ensemble lives."""

    def __init__(self) -> None:
        self._values: list[object] = []

    def registry(self, fence: Check) -> ZnodeRegistry:
        return ZnodeRegistry(fence, self._body_of, self._value_of)

    def _body_of(self, kind: str, value: object) -> bytes:
        self._values.append(value)
        return b"%d" % (len(self._values) - 1) + LONG

    def _value_of(self, kind: str, body: bytes) -> object:
        return self._values[int(body.rstrip(b"."))]


class FencedRegistry:
    """Of one lead. `may_go_on` is asked before each try; `refused` hears why nothing can be written any more."""

    def __init__(
        self, client: Client, rows: ZnodeRegistry, may_go_on: Callable[[], bool], refused: Callable[[str], None]
    ) -> None:
        self._client, self._rows = client, rows
        self._may_go_on, self._refused = may_go_on, refused

    def load(self, found: Found, epoch: int, cluster_id: str, then: Callable[[Recovered], None]) -> None:
        """From what was found of it after the lead was taken; where there is none it is founded."""
        if ROOT not in found:
            founded = self._rows.found(cluster_id)
            self._try(founded, 0, lambda: then(self._rows.recovered(epoch)), None)
            return
        nodes = {path: Node(node.data, node.version) for path, node in found.items()}
        shards = {path: node for path, node in nodes.items() if path.count("/") == 2}
        self._rows.load(nodes[ROOT], shards)
        then(self._rows.recovered(epoch))

    def commit(self, facts: Sequence[Fact], happens: Nothing, then: Nothing) -> None:
        """`happens` is called as the last of it becomes true, `then` when that is known here."""
        self._next(deque(self._rows.plan(facts)), happens, then)

    def _next(self, steps: deque[Step], happens: Nothing, then: Nothing) -> None:
        if not steps:
            then()
            return
        step = steps.popleft()

        def done() -> None:
            self._rows.happened(step)
            self._next(steps, happens, then)

        self._try(step.transaction, self._rows.version + 1, done, None if steps else happens)

    def _try(self, transaction: Transaction, version: int, done: Nothing, happens: Nothing | None) -> None:
        """`version` is what the root has when it has happened."""

        def answered(result: Result | Unknown) -> None:
            if isinstance(result, Done):
                done()
            elif isinstance(result, Unknown):
                self._find_out(transaction, version, done, happens)
            else:
                self._refused(f"its write is refused: {result}")

        if self._may_go_on():
            self._client.ask(Commit(tuple(transaction.all), happens), answered)

    def _find_out(self, transaction: Transaction, version: int, done: Nothing, happens: Nothing | None) -> None:
        """Each write raises the version of the root by one: so that tells whether this one has happened."""

        def answered(result: Result | Unknown) -> None:
            if isinstance(result, Unknown):
                self._find_out(transaction, version, done, happens)
                return
            assert isinstance(result, dict)
            there = result[ROOT].version if ROOT in result else -1
            if there == version:
                done()
            elif there == version - 1:
                self._try(transaction, version, done, happens)
            else:
                self._refused(f"{ROOT} has version {there}, not {version}: another has written to it")

        if self._may_go_on():
            self._client.ask(Read((ROOT,)), answered)
