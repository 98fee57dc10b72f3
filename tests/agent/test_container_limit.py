"""So many containers at a time and no more; processes do not count."""

from dataclasses import replace

from barter.agent import actions as act
from barter.agent.book import Book
from barter.agent.machine import Agent
from barter.core.task_state import TaskState
from barter.core.tasks import Reason
from tests.agent.agent_kit import agent, launched, ready, replayed, report, reports, run, task


def capped(most: int, book: Book | None = None) -> Agent:
    one = agent(book, runtimes=("docker", "process"))
    one.info = replace(one.info, max_containers=most)
    return ready(one)


def refused(actions: list[act.Action]) -> list[tuple[str, TaskState, Reason, str]]:
    return [
        (status.task_id, status.state, status.reason, status.message)
        for action in actions
        if isinstance(action, act.SendUpdates)
        for _, status in action.updates
        if status.terminal
    ]


def test_one_too_many_is_dropped_and_says_how_many_run() -> None:
    machine = capped(2)
    actions = machine.step(run(*(task(name, image="busybox") for name in ("c1", "c2", "c3")), task("p1")), 10)
    assert launched(actions) == ["c1", "c2", "p1"]
    message = "host-1 runs 2 containers, its most is 2"
    assert refused(actions) == [("c3", TaskState.DROPPED, Reason.CONTAINER_LIMIT, message)]
    machine.step(reports(report("c1", TaskState.FINISHED, 1)), 11)
    assert launched(machine.step(run(task("c4", image="busybox")), 12)) == ["c4"]


def test_a_lower_cap_leaves_what_runs_alone() -> None:
    machine = capped(0)
    facts: list[object] = []
    for action in machine.step(run(*(task(f"c{n}", image="busybox") for n in range(3))), 10):
        facts += action.facts if isinstance(action, act.Record) else ()
    again = capped(1, replayed(facts))
    assert again.book.containers == 3
    assert launched(again.step(run(task("c9", image="busybox"), task("p1")), 20)) == ["p1"]
