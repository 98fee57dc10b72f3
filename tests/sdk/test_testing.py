"""What an author can do with a simulated cluster, and what it says when something is wrong."""

from collections.abc import Sequence

import pytest

from barter import sdk
from barter.sdk.testing import Broken, Cluster, NotInTime, Run

NEED = sdk.resources(cpus=500, mem=32 * sdk.MIB)


class Keeper(sdk.Scheduler):
    """Keeps as many tasks up as `wanted` says; without a store it remembers nothing."""

    wanted = 4

    def __init__(self) -> None:
        self.alive: dict[sdk.TaskId, sdk.TaskState] = {}
        self.launched = 0
        self.errors: list[str] = []

    def resource_offers(self, driver: sdk.Driver, offers: Sequence[sdk.Offer]) -> None:
        for offer in offers:
            count = min(offer.resources.scalars.get("cpus", 0) // 500, self.wanted - len(self.alive), 2)
            driver.launch(offer, [self.new_task() for _ in range(count)])

    def new_task(self) -> sdk.TaskInfo:
        self.launched += 1
        task_id = sdk.TaskId(f"task-{self.launched}")
        self.alive[task_id] = sdk.TaskState.STAGING
        return sdk.TaskInfo(task_id, "task", NEED, sdk.Command("sleep infinity"))

    def status_update(self, driver: sdk.Driver, status: sdk.TaskStatus) -> None:
        if status.terminal:
            self.alive.pop(status.task_id, None)
        else:
            self.alive[status.task_id] = status.state

    def error(self, driver: sdk.Driver, message: str) -> None:
        self.errors.append(message)


def kept(seed: int = 1) -> Cluster:
    cluster = Cluster(seed)
    cluster.agents(6, cpus=4, mem="8GiB", zones="abc", docker=False)
    cluster.framework(Keeper, name="keeper")
    cluster.run_until(lambda: len(cluster.running()) == 4)
    return cluster


def test_where_and_when_tasks_run() -> None:
    cluster = kept()
    first, *_ = cluster.tasks()
    assert first == cluster.history("task-1") == cluster.history("task-1", framework="keeper")
    assert (first.framework, first.ended_s, first.exit_code) == ("keeper", None, None)
    assert first.started_s is not None
    assert first.launched_s < first.started_s < cluster.now_s < 10
    assert first in cluster.running(agent=first.agent)
    assert first in cluster.running(zone=first.zone)
    cluster.run_for(seconds=2)
    assert cluster.history("task-1").states == (sdk.TaskState.RUNNING,)
    assert len(cluster.tasks(state=sdk.TaskState.RUNNING)) == 4
    assert cluster.tasks(at=0) == []
    with pytest.raises(LookupError, match="no task 'task-99'"):
        cluster.history("task-99")


def test_a_task_that_dies_is_told_and_kept_in_history() -> None:
    cluster = kept()
    cluster.kill("task-1", exit_code=3)
    cluster.run_for(minutes=1)
    died = cluster.history("task-1")
    assert died.exit_code == 3
    assert died.state is sdk.TaskState.FAILED
    assert "status 3" in died.told[-1].message
    assert died.ended_s is not None
    assert died.ran_at(died.ended_s - 0.001)
    assert not died.ran_at(died.ended_s)
    assert died in cluster.tasks(at=died.ended_s - 0.001, state=sdk.TaskState.RUNNING) or died.told[0].at_s > 0
    assert len(cluster.running()) == 4
    with pytest.raises(LookupError, match="does not run"):
        cluster.kill("task-1")


def test_a_zone_without_power() -> None:
    cluster = kept()
    lost = cluster.running()[0].zone
    cluster.lose(zone=lost)
    assert cluster.running(zone=lost) == []
    cluster.run_for(minutes=2)
    assert cluster.running(zone=lost) == []
    assert cluster.tasks(zone=lost, state=sdk.TaskState.UNREACHABLE)
    cluster.restore()
    cluster.run_for(minutes=3)
    cluster.check()
    assert len(cluster.running()) == 4
    with pytest.raises(LookupError, match="zone 'x'"):
        cluster.lose(zone="x")


def test_healing_leaves_machines_off_that_were_lost() -> None:
    cluster = kept()
    gone = cluster.running()[0].agent
    cluster.lose(gone)
    cluster.faults(rate=50, only="machine-crash")
    cluster.run_for(minutes=3)
    assert f"machine-crash {gone} " in cluster.story()
    cluster.heal()
    cluster.run_for(minutes=2)
    assert cluster.running(agent=gone) == []


def test_a_partition_and_its_end() -> None:
    cluster = kept()
    cut = cluster.running()[0]
    cluster.partition(cut.agent)
    cluster.run_for(minutes=2)
    assert cluster.history(cut.task_id).state is sdk.TaskState.UNREACHABLE
    assert cut.task_id in [task.task_id for task in cluster.running(agent=cut.agent)]
    cluster.heal()
    cluster.run_for(minutes=2)
    assert cluster.history(cut.task_id).state is sdk.TaskState.RUNNING


def test_a_failover_of_the_master_is_only_a_lost_session() -> None:
    cluster = kept()
    cluster.failover(seconds_down=20)
    cluster.run_for(minutes=2)
    cluster.check()
    assert len(cluster.running()) == 4
    assert "master             ends: kill -9" in cluster.story()


def test_a_framework_that_crashes_starts_on_its_store() -> None:
    cluster = Cluster()
    cluster.agents(2)
    stores: list[sdk.StateStore] = []

    def make(store: sdk.StateStore) -> sdk.Scheduler:
        stores.append(store)
        store.set("lives", str(int(store.get("lives") or 0) + 1).encode())
        return sdk.Scheduler()

    framework = cluster.framework(make, name="mine")
    cluster.run_for(seconds=5)
    first, known = framework.scheduler, framework.framework_id
    framework.crash(seconds_down=3)
    assert not framework.up
    cluster.run_for(seconds=5)
    assert framework.up
    assert framework.scheduler is not first
    assert framework.framework_id == known
    assert framework.store.get("lives") == b"2"
    assert stores == [framework.store] * 2


def test_what_tasks_do_is_the_authors_to_say() -> None:
    cluster = Cluster()
    cluster.agents(2, docker=False)
    cluster.behaviour(lambda task: Run(seconds=30, exit_code=2))
    cluster.framework(Keeper)
    cluster.run_for(seconds=40)
    first = cluster.history("task-1")
    assert first.started_s is not None
    assert first.ended_s == pytest.approx(first.started_s + 30)
    assert (first.exit_code, first.state) == (2, sdk.TaskState.FAILED)


def test_waiting_for_what_does_not_come_says_what_it_was() -> None:
    cluster = kept()
    with pytest.raises(NotInTime, match=r"not within 0.5 minutes: .*len\(cluster.running\(\)\) == 7") as raised:
        cluster.run_until(lambda: len(cluster.running()) == 7, within_minutes=0.5)
    assert raised.value.message.count("run_until") == 0
    assert "the last of seed 1:" in str(raised.value)
    assert cluster.now_s >= 30


def test_a_callback_that_raises_fails_the_test() -> None:
    class Careless(Keeper):
        def status_update(self, driver: sdk.Driver, status: sdk.TaskStatus) -> None:
            del self.alive[status.agent_id]  # type: ignore[arg-type]

    cluster = Cluster(seed=5)
    cluster.agents(2, docker=False)
    cluster.framework(Careless)
    with pytest.raises(Broken, match=r"(?s)scheduler_errors: careless: .* KeyError: .*the last of seed 5") as raised:
        cluster.run_for(minutes=1)
    assert isinstance(raised.value.__cause__, KeyError)


def test_a_scheduler_that_stops_time_fails_the_test() -> None:
    class Hasty(Keeper):
        def registered(self, driver: sdk.Driver, framework_id: sdk.FrameworkId) -> None:
            driver.call_later(0, lambda: self.registered(driver, framework_id))

    cluster = Cluster(seed=5)
    cluster.agents(2, docker=False)
    cluster.framework(Hasty)
    with pytest.raises(Broken, match=r"scheduler_errors: hasty: .*without any time between them"):
        cluster.run_for(minutes=1)


def test_the_table_of_faults_and_its_end() -> None:
    cluster = kept()
    cluster.faults(rate=5, only=["break", "agent-crash"])
    cluster.run_for(minutes=20)
    cluster.heal()
    told = [line for line in cluster.story().splitlines() if " fault " in line]
    assert len(told) > 5
    assert all(" break agent-" in line or " break keeper" in line or " agent-crash agent-" in line for line in told)
    cluster.run_for(minutes=5)
    cluster.check()
    assert [line for line in cluster.story().splitlines() if " fault " in line] == told
    with pytest.raises(ValueError, match="no fault 'earthquake'; there are cut, "):
        cluster.faults(only="earthquake")


def test_the_same_seed_tells_the_same_story_and_another_another() -> None:
    def story(seed: int) -> str:
        cluster = kept(seed)
        cluster.faults(rate=3, only=["cut", "break", "master-crash", "task-dies"])
        cluster.run_for(minutes=5)
        return cluster.story()

    assert story(1) == story(1)
    assert story(1) != story(2)


def test_agents_and_frameworks_may_come_later() -> None:
    cluster = Cluster()
    assert cluster.agents(1, cpus=0.5, docker=False) == ["agent-0"]
    cluster.framework(Keeper)
    cluster.run_for(seconds=10)
    assert [task.agent for task in cluster.running()] == ["agent-0"]
    assert cluster.agents(2, attributes={"rack": "r1"}, docker=False) == ["agent-1", "agent-2"]
    assert cluster.agents(1, name="edge", public=True) == ["edge-0"]
    cluster.framework(Keeper, name="second")
    cluster.run_for(seconds=10)
    assert len(cluster.running()) == 8
    assert list(cluster.frameworks) == ["keeper", "second"]
    with pytest.raises(LookupError, match="keeper, second each launched a task 'task-1'"):
        cluster.history("task-1")
    with pytest.raises(ValueError, match="'keeper' is taken"):
        cluster.framework(Keeper)


def test_a_sick_task_is_ended_by_its_health_check() -> None:
    check = sdk.HealthCheck(sdk.CheckKind.TCP, 31000, grace_ms=0, interval_ms=1_000, timeout_ms=500, max_failures=2)

    class Checked(Keeper):
        wanted = 1

        def new_task(self) -> sdk.TaskInfo:
            task_id = super().new_task().task_id
            return sdk.TaskInfo(task_id, "task", NEED, sdk.Command("sleep infinity"), health_checks=(check,))

    cluster = Cluster()
    cluster.agents(1, docker=False)
    cluster.framework(Checked)
    cluster.run_for(seconds=10)
    cluster.sick("task-1")
    cluster.run_until(lambda: cluster.history("task-1").ended_s is not None, within_minutes=1)
    cluster.run_until(lambda: len(cluster.running()) == 1, within_minutes=1)
