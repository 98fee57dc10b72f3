"""The checker of task groups says no where a member outlives another."""

from dataclasses import replace

from barter.core.ids import OfferId, TaskId
from barter.sdk.calls import Launch
from barter.tools.sim.checkers.groups import SETTLED_US, Groups
from tests.sim.stage import F, Stage, task, violates


class Pair(Stage):
    """Two tasks of a group were launched; those named run on the first machine."""

    def __init__(self, *running: str) -> None:
        super().__init__(checker := Groups())
        self.cluster.world.seen.add(checker)
        self.host = next(iter(self.cluster.hosts.values()))
        pair = {name: replace(task(name), group_id="g") for name in ("one", "two")}
        checker.asked(self.framework, Launch((OfferId("o"),), tuple(pair.values())))
        for name in running:
            self.host.run((F, TaskId(name)), pair[name], lambda _: None)

    def end(self) -> None:
        self.cluster.world.run_until(self.cluster.world.now_us + SETTLED_US + 1)
        self.checker.at_end(self.cluster)


def test_a_group_that_runs_whole_or_not_at_all_is_well() -> None:
    Pair().end()
    Pair("one", "two").end()


def test_one_that_began_without_the_other_is_found_once_it_runs_for_long() -> None:
    pair = Pair("one")
    pair.checker.at_end(pair.cluster)
    violates("task one of group g runs without two", pair.end)


def test_one_that_outlives_the_other_is_found() -> None:
    pair = Pair("one", "two")
    pair.host.end((F, TaskId("one")), 0)
    pair.checker.at_end(pair.cluster)
    violates("task two of group g runs without one", pair.end)
