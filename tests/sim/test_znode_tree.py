"""A tree of znodes: all of a transaction, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.znodes import Check, Conflict, Create, Delete, Operation, SetData
from barter.tools.sim.znode_tree import Tree

PATHS = st.sampled_from(["a", "b", "a/x", "a/y", "a/x/z"])
VERSIONS = st.integers(-1, 2)
OPERATIONS = st.one_of(
    st.builds(Create, PATHS, st.just(b"new"), st.booleans(), st.booleans()),
    st.builds(SetData, PATHS, st.just(b"set"), VERSIONS),
    st.builds(Delete, PATHS, VERSIONS),
    st.builds(Check, PATHS, VERSIONS),
)


def whole(tree: Tree) -> list[object]:
    return [*tree.under(""), tree.owned(1), tree.owned(2)]


@given(st.lists(st.tuples(st.lists(OPERATIONS, min_size=1, max_size=5), st.integers(1, 2)), max_size=12))
def test_what_conflicts_leaves_nothing(transactions: list[tuple[list[Operation], int]]) -> None:
    tree = Tree()
    for operations, session in transactions:
        before = whole(tree)
        try:
            done = tree.apply(operations, session)
        except Conflict:
            assert whole(tree) == before
        else:
            changes = any(not isinstance(each, Check) for each in operations)
            assert bool(done.data) == changes
    for session in (1, 2):
        tree.remove(tree.owned(session))
        assert tree.owned(session) == ()


def test_versions_count_changes_and_are_checked() -> None:
    tree = Tree()
    tree.apply((Create("a", b"0"),), 0)
    tree.apply((SetData("a", b"1", 0),), 0)
    node = tree.get("a")
    assert node is not None
    assert (node.data, node.version) == (b"1", 1)
    with pytest.raises(Conflict, match="a: it has version 1, not 0"):
        tree.apply((Create("b"), SetData("a", b"2", 0)), 0)
    assert tree.get("b") is None


def test_names_of_sequential_nodes_only_grow_and_ephemeral_ones_go_with_their_session() -> None:
    tree = Tree()
    tree.apply((Create("q"),), 0)
    first, second = (tree.apply((Create("q/c-", ephemeral=True, sequence=True),), session) for session in (1, 2))
    assert (first.created, second.created) == (("q/c-0000000000",), ("q/c-0000000001",))
    gone = tree.remove(tree.owned(1))
    assert (gone.data, gone.children) == (("q/c-0000000000",), ("q",))
    assert tree.apply((Create("q/c-", sequence=True),), 3).created == ("q/c-0000000002",)
    assert tree.children("q") == ("c-0000000001", "c-0000000002")


def test_a_copy_stays_as_it_was() -> None:
    tree = Tree()
    tree.apply((Create("a"),), 0)
    old = tree.copy()
    tree.apply((Create("a/b"), SetData("a", b"new")), 0)
    assert [path for path, _ in old.under("a")] == ["a"]
    assert [path for path, _ in tree.under("a")] == ["a", "a/b"]
