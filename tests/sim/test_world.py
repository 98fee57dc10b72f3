"""Virtual time."""

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from barter.tools.sim.world import START_MS, World


@given(st.lists(st.integers(0, 5), max_size=30))
def test_what_is_due_at_one_time_happens_in_the_order_it_was_asked_for(times: list[int]) -> None:
    world = World(1)
    happened: list[tuple[int, int]] = []
    for number, us in enumerate(times):
        world.at(us, partial(happened.append, (us, number)))
    world.run_until(5)
    assert happened == sorted((us, number) for number, us in enumerate(times))
    assert world.happened == len(times)


def test_what_is_asked_for_in_the_past_happens_now_and_what_is_later_waits() -> None:
    world = World(1)
    happened: list[int] = []
    world.at(10, lambda: world.at(3, lambda: happened.append(world.now_us)))
    world.after(21, lambda: happened.append(world.now_us))
    world.run_until(20)
    assert (happened, world.now_us, world.now_ms) == ([10], 20, START_MS)
    world.run_until(21)
    assert happened == [10, 21]


def test_draws_of_one_name_do_not_move_those_of_another() -> None:
    one, two = World(7), World(7)
    one.random("a").random()
    assert one.random("b").random() == two.random("b").random()
    assert one.random("a").random() == two.random("a").random() != two.random("b").random()
    assert World(8).random("a").random() != two.random("a").random()
