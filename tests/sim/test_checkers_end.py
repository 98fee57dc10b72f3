"""The checkers of how a world ends, on a small one that has come to rest and is then disturbed by hand."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from barter.agent.facts import TaskKey
from barter.core.cluster import Demand, Filters, FrameworkInfo, Offer
from barter.core.constraints import Constraint, Operator
from barter.core.ids import AgentId, DemandId, OfferId, TaskId
from barter.core.resources import resources
from barter.core.task_state import TaskState
from barter.core.units import MIB
from barter.master import actions as act
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.facts import FrameworkRemoved
from barter.master.pool import Pool
from barter.master.state import Framework
from barter.sdk.calls import Kill
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.convergence import Convergence
from barter.tools.sim.checkers.declined import Declined
from barter.tools.sim.checkers.feasible import fitting
from barter.tools.sim.checkers.orphans import Orphans
from barter.tools.sim.cluster import SimCluster
from tests.sim.small import cluster_of
from tests.sim.stage import task, violates

MINUTE = 60_000_000


class Rest:
    """Two agents and a framework with three tasks that run on and on; a minute has passed."""

    def __init__(self, checker: Checker) -> None:
        self.cluster: SimCluster = cluster_of(2)
        self.checker = checker
        self.cluster.world.seen.add(checker)
        self.cluster.start()
        self.go_on()

    def go_on(self) -> None:
        self.cluster.world.run_until(self.cluster.world.now_us + MINUTE)

    def end(self) -> None:
        self.checker.at_end(self.cluster)

    def take_back_offers(self) -> None:
        """Nothing is offered, and nothing refused."""
        for agent in self.cluster.master.machine.cluster.agents.values():
            agent.offers.clear()
            agent.offered = Pool()
        self.checker.master_stepped(self.cluster.master, [ev.Revive(self.books.session)], [])

    @property
    def books(self) -> Framework:
        [framework] = self.cluster.master.machine.cluster.frameworks.values()
        return framework

    @property
    def running(self) -> TaskKey:
        return next(key for host in self.cluster.hosts.values() for key in host.tasks)


@pytest.mark.parametrize("checker", [Orphans, lambda: Convergence(Declined())])
def test_a_world_at_rest_is_well(checker: Callable[[], Checker]) -> None:
    rest = Rest(checker())
    assert len(rest.books.tasks) == 3
    rest.end()


# orphans


def test_a_task_that_nobody_knows_is_found_once_it_runs_for_long() -> None:
    rest = Rest(Orphans())
    key = (rest.books.framework_id, TaskId("stray"))
    rest.cluster.hosts["agent-0"].run(key, task("stray"), lambda _: None)
    rest.end()
    rest.go_on()
    violates("the agent's ledger has it as unknown", rest.end)


def test_a_task_that_the_master_or_its_framework_has_forgotten_is_found() -> None:
    rest = Rest(Orphans())
    [process] = rest.cluster.frameworks.values()
    known = rest.books.tasks[rest.running[1]]
    known.status = replace(known.status, state=TaskState.UNREACHABLE)
    violates("the master has it as TASK_UNREACHABLE", rest.end)
    del rest.books.tasks[rest.running[1]]
    violates("the master has no such live task", rest.end)
    rest = Rest(Orphans())
    [process] = rest.cluster.frameworks.values()
    process.crash("for good")
    process.start()
    process.driver.session.framework = FrameworkInfo("keeper", rest.books.framework_id)
    violates("has it as ended or unknown", rest.end)


def test_a_task_that_is_believed_to_run_and_does_not_is_found() -> None:
    rest = Rest(Orphans())
    host = next(host for host in rest.cluster.hosts.values() if host.tasks)
    key = rest.running
    del host.tasks[key]
    violates(f"believes that task {key[1]} of {key[0]} is TASK_RUNNING", rest.end)


def test_a_task_of_a_framework_that_was_removed_is_found() -> None:
    rest = Rest(Orphans())
    checker = rest.checker
    assert isinstance(checker, Orphans)
    checker.master_committed(rest.cluster.master, [FrameworkRemoved(rest.books.framework_id)])
    rest.end()
    rest.go_on()
    violates("and its framework was removed", rest.end)


# convergence


def test_a_process_that_stays_down_is_found() -> None:
    rest = Rest(Convergence(Declined()))
    rest.cluster.crash_machine("agent-1", 10 * MINUTE)
    rest.end()
    rest.go_on()
    violates("agent-1 is down since", rest.end)


def test_an_agent_or_a_framework_that_is_not_connected_is_found() -> None:
    rest = Rest(Convergence(Declined()))
    rest.books.session = 0
    violates("keeper (simula-1-0001) is not connected", rest.end)
    for agent in rest.cluster.master.machine.cluster.agents.values():
        agent.session = 0
    violates("is disconnected at the master", rest.end)
    rest.cluster.master.machine.cluster.expected_agents.add(rest.cluster.agents["agent-0"].info.agent_id)
    violates("is not settled", rest.end)


def test_a_kill_without_effect_is_found_while_its_process_lives() -> None:
    rest = Rest(Convergence(Declined()))
    [process] = rest.cluster.frameworks.values()
    rest.checker.asked(process, Kill(rest.running[1]))
    rest.end()
    rest.go_on()
    violates("keeper asked to have it killed", rest.end)
    process.crash("for good")
    process.start()
    rest.go_on()
    rest.end()


def test_a_demand_that_would_fit_is_found_and_one_that_does_not_is_well() -> None:
    rest = Rest(Convergence(Declined()))
    rest.books.demands_only = True
    wanted = Demand(DemandId("d"), resources(cpus=100_000, mem=MIB), 1)
    rest.books.demands[wanted.demand_id] = wanted
    rest.end()
    rest.take_back_offers()
    rest.end()
    rest.books.demands[wanted.demand_id] = Demand(wanted.demand_id, resources(cpus=100, mem=MIB), 2)
    violates("2 of demand d of keeper", rest.end)


def test_what_is_free_and_offered_to_nobody_is_found_unless_it_was_refused() -> None:
    rest = Rest(Convergence(Declined()))
    rest.end()
    rest.take_back_offers()
    violates("offered to nobody", rest.end)
    rest.books.suppressed = frozenset(rest.books.info.roles)
    violates("offered to nobody", rest.end)
    rest.cluster.frameworks["keeper"].driver.suppressed_us["*"] = 0
    rest.end()


# feasible, declined


def test_constraints_count_where_a_demands_tasks_are() -> None:
    rest = Rest(Convergence(Declined()))
    cluster, framework = rest.cluster.master.machine.cluster, rest.books
    rest.take_back_offers()
    shape = resources(cpus=10, mem=MIB)
    assert len(list(fitting(cluster, framework, Demand(DemandId(""), shape, 1)))) == 2
    taken = {task.agent_id for task in framework.tasks.values()}
    unique = Demand(DemandId(""), shape, 1, constraints=(Constraint("hostname", Operator.UNIQUE),))
    assert len(list(fitting(cluster, framework, unique))) == 2 - len(taken)
    assert not list(fitting(cluster, framework, Demand(DemandId(""), shape, 1, runtime="docker")))
    assert not list(fitting(cluster, framework, Demand(DemandId(""), shape, 1, on_public=True)))
    assert not list(fitting(cluster, framework, Demand(DemandId(""), shape, 1, port_count=11)))


def test_a_refusal_holds_until_its_time_or_a_revive() -> None:
    rest = Rest(Convergence(Declined()))
    master, declined, framework = rest.cluster.master, Declined(), rest.books
    agent_id, framework_id, session = AgentId("agent-0.1"), framework.framework_id, framework.session
    offer = Offer(OfferId("o1"), agent_id, framework_id, "*", resources(cpus=1), "agent-0", "agent-0")
    declined.note(master, [], [act.SendToFramework(session, framework_id, msg.Offers((offer,)), "")])
    declined.note(master, [ev.Decline(session, (offer.offer_id, OfferId("another")), Filters(5_000))], [])
    now = master.clock.now()
    assert declined.holds(framework_id, agent_id, now + 5_000)
    assert not declined.holds(framework_id, agent_id, now + 5_001)
    declined.note(master, [ev.Revive(session)], [])
    assert not declined.holds(framework_id, agent_id, now)
