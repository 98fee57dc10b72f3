"""A tree of znodes as ZooKeeper keeps it: all of a transaction happens, or nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from barter.core.znodes import ANY, Check, Conflict, Create, Delete, Operation, SetData


@dataclass(frozen=True, slots=True)
class Znode:
    """`owner` is the session that an ephemeral one goes with; `made` counts the children it ever had."""

    data: bytes
    version: int = 0
    owner: int = 0
    made: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """The nodes that were created, and whose data and whose children changed."""

    created: tuple[str, ...]
    data: tuple[str, ...]
    children: tuple[str, ...]


class Tree:
    """Paths have no slash in front; the root is the empty one."""

    def __init__(self) -> None:
        self._nodes: dict[str, Znode] = {"": Znode(b"")}
        self._below: dict[str, dict[str, None]] = {}
        self._owned: dict[int, dict[str, None]] = {}

    def copy(self) -> "Tree":
        """As it is now."""
        other = Tree()
        other._nodes = dict(self._nodes)
        other._below = {path: dict(names) for path, names in self._below.items()}
        return other

    def get(self, path: str) -> Znode | None:
        return self._nodes.get(path)

    def children(self, path: str) -> tuple[str, ...]:
        """Their names, sorted."""
        return tuple(sorted(self._below.get(path, ())))

    def under(self, path: str) -> Iterator[tuple[str, Znode]]:
        """The node and all below it, children after their parents."""
        node = self._nodes.get(path)
        if node is not None:
            yield path, node
            for name in self.children(path):
                yield from self.under(f"{path}/{name}")

    def owned(self, session: int) -> tuple[str, ...]:
        """The ephemeral nodes of a session."""
        return tuple(self._owned.get(session, ()))

    def apply(self, operations: Sequence[Operation], session: int) -> Done:
        """Raises Conflict, and nothing has happened then."""
        change = _Change()
        try:
            for operation in operations:
                self._do(operation, session, change)
        except Conflict:
            for path, node in reversed(change.undo):
                self._put(path, node)
            raise
        return Done(tuple(change.created), _once(change.data), _once(change.children))

    def remove(self, paths: Iterable[str]) -> Done:
        """Whatever their versions: what the end of a session takes with it."""
        there = [path for path in paths if path in self._nodes]
        for path in there:
            self._put(path, None)
        return Done((), tuple(there), _once(map(parent_of, there)))

    def _do(self, operation: Operation, session: int, change: "_Change") -> None:
        if isinstance(operation, Create):
            self._create(operation, session, change)
            return
        path = operation.path
        node = self._nodes.get(path)
        if node is None:
            raise Conflict(path, "it is not there")
        if operation.version not in (ANY, node.version):
            raise Conflict(path, f"it has version {node.version}, not {operation.version}")
        match operation:
            case Check():
                return
            case SetData(data=data):
                self._put(path, replace(node, data=data, version=node.version + 1))
            case Delete():
                if self._below.get(path):
                    raise Conflict(path, "it has children")
                change.children.append(parent_of(path))
                self._put(path, None)
        change.undo.append((path, node))
        change.data.append(path)

    def _create(self, operation: Create, session: int, change: "_Change") -> None:
        above = parent_of(operation.path)
        parent = self._nodes.get(above)
        if parent is None:
            raise Conflict(operation.path, f"{above} is not there")
        path = f"{operation.path}{parent.made:010d}" if operation.sequence else operation.path
        if path in self._nodes:
            raise Conflict(path, "it is there already")
        change.undo += [(above, parent), (path, None)]
        change.created.append(path)
        change.data.append(path)
        change.children.append(above)
        self._put(above, replace(parent, made=parent.made + 1))
        self._put(path, Znode(operation.data, owner=session if operation.ephemeral else 0))

    def _put(self, path: str, node: Znode | None) -> None:
        before = self._nodes.get(path)
        if before is not None and before.owner and node is None:
            self._owned[before.owner].pop(path, None)
        if node is None:
            self._nodes.pop(path, None)
            self._below.get(parent_of(path), {}).pop(path.rpartition("/")[2], None)
            return
        self._nodes[path] = node
        if node.owner:
            self._owned.setdefault(node.owner, {})[path] = None
        if path:
            self._below.setdefault(parent_of(path), {})[path.rpartition("/")[2]] = None


def parent_of(path: str) -> str:
    return path.rpartition("/")[0]


class _Change:
    """What a transaction has done so far, and how to undo it."""

    def __init__(self) -> None:
        self.undo: list[tuple[str, Znode | None]] = []
        self.created: list[str] = []
        self.data: list[str] = []
        self.children: list[str] = []


def _once(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(paths))
