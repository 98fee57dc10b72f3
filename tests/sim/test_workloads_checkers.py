"""The checkers of what services and jobs promise: each finds the bug it is for, in a cluster where nothing fails."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import pytest

from barter.core.constraints import Constraint, Operator
from barter.core.tasks import TaskInfo
from barter.core.units import MIB
from barter.frameworks.service import planning, rollout
from barter.frameworks.service.app import App, Upgrade
from barter.master import events as ev
from barter.master.allocator.placement import Placement
from barter.sdk import calls
from barter.tools.sim.checkers.capacity import Capacity
from barter.tools.sim.checkers.deadline import Deadline
from barter.tools.sim.checkers.fleet import Fleet
from barter.tools.sim.checkers.jobs import Jobs
from barter.tools.sim.checkers.needless import Needless
from barter.tools.sim.checkers.rolling import Rolling
from barter.tools.sim.checkers.slots import Slots
from barter.tools.sim.checkers.unique import Unique
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.config import Timing, usual_agents
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.observe import Observer, Violated
from barter.tools.sim.operators import Operators
from barter.tools.sim.workloads import asks
from barter.tools.sim.workloads.batch import BatchScheduler, BatchWorkload, Submit
from barter.tools.sim.workloads.jobs import Job
from barter.tools.sim.workloads.service import ServiceWorkload
from barter.tools.sim.workloads.workload import Act
from barter.tools.sim.world import World

Patch = pytest.MonkeyPatch
SECOND_MS = 1_000
WEB = App("/web", cmd="sleep infinity", cpus=100, mem=32 * MIB, instances=4, ports=())
STRICT = replace(WEB, upgrade=Upgrade(0, 0), unreachable=None)
UPGRADE = asks.Upgrade(30 * SECOND_MS, "/web", 2, force=True)


OfFleet = Callable[[Fleet], Observer]


def play(checker: Observer | OfFleet, acts: Sequence[Act], *, drained: Sequence[str] = ()) -> None:
    """Two minutes in which services and jobs are asked for, agents `drained` at 30 s; raises what the checker found."""
    world = World(1)
    cluster = SimCluster(world, Timing())
    cluster.add_agents(usual_agents(10))
    workloads: tuple[ServiceWorkload, BatchWorkload] = (ServiceWorkload(), BatchWorkload())
    for workload in workloads:
        cluster.add_framework(workload.name, workload)
    for act in acts:
        world.at(act.at_ms * 1000, partial(workloads[isinstance(act, Submit)].act, act))
    operators = Operators(cluster)
    for name in drained:
        world.at(30_000_000, partial(_drain, operators, name))
    fleet = Fleet()
    for observer in (fleet, checker if isinstance(checker, Observer) else checker(fleet)):
        world.seen.add(observer)
    cluster.start()
    world.run_until(120_000_000)
    assert [asked.settled(running(cluster, asked.name)) for asked in workloads] == ["", ""]
    assert running(cluster, "service") or workloads[1].submitted


def _drain(operators: Operators, name: str) -> None:
    operators.ask(ev.Drain(0, operators.agent_id(name), 0, 80 * SECOND_MS))


def running(cluster: SimCluster, name: str) -> list[TaskInfo]:
    framework_id = cluster.frameworks[name].driver.framework_id
    return [one.task for host in cluster.hosts.values() for key, one in host.tasks.items() if key[0] == framework_id]


def put(app: App) -> Act:
    return asks.Put(SECOND_MS, app.app_id, app)


def test_an_upgrade_that_kills_all_at_once(monkeypatch: Patch) -> None:
    play(Rolling, [put(WEB), UPGRADE])
    monkeypatch.setattr(rollout._Budget, "allows", lambda self, instance: True)
    with pytest.raises(Violated, match=r"rolling: /web: kills leave 0 of 4 ready instances, 4 are to stay"):
        play(Rolling, [put(WEB), UPGRADE])


def test_what_is_drained_is_released_only_beside_as_many_ready_ones_as_the_minimum(monkeypatch: Patch) -> None:
    drained = [f"agent-{number}" for number in range(8)]
    released: list[str] = []

    class Releases(Rolling):
        def asked(self, framework: SimFramework, call: calls.Call) -> None:
            super().asked(framework, call)
            if isinstance(call, calls.Release):
                released.extend(call.task_ids)

    play(Releases, [put(WEB)], drained=drained)
    assert released
    monkeypatch.setattr(rollout, "_moved", lambda goal, side, budget: [(one, "moved") for one in side.going])
    with pytest.raises(Violated, match=r"rolling: /web: kills leave \d of 4 ready instances, 4 are to stay \(.*moved"):
        play(Rolling, [put(WEB)], drained=drained)


def test_an_operators_kill_is_an_operators_wish() -> None:
    play(Rolling, [put(WEB), asks.KillSome(30 * SECOND_MS, "/web", (0, 1, 2), scale=False)])


def test_a_strict_app_that_has_one_more_while_it_is_upgraded(monkeypatch: Patch) -> None:
    play(Slots(), [put(STRICT), UPGRADE])
    monkeypatch.setattr(rollout, "_most", lambda goal, census: goal.wanted + 1)
    with pytest.raises(Violated, match=r"slots: /web: 5 instances run, at most 4 may"):
        play(Slots(), [put(STRICT), UPGRADE])


def test_an_upgrade_that_launches_more_than_the_maximum(monkeypatch: Patch) -> None:
    half_over = replace(WEB, upgrade=Upgrade(1_000_000, 500_000))
    play(Capacity, [put(half_over), UPGRADE])
    monkeypatch.setattr(rollout, "_most", lambda goal, census: 2 * goal.wanted)
    with pytest.raises(Violated, match=r"capacity: /web: \d launched, with which [78] are there, at most 6 may"):
        play(Capacity, [put(half_over), UPGRADE])


def test_scaling_that_restarts_what_is_there(monkeypatch: Patch) -> None:
    scale = asks.Scale(30 * SECOND_MS, "/web", 5, force=True)
    play(Needless, [put(WEB), scale, asks.Restart(60 * SECOND_MS, "/web", force=True)])
    monkeypatch.setattr(App, "same_tasks_as", lambda self, other: self == other)
    with pytest.raises(
        Violated, match=r"needless: /web: \d launched, with which 6 are there as wanted, and 5 are wanted"
    ):
        play(Needless, [put(WEB), scale])


def test_instances_that_end_although_no_more_than_the_wanted_are_there(monkeypatch: Patch) -> None:
    scale = asks.Scale(30 * SECOND_MS, "/web", 3, force=True)
    play(Needless, [put(WEB), scale])
    monkeypatch.setattr(rollout, "_surplus", lambda app, side, *_: [(one, "too many") for one in side.staying[:2]])
    with pytest.raises(Violated, match=r"needless: /web: of 4 wanted 4 are there as wanted, and end: .*: too many"):
        play(Needless, [put(WEB)])


SPREADS = (
    (Constraint("@hostname", Operator.UNIQUE), "UNIQUE"),
    (Constraint("@zone", Operator.MAX_PER, "1"), "MAX_PER"),
)


@pytest.mark.parametrize("spread", SPREADS, ids=lambda spread: spread[1])
@pytest.mark.parametrize("in_truth", [False, True])
def test_instances_beside_each_other(monkeypatch: Patch, spread: tuple[Constraint, str], in_truth: bool) -> None:
    """Found in what the master grants, and, without that, in what runs."""
    constraint, name = spread
    app = replace(WEB, instances=1, constraints=(constraint,))
    play(Unique(), [put(app), UPGRADE])
    monkeypatch.setattr(Placement, "_failing", lambda self, constraints, attributes: [])
    if in_truth:
        monkeypatch.setattr(Unique, "_check_grants", lambda *_: None)
    crowd = replace(app, instances=12)
    with pytest.raises(Violated, match=f"unique: .*{name}.* allows 1"):
        play(Unique(), [put(crowd)])


def test_groups_that_are_not_level(monkeypatch: Patch) -> None:
    app = replace(WEB, instances=6, constraints=(Constraint("@zone", Operator.GROUP_BY),))
    play(Unique(), [put(app), UPGRADE])
    monkeypatch.setattr(Placement, "_failing", lambda self, asked, place: [] if place["zone"] == "a" else asked)
    with pytest.raises(Violated, match=r"unique: .* on a, @zone GROUP_BY allows 1"):
        play(Unique(), [put(app)])


JOB = Submit(SECOND_MS, Job("job-1", "small", seconds=10))


def test_a_job_that_is_done_and_tried_again(monkeypatch: Patch) -> None:
    play(Jobs(), [JOB])
    monkeypatch.setattr(BatchScheduler, "_finish", lambda self, driver, job, task_id: self._retry(driver, job))
    with pytest.raises(Violated, match=r"jobs: job-1\.2 is launched although job-1\.1 finished the job"):
        play(Jobs(), [JOB])


def test_a_job_that_runs_twice_at_once(monkeypatch: Patch) -> None:
    monkeypatch.setattr(BatchScheduler, "_queued", lambda self, shape: list(self.book.open.values()))
    with pytest.raises(Violated, match="jobs: job-1 runs twice at once"):
        play(Jobs(), [JOB])


def test_a_deployment_that_neither_gets_on_nor_ends(monkeypatch: Patch) -> None:
    hasty = replace(WEB, upgrade=replace(WEB.upgrade, progress_ms=10 * SECOND_MS))
    huge = asks.Break(30 * SECOND_MS, "/web", "huge", force=True)
    monkeypatch.setattr(planning, "watch", lambda book, state, plan, now: [])
    refused = asks.Scale(90 * SECOND_MS, "/web", 1, force=False)
    with pytest.raises(Violated, match=r"deadline: d2: /web came no nearer since .* and has 10000 ms for that"):
        play(Deadline, [put(hasty), huge, refused])
