"""What simulated tasks use: by nobody's clock but the world's, and never more than they hold."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from barter.core.ids import TaskId
from barter.core.resources import resources
from barter.core.tasks import TaskInfo
from barter.tools.sim.use import Use

TASK = TaskInfo(TaskId("t"), "t", resources(cpus=1_500, mem=64))


@given(seed=st.integers(0, 9), steps=st.lists(st.integers(0, 10_000_000), max_size=30))
def test_use_only_grows_and_never_beyond_what_is_held(seed: int, steps: list[int]) -> None:
    use, rng, now = Use(), Random(seed), 7
    before, _ = use.look(TASK, now, rng)
    for step in steps:
        now += step
        cpu_us, mem = use.look(TASK, now, rng)
        assert before <= cpu_us <= before + step * 3 // 2
        assert mem == 32
        before = cpu_us


def test_it_changes() -> None:
    use, rng = Use(), Random(1)
    shares = set()
    for second in range(200):
        use.look(TASK, second * 1_000_000, rng)
        shares.add(use.share)
    assert len(shares) > 2
