"""Of those that are chosen to end, one after the other, who is not needed in the end stays."""

from hypothesis import given
from hypothesis import strategies as st

from tests.master.test_preempt import BATCH, ENG, Cluster, guarantee
from tests.master.world import A1, A2


def crowded(on_first: list[int], on_second: list[int]) -> tuple[Cluster, dict[str, int]]:
    """Tasks of `batch` have all four cpus of each of two agents; by name, how many."""
    world = Cluster(A1, A2)
    world.join(ENG, "eng")
    world.join(BATCH, "batch")
    sizes: dict[str, int] = {}
    for agent_id, amounts in ((A1, on_first), (A2, on_second)):
        for number, amount in enumerate(amounts):
            sizes[name := f"{agent_id}-{number}"] = amount
            world.launch(BATCH, "batch", amount, name, on=agent_id)
    world.quota(guarantee("eng", 8))
    return world, sizes


def room(sizes: dict[str, int], gone: list[str], amount: int) -> int:
    return sum(sum(sizes[name] for name in gone if name.startswith(each)) // amount for each in (A1, A2))


def test_a_small_one_stays_where_a_large_one_that_ends_for_the_next_is_enough_for_both() -> None:
    world, _ = crowded([3, 1], [4])
    world.want(ENG, "eng", 1, 2)
    assert world.killed() == [f"{A1}-0"]


def test_one_on_another_agent_stays_as_well() -> None:
    world, _ = crowded([1, 3], [4])
    world.want(ENG, "eng", 1, 4)
    assert len(world.killed()) == 2
    world, _ = crowded([2, 2], [1, 3])
    world.want(ENG, "eng", 1, 2)
    assert len(world.killed()) == 1


_filling = st.sampled_from([[4], [3, 1], [1, 3], [2, 2], [2, 1, 1], [1, 2, 1], [1, 1, 2], [1, 1, 1, 1]])


@given(_filling, _filling, st.integers(1, 2), st.integers(1, 8))
def test_all_that_end_are_needed_and_enough(on_first: list[int], on_second: list[int], amount: int, count: int) -> None:
    world, sizes = crowded(on_first, on_second)
    world.want(ENG, "eng", amount, count)
    killed = world.killed()
    wanted = min(count, room(sizes, list(sizes), amount))
    assert room(sizes, killed, amount) >= wanted
    assert not [name for name in killed if room(sizes, [each for each in killed if each != name], amount) >= wanted]
