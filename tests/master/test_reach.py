"""With which removed agent a task was told as gone: found by the task, not by a look at all agents."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from barter.core.ids import AgentId, FrameworkId, TaskId
from barter.core.removals import RemovedAgent
from barter.master.reach import Reach

AGENTS = [AgentId(f"a{number}") for number in range(4)]
KEYS = [(FrameworkId("f"), TaskId(f"t{number}")) for number in range(4)]
CHANGES = st.tuples(st.sampled_from(AGENTS), st.none() | st.lists(st.sampled_from(KEYS), max_size=5))


@given(st.lists(CHANGES, max_size=30))
def test_the_holder_of_a_task_is_the_oldest_removed_agent_that_has_it(
    changes: list[tuple[AgentId, list[tuple[FrameworkId, TaskId]] | None]],
) -> None:
    reach = Reach()
    for agent_id, tasks in changes:
        if tasks is None:
            reach.drop(agent_id)
        else:
            reach.keep(RemovedAgent(agent_id, "host", 1, "away", tuple(tasks)))
        holders = {key: [each for each in reach.removed.values() if key in each.tasks] for key in KEYS}
        for key, those in holders.items():
            found = reach.holder(key)
            assert found is None if not those else found in those
            assert set(reach.holders.get(key, ())) == {each.agent_id for each in those}


def test_of_several_it_is_the_one_that_was_removed_first_and_one_that_is_dropped_begins_anew() -> None:
    reach = Reach()
    first, second = (RemovedAgent(agent_id, "host", 1, "away", (KEYS[0],)) for agent_id in AGENTS[:2])
    reach.keep(first)
    reach.keep(second)
    reach.keep(replace(first, returned=True))
    assert reach.holder(KEYS[0]) == replace(first, returned=True)
    reach.drop(AGENTS[0])
    assert reach.holder(KEYS[0]) == second
    reach.keep(first)
    assert reach.holder(KEYS[0]) == second
    reach.keep(replace(second, tasks=()))
    assert reach.holder(KEYS[0]) == first
