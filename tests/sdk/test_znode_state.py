"""A state in znodes against a plain dict, over processes that end in the middle; parts and journals have few bytes."""

import json
from collections.abc import Iterator, Mapping
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barter.core.znodes import Create, Delete, Operation, SetData
from barter.sdk.store import StoreRefused
from barter.sdk.znode_state import Change, ZnodeState

PLACE = "frameworks/f/state"
EMPTY = b'{"format": 1, "writes": 0}'


class Tree:
    """Znodes that take transactions as ZooKeeper does."""

    def __init__(self) -> None:
        self.head = EMPTY
        self.nodes: dict[str, bytes] = {}
        self.sizes: list[int] = []

    def commit(self, change: Change) -> None:
        assert change.head != self.head
        self.head = change.head
        for operation in change.operations:
            self._apply(operation)
        self.sizes.append(sum(len(each.data) for each in change.operations if isinstance(each, Create | SetData)))

    def _apply(self, operation: Operation) -> None:
        place, _, name = operation.path.rpartition("/")
        assert place == PLACE
        assert (name in self.nodes) is not isinstance(operation, Create)
        match operation:
            case Create(data=data) | SetData(data=data):
                self.nodes[name] = data
            case Delete():
                del self.nodes[name]
            case _:
                raise AssertionError(operation)


def opened(tree: Tree, writer: int = 1) -> ZnodeState:
    state = ZnodeState(PLACE, writer, part_bytes=400, transaction_bytes=1_500)
    state.load(tree.head, tree.nodes)
    return state


def commit(tree: Tree, changes: Iterator[Change], at_most: int = 1_000_000) -> bool:
    """Whether all of them came about."""
    for done, change in enumerate(changes):
        if done == at_most:
            return False
        tree.commit(change)
    return True


VALUES = st.one_of(
    st.none(),
    st.binary(max_size=300),
    st.integers(0, 2**32).map(lambda seed: seed.to_bytes(5, "big") * 200),
    st.binary(min_size=401, max_size=1_700),
)
UPDATES = st.dictionaries(st.sampled_from(["a", "a/b", "ä %/..", ".", "", "k1", "k2", "k3"]), VALUES, max_size=8)


@settings(max_examples=200)
@given(st.lists(st.tuples(UPDATES, st.one_of(st.none(), st.integers(0, 12))), max_size=6))
def test_an_update_is_all_or_nothing_wherever_its_process_ends(
    script: list[tuple[dict[str, bytes | None], int | None]],
) -> None:
    tree, state, wanted = Tree(), opened(Tree()), dict[str, bytes]()
    for writer, (values, ends_after) in enumerate(script):
        after = {key: value for key, value in {**wanted, **values}.items() if value is not None}
        whole = commit(tree, state.update(values), 1_000_000 if ends_after is None else ends_after)
        if not whole:
            state = opened(tree, writer + 2)
            assert state.values in (wanted, after)
            after = dict(state.values)
            if not commit(tree, state.repairs(), ends_after or 0):
                state = opened(tree, writer + 3)
                assert state.values == after
                assert commit(tree, state.repairs())
        wanted = after
        assert state.values == wanted
        again = opened(tree)
        assert again.values == wanted
        assert list(again.repairs()) == []
    assert max(tree.sizes, default=0) <= 1_500


def test_what_is_not_used_any_more_is_not_kept() -> None:
    tree = Tree()
    state = opened(tree)
    commit(tree, state.update({"big": bytes(range(256)) * 20, "small": b"1"}))
    commit(tree, state.update({"big": b"now small"}))
    assert sorted(tree.nodes) == ["key-big", "key-small"]
    commit(tree, state.update({"big": None, "small": None}))
    assert tree.nodes == {}


def big_and_small() -> Tree:
    tree = Tree()
    state = opened(tree)
    commit(tree, state.update({"small": b"value", "big": Random(1).randbytes(900)}))
    return tree


def refusal(head: bytes, nodes: Mapping[str, bytes]) -> str:
    with pytest.raises(StoreRefused) as refused:
        ZnodeState(PLACE, 1).load(head, nodes)
    return str(refused.value)


@pytest.mark.parametrize(
    ("node", "data", "why"),
    [
        ("key-small", b"", "no value of this store"),
        ("key-small", b"barter 1 plain 00000000", "no value of this store"),
        ("key-small", b"barter 1 plain 00000000\nvalue", "checksum"),
        ("key-small", b"barter 2 plain whatever", "has format 2"),
        ("key-small", b"barter 1 part 00000000\n", "no value, but part"),
        ("key-small", b"barter 1 packed 4ddf0e2d\nvalue", "damaged"),
        ("key-small", b"barter 1 parts 00000000\n", "does not say"),
        ("alien", b"x", "no node of this store"),
    ],
)
def test_what_is_no_value_is_refused_by_name(node: str, data: bytes, why: str) -> None:
    tree = big_and_small()
    said = refusal(tree.head, {**tree.nodes, node: data})
    assert said.startswith(f"{PLACE}/{node}: ")
    assert why in said


@pytest.mark.parametrize("head", [b"", b"[]", b"{}", b'{"format": 1}', b'{"format": 2, "writes": 1}', EMPTY[:-3]])
def test_a_head_of_something_else_is_refused(head: bytes) -> None:
    assert refusal(head, {}).startswith(f"{PLACE}: ")


def test_a_truncated_node_is_refused_wherever_it_ends() -> None:
    tree = big_and_small()
    assert len([name for name in tree.nodes if name.startswith("part-")]) == 3
    for name, data in tree.nodes.items():
        for length in {0, 1, 10, len(data) // 2, len(data) - 1}:
            assert refusal(tree.head, {**tree.nodes, name: data[:length]}).startswith(f"{PLACE}/{name}: ")
        if name.startswith("part-"):
            left = {key: value for key, value in tree.nodes.items() if key != name}
            assert f"{name} beside it is missing" in refusal(tree.head, left)


def test_a_damaged_journal_is_refused() -> None:
    tree = Tree()
    state = opened(tree)
    values = {f"key {number}": bytes([number]) * 200 for number in range(20)}
    # The journal's parts, then the head that names them.
    changes = state.update(values)
    while b"journal" not in tree.head:
        tree.commit(next(changes))
    (name, *_) = json.loads(tree.head)["journal"]
    assert opened(tree).values == values
    assert name in refusal(tree.head, {**tree.nodes, name: tree.nodes[name][:-1]})
