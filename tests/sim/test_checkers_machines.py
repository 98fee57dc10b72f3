"""Checkers of what machines keep and promise: each finds what it is for, and nothing where there is none."""

from collections.abc import Sequence

from barter.agent.executor import actions as act
from barter.agent.executor import events as ev
from barter.agent.facts import Admitted
from barter.core.ids import FrameworkId, TaskId
from barter.core.task_state import TaskState as S
from barter.core.tasks import Source
from barter.master import events as master_ev
from barter.sdk.calls import Acknowledge
from barter.tools.sim.checkers.acknowledged import Acknowledged
from barter.tools.sim.checkers.graces import Graces
from barter.tools.sim.checkers.leftovers import LONG_US, Leftovers
from barter.tools.sim.checkers.offers_expire import OffersExpire
from barter.tools.sim.cluster import SimCluster
from tests.master.world import AGENT, FRAMEWORK, agent
from tests.sim.small import cluster_of
from tests.sim.stage import F, Stage, said, task, violates
from tests.sim.test_checkers_more import INFO

KEY = ev.TaskKey(F, TaskId("t1"))
ORDER = ev.Order(F, task("t1"), "name", "sandbox")
GRACE_MS = ORDER.task.kill_grace_ms


# graces


class Executing:
    """An executor that has launched a task, and whatever a test has it do."""

    def __init__(self) -> None:
        self.stage = Stage(Graces())
        self.executor = self.stage.agent.executors.start()
        self.does([ev.Launch((ORDER,))])

    def does(self, events: Sequence[ev.Event], *forced: bool, after_ms: int = 0) -> None:
        self.stage.cluster.world.now_us += after_ms * 1_000
        ends = [act.EndTask(KEY, force, "why not") for force in forced]
        self.stage.checker.executor_stepped(self.executor, events, ends)


def test_a_task_gets_its_grace() -> None:
    executing = Executing()
    executing.does([ev.Kill(KEY)], False)
    violates("1 ms before its grace is over", lambda: executing.does([], True, after_ms=GRACE_MS - 1))
    executing.does([], True, after_ms=1)
    violates("has not asked it to end", lambda: Executing().does([ev.Kill(ev.TaskKey(F, TaskId("other")))], True))


def test_the_grace_that_is_over_first_counts() -> None:
    executing = Executing()
    executing.does([ev.Kill(KEY, 2_000)], False)
    executing.does([ev.Kill(KEY, 5_000)])
    executing.does([ev.Kill(KEY, 500)], after_ms=100)
    violates("before its grace", lambda: executing.does([], True, after_ms=499))
    executing.does([], True, after_ms=1)


def test_an_agent_that_leaves_waits_for_less() -> None:
    executing = Executing()
    executing.does([ev.Stop(kill=True)], False)
    violates("before its grace", lambda: executing.does([], True, after_ms=2_999))
    executing.does([], True, after_ms=1)


# leftovers


def rest() -> tuple[SimCluster, Leftovers]:
    """Two agents and a framework with three tasks, well so far, for longer than anything may be left."""
    cluster, checker = cluster_of(2), Leftovers()
    cluster.world.seen.add(checker)
    cluster.start()
    cluster.world.run_until(2 * LONG_US)
    checker.at_end(cluster)
    return cluster, checker


def test_what_is_left_on_a_machine_is_found_once_its_task_is_long_over() -> None:
    cluster, checker = rest()
    host = next(host for host in cluster.hosts.values() if host.tasks)
    key = ev.TaskKey(*next(iter(host.tasks)))
    kept = host.keeper.notes.find(key)
    assert kept is not None
    host.end(key, 0)
    cluster.world.run_until(cluster.world.now_us + LONG_US // 2)
    host.keeper.notes.intend(kept.order)
    checker.at_end(cluster)
    cluster.world.run_until(cluster.world.now_us + LONG_US)
    violates(
        f"its entry in the keeper's notes is still on {host.name}: task {key.task_id}", lambda: checker.at_end(cluster)
    )


def test_a_ledger_that_never_forgets_is_found() -> None:
    cluster, checker = rest()
    book = cluster.agents["agent-0"].machine.book
    ended = said("t1", S.KILLED, 1)
    book.apply(Admitted(FrameworkId("gone"), task("t1"), ended, "", 1))
    violates("agent-0 still has task t1 of gone never ran: 1 updates wait", lambda: checker.at_end(cluster))


def test_an_executor_that_never_forgets_is_found() -> None:
    cluster, checker = rest()
    executor = cluster.agents["agent-0"].executor
    assert executor is not None
    executor.machine.step(ev.Launch((ORDER,)), executor.clock.now())
    violates("holds", lambda: checker.at_end(cluster))


# acknowledged


def acknowledges(stage: Stage, uuid: str) -> None:
    stage.checker.asked(stage.framework, Acknowledge(((TaskId("t1"), uuid),)))


def test_what_was_told_is_acknowledged_and_nothing_else() -> None:
    stage = Stage(Acknowledged())
    stage.told(said("t1", S.RUNNING, 1))
    acknowledges(stage, "t1:1")
    violates("acknowledges t1:2 of task t1, which it was not told of", lambda: acknowledges(stage, "t1:2"))


def test_a_second_word_of_an_end_needs_no_callback() -> None:
    stage = Stage(Acknowledged())
    stage.told(said("t1", S.FINISHED, source=Source.MASTER))
    acknowledges(stage, "t1:2")


# offers_expire


def test_an_offer_that_stays_open_is_found() -> None:
    stage = Stage(OffersExpire())
    stage.master(master_ev.Subscribe(FRAMEWORK, INFO))
    stage.master(master_ev.AgentRegister(AGENT, agent()))
    cluster = stage.masters.master.cluster
    [opened] = cluster.offers.values()
    timeout_us = cluster.timing.offer_timeout_ms * 1_000
    stage.cluster.world.now_us += timeout_us - 1_000
    stage.see([], [])
    stage.cluster.world.now_us += 1_000
    violates(f"offer {opened.offer.offer_id} to {F} is open 0 ms after", lambda: stage.see([], []))
    stage = Stage(OffersExpire())
    stage.master(master_ev.Subscribe(FRAMEWORK, INFO))
    stage.master(master_ev.AgentRegister(AGENT, agent()))
    stage.masters.master.cluster.offers.clear()
    stage.cluster.world.now_us += timeout_us
    stage.see([], [])
