"""The registry as znodes, against the facts in memory: what is planned, what is there after an end in the middle."""

import struct
from collections.abc import Iterable, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.ids import AgentId, FrameworkId, TaskId
from barter.core.removals import MOST_TASKS, Removals, RemovedAgent
from barter.core.znodes import Check, Create, Delete, Node, Operation, SetData
from barter.master import registry_draft
from barter.master.facts import AgentAdmitted, AgentLeft, AgentRemoved, Fact, RemovalsSet
from barter.master.registry import REMOVED, MemoryFacts, UnusableRegistry
from barter.master.registry_draft import MOST, TARGET, Draft, Mirror
from barter.master.registry_rows import Row, subject_of
from barter.master.registry_shards import from_bytes, to_bytes
from barter.master.shell.wire_facts import body_of, value_of
from barter.master.znode_registry import Meta, ZnodeRegistry
from tests.master import registry_kit as kit
from tests.master.world import agent

FENCE = Check("masters/leader", 3)
BATCHES = st.lists(st.lists(kit.FACTS, min_size=1, max_size=8), max_size=8)
SHARDS = st.dictionaries(st.text(max_size=8), st.binary(max_size=60), max_size=9)


class Nodes:
    """What ZooKeeper does with transactions."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {FENCE.path: Node(b"", FENCE.version)}

    def commit(self, operations: Sequence[Operation]) -> None:
        new = dict(self.nodes)
        for each in operations:
            match each:
                case Create(path, data):
                    assert path not in new
                    assert path == "registry" or path.rpartition("/")[0] in new
                    new[path] = Node(data, 0)
                case SetData(path, data, version):
                    assert new[path].version == version
                    new[path] = Node(data, version + 1)
                case Delete(path, version):
                    assert new.pop(path).version == version
                case Check(path, version):
                    assert new[path].version == version
        self.nodes = new

    def shards(self) -> dict[str, Node]:
        return {path: node for path, node in self.nodes.items() if path.count("/") == 2}

    def load(self) -> ZnodeRegistry:
        registry = ZnodeRegistry(FENCE, body_of, value_of)
        registry.load(self.nodes["registry"], self.shards())
        return registry

    def rows(self) -> set[Row]:
        return set(self.load().rows())


def founded() -> tuple[Nodes, ZnodeRegistry]:
    nodes, registry = Nodes(), ZnodeRegistry(FENCE, body_of, value_of)
    nodes.commit(registry.found("abc123").all)
    return nodes, registry


def commit(nodes: Nodes, registry: ZnodeRegistry, facts: Sequence[Fact]) -> int:
    """How many bytes that wrote."""
    written = 0
    for step in registry.plan(facts):
        nodes.commit(step.transaction.all)
        registry.happened(step)
        written += sum(len(each.data) for each in step.transaction.all if isinstance(each, SetData | Create))
    return written


@given(BATCHES)
def test_what_was_planned_is_read_back_as_memory_has_it(batches: list[list[Fact]]) -> None:
    (nodes, registry), memory = founded(), MemoryFacts()
    for batch in batches:
        commit(nodes, registry, batch)
        memory.commit(batch)
    expected = kit.in_order(memory.start("abc123"))
    again = nodes.load()
    assert kit.in_order(registry.recovered(1)) == kit.in_order(again.recovered(1)) == expected
    assert again.version == registry.version == nodes.nodes["registry"].version


@given(BATCHES, st.randoms(use_true_random=False))
def test_whoever_dies_in_the_middle_of_a_batch_leaves_each_subject_whole(
    batches: list[list[Fact]], random: Random
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, size in (("TARGET", 200), ("LARGE", 300), ("MOST", 400)):
            patch.setattr(registry_draft, name, size)
        nodes, registry = founded()
        for batch in batches:
            before, steps = nodes.rows(), registry.plan(batch)
            (whole, twin) = Nodes(), nodes.load()
            whole.nodes = nodes.nodes
            commit(whole, twin, batch)
            for step in steps[: random.randint(0, len(steps))]:
                nodes.commit(step.transaction.all)
            assert by_subject(nodes.rows()) <= by_subject(before) | by_subject(whole.rows())
            registry = nodes.load()


def by_subject(rows: Iterable[Row]) -> set[tuple[object, frozenset[Row]]]:
    found: dict[object, set[Row]] = {}
    for row in rows:
        found.setdefault(subject_of(row.kind, row.name), set()).add(row)
    return {(subject, frozenset(each)) for subject, each in found.items()}


def test_what_cannot_be_encoded_changes_nothing() -> None:
    nodes, registry = founded()
    with pytest.raises(AttributeError):
        registry.plan([AgentAdmitted(agent()), AgentAdmitted(None)])  # type: ignore[arg-type]
    commit(nodes, registry, [AgentAdmitted(agent())])
    assert nodes.load().recovered(1).agents == (agent(),)


def test_nothing_is_written_for_what_is_so_already() -> None:
    nodes, registry = founded()
    commit(nodes, registry, [AgentAdmitted(agent())])
    assert registry.plan([AgentAdmitted(agent()), AgentLeft(AgentId("unknown"))]) == ()


def test_many_new_agents_write_little_more_than_themselves_in_small_transactions() -> None:
    nodes, registry = founded()
    agents = [agent(AgentId(f"a{number}")) for number in range(3_000)]
    raw = sum(len(body_of("agent", each)) for each in agents)
    written = sum(
        commit(nodes, registry, list(map(AgentAdmitted, agents[at : at + 300]))) for at in range(0, 3000, 300)
    )
    assert written < raw
    shards = nodes.shards()
    assert all(len(node.data) < TARGET for node in shards.values())
    assert len(shards) < raw // TARGET * 2 + 2
    left = [step.transaction for step in registry.plan([AgentLeft(each.agent_id) for each in agents[::2]])]
    assert all(sum(len(each.data) for each in one.all if isinstance(each, SetData)) < MOST for one in left)


def test_shards_that_emptied_are_filled_again() -> None:
    nodes, registry = founded()
    for _ in range(20):
        agents = [agent(AgentId(f"a{number}")) for number in range(500)]
        commit(nodes, registry, list(map(AgentAdmitted, agents)))
        commit(nodes, registry, [AgentLeft(each.agent_id) for each in agents[1:]])
    assert len(nodes.shards()) <= 2


def test_a_row_that_grows_moves_out_of_a_full_shard() -> None:
    mirror = Mirror()
    draft = Draft(mirror)
    for name in ("x", "y", "z"):
        draft.set((REMOVED, name), b"." * (TARGET // 3 - 100))
    draft.set((REMOVED, "y"), b"." * (TARGET * 2))
    shards = draft.cut().shards
    assert [sorted(shard.entries) for shard in shards.values()] == [["x", "z"], ["y"]]


def test_of_a_removed_agents_tasks_so_many_are_kept() -> None:
    nodes, registry = founded()
    tasks = tuple((FrameworkId("abc123-1-0001"), TaskId(f"t{number}")) for number in range(MOST_TASKS + 1))
    commit(nodes, registry, [AgentRemoved(RemovedAgent(AgentId("a1"), "h", 5, "silent", tasks))])
    [kept] = nodes.load().recovered(1).removed
    assert (kept.tasks, kept.tasks_known, kept.more) == (tasks[:-1], False, True)
    long = tuple((FrameworkId("abc123-1-0001"), TaskId(f"{number:0255}")) for number in range(MOST_TASKS))
    assert len(RemovedAgent(AgentId("a1"), "h", 5, "silent", long).bounded().tasks) < MOST_TASKS // 2


def test_however_many_agents_are_excused_they_fit_into_a_node() -> None:
    random = Random(1)
    ids = tuple(AgentId(f"{random.getrandbits(1_000):0255x}") for _ in range(5_000))
    nodes, registry = founded()
    commit(nodes, registry, [RemovalsSet(Removals(excused=ids))])
    kept = nodes.load().recovered(1).removals.excused
    assert 1_000 < len(kept) < 1_100
    assert kept == ids[: len(kept)]
    assert Removals(excused=ids[:9]).bounded().excused == ids[:9]


def test_an_older_format_is_migrated_and_may_be_again_after_an_end_in_the_middle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry_draft, "MOST", 1)
    nodes, _ = founded()
    old = old_removed()
    nodes.commit([SetData("registry", Meta(1, "abc123").to_bytes(), 0)])
    nodes.commit([Create(f"registry/removed/{at}", to_bytes({f"a{at}": old})) for at in range(3)])
    registry = nodes.load()
    steps = registry.migrate()
    assert len(steps) == 3
    nodes.commit(steps[0].transaction.all)
    again = nodes.load()
    assert [step.format for step in again.migrate()] == [1, 2]
    for step in again.migrate():
        nodes.commit(step.transaction.all)
        again.happened(step)
    assert nodes.load().migrate() == again.migrate() == ()
    assert all(each.more for each in again.recovered(1).removed)


def test_an_older_format_with_nothing_to_change_gets_its_number() -> None:
    nodes, _ = founded()
    nodes.commit([SetData("registry", Meta(1, "abc123").to_bytes(), 0)])
    [step] = nodes.load().migrate()
    nodes.commit(step.transaction.all)
    assert nodes.load().migrate() == ()


def old_removed() -> bytes:
    tasks = tuple((FrameworkId("abc123-1-0001"), TaskId(f"t{number}")) for number in range(MOST_TASKS + 9))
    return body_of(REMOVED, RemovedAgent(AgentId("a1"), "h", 5, "silent", tasks))


@pytest.mark.parametrize(
    ("meta", "problem"),
    [
        (b"", "registry does not say what it is"),
        (b"[]", "registry does not say what it is"),
        (b'{"format": 3, "cluster": "abc123"}', "registry has registry format 3, this version knows up to 2"),
        (b'{"format": 0, "cluster": "abc123"}', "which there never was"),
        (Meta(2, "abc123", restoring=True).to_bytes(), "a restore did not come to its end"),
    ],
)
def test_a_registry_that_is_not_usable_is_refused(meta: bytes, problem: str) -> None:
    registry = ZnodeRegistry(FENCE, body_of, value_of)
    with pytest.raises(UnusableRegistry, match=problem):
        registry.load(Node(meta, 0), {})


def test_what_is_no_shard_of_it_is_refused() -> None:
    nodes, registry = founded()
    commit(nodes, registry, [AgentAdmitted(agent())])
    shard = nodes.nodes["registry/agent/0"]
    for path, data, problem in (
        ("registry/agent/x", shard.data, "registry/agent/x is no part of a registry"),
        ("registry/other/1", shard.data, "registry/other/1 is no part of a registry"),
        ("registry/agent/1", shard.data, "registry/agent/1 has agent a1, which another shard has, too"),
        ("registry/agent/1", to_bytes({"a9": b"\xff\xff"}), "registry/agent/1 is damaged: agent a9"),
    ):
        nodes.nodes = {"registry": nodes.nodes["registry"], "registry/agent/0": shard, path: Node(data, 0)}
        with pytest.raises(UnusableRegistry, match=problem):
            nodes.load().recovered(1)


@given(SHARDS)
def test_a_shard_is_read_as_it_was_written(entries: dict[str, bytes]) -> None:
    assert from_bytes("n", to_bytes(entries)) == entries


@pytest.mark.parametrize(
    ("written", "entries"),
    [
        ("425247010000000009cd062b1d000200000001613178", {"a1": b"x"}),
        (
            "425247010100000046d196d56e78016360626060d04834ac201230b003d573a6171dde76787e6a250c000097b61be7",
            {"a1": b"x" * 40, "größe": b"y" * 9},
        ),
    ],
)
def test_shards_that_are_out_there_stay_readable(written: str, entries: dict[str, bytes]) -> None:
    assert from_bytes("n", bytes.fromhex(written)) == entries


@given(SHARDS, st.data())
def test_a_damaged_shard_is_refused_with_its_name(entries: dict[str, bytes], data: st.DataObject) -> None:
    whole = to_bytes(entries)
    at = data.draw(st.integers(0, len(whole) - 1))
    for broken in (
        whole[:at],
        whole + whole[: at + 1],
        whole[:at] + bytes([whole[at] ^ (1 << data.draw(st.integers(0, 7)))]) + whole[at + 1 :],
    ):
        with pytest.raises(UnusableRegistry, match="registry/agent/7"):
            from_bytes("registry/agent/7", broken)


@given(st.binary(max_size=100))
def test_garbage_is_no_shard(garbage: bytes) -> None:
    with pytest.raises(UnusableRegistry, match="registry/agent/7"):
        from_bytes("registry/agent/7", b"BRG\x01" + garbage)


def test_a_shard_of_a_newer_format_says_so() -> None:
    newer = struct.pack(">3sB", b"BRG", 2) + to_bytes({"a": b"b"})[4:]
    with pytest.raises(UnusableRegistry, match="has shard format 2, this version knows up to 1"):
        from_bytes("registry/agent/7", newer)
