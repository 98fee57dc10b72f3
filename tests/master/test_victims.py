"""Whom to choose of one agent's tasks: enough, no more than needed, and nobody who is to be spared."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from barter.core.ids import AgentId, FrameworkId, TaskId
from barter.core.resources import resources
from barter.core.roles import is_within, lineage
from barter.core.task_state import TaskState
from barter.core.tasks import Source, TaskInfo, TaskStatus
from barter.master.holdings import plain_of
from barter.master.state import Task
from barter.master.victims import Choice, Surplus, amounts_of, choose

TOTAL = {"cpus": 16, "mem": 16}
FOR, UNDER = "eng/web", "eng"
ROLES = ("eng/db", "ops", "ops/night", "batch")


@st.composite
def task(draw: st.DrawFn) -> Task:
    cpus, mem = draw(st.integers(0, 4)), draw(st.integers(0, 4))
    guest = draw(st.booleans())
    has = resources(cpus=cpus, mem=mem)
    lent = resources(cpus=cpus) if guest else resources()
    name = TaskId(str(draw(st.integers(0, 10**9))))
    info = TaskInfo(name, name, has, role=draw(st.sampled_from(ROLES)), revocable=lent)
    state = draw(st.sampled_from((TaskState.RUNNING, TaskState.RUNNING, TaskState.KILLING)))
    return Task(FrameworkId("f"), AgentId("a"), info, TaskStatus(name, state, Source.AGENT, 0), 0)


amounts = st.fixed_dictionaries({}, optional={"cpus": st.integers(1, 8), "mem": st.integers(1, 8)})
surpluses = st.dictionaries(st.sampled_from(("ops", "ops/night", "batch", "eng")), amounts, max_size=3)


def freed(tasks: tuple[Task, ...], kind: str) -> int:
    return sum(amounts_of(plain_of(each.info)).get(kind, 0) for each in tasks)


def allowed(tasks: tuple[Task, ...], over: dict[str, dict[str, int]]) -> bool:
    """By the definition: nobody of the role that is owed, and no guarantee broken by those that are not revocable."""
    held = [each for each in tasks if not each.info.revocable]
    if any(is_within(each.info.role, UNDER) for each in held):
        return False
    return all(
        sum(amounts_of(plain_of(each.info)).get(kind, 0) for each in tasks if role in lineage(each.info.role)) <= left
        for role, kinds in over.items()
        if not is_within(FOR, role) and any(role in lineage(each.info.role) for each in held)
        for kind, left in kinds.items()
    )


@given(tasks=st.lists(task(), max_size=6), short=amounts, over=surpluses)
def test_who_is_chosen_is_enough_allowed_and_needed(
    tasks: list[Task], short: dict[str, int], over: dict[str, dict[str, int]]
) -> None:
    choice = choose(tasks, short, TOTAL, Surplus(over), FOR, UNDER)
    if choice is None:
        return
    assert choice.tasks
    assert all(freed(choice.tasks, kind) >= lacking for kind, lacking in short.items())
    assert not any(each.ending for each in choice.tasks)
    assert not any(is_within(each.info.role, UNDER) for each in choice.tasks if not each.info.revocable)
    for spared in choice.tasks:
        rest = tuple(each for each in choice.tasks if each is not spared)
        assert any(freed(rest, kind) < lacking for kind, lacking in short.items())


@given(tasks=st.lists(task(), max_size=6), short=amounts)
def test_where_nobody_is_guaranteed_anything_whoever_could_help_is_found(
    tasks: list[Task], short: dict[str, int]
) -> None:
    found = choose(tasks, short, TOTAL, Surplus({}), FOR, UNDER)
    may = [each for each in tasks if not each.ending]
    sets = (each for count in range(1, len(may) + 1) for each in combinations(may, count))
    could = any(allowed(each, {}) and all(freed(each, kind) >= short[kind] for kind in short) for each in sets)
    assert (found is not None) == (could and bool(short))


def test_revocable_ones_cost_nothing_beside_others() -> None:
    guests, owner = Choice((), (0, 3, 2.0)), Choice((), (1, 1, 0.1))
    assert guests.cost < owner.cost


@given(tasks=st.lists(task(), max_size=6), short=amounts, over=surpluses)
def test_no_guarantee_is_broken_by_tasks_that_were_promised_to_stay(
    tasks: list[Task], short: dict[str, int], over: dict[str, dict[str, int]]
) -> None:
    choice = choose(tasks, short, TOTAL, Surplus(over), FOR, UNDER)
    if choice is not None and not any(each.info.revocable for each in choice.tasks):
        assert allowed(choice.tasks, over)
