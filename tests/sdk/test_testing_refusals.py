"""What an author asks of a simulated cluster that cannot be is refused with what to do instead."""

from collections.abc import Sequence

import pytest

from barter import sdk
from barter.sdk.testing import Broken, Cluster, NotInTime, Run
from tests.sdk.test_testing import Keeper, kept


@pytest.mark.parametrize("delay", [float("nan"), float("inf")])
def test_a_delay_that_is_no_time_is_refused(delay: float) -> None:
    class Confused(Keeper):
        def registered(self, driver: sdk.Driver, framework_id: sdk.FrameworkId) -> None:
            driver.call_later(delay, driver.revive)  # type: ignore[arg-type]

    cluster = Cluster(seed=5)
    cluster.agents(2, docker=False)
    cluster.framework(Confused)
    with pytest.raises(Broken, match=r"scheduler_errors: confused: .*cannot convert float"):
        cluster.run_for(minutes=1)


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ({"framework": "nobody"}, "no framework 'nobody'; there are keeper"),
        ({"agent": "agent-9"}, "no agent 'agent-9'; there are agent-0, agent-1"),
        ({"zone": "x"}, "no agent is in zone 'x'; there are a, b, c"),
    ],
)
def test_who_is_not_there_is_not_looked_up(named: dict[str, str], says: str) -> None:
    cluster = kept()
    with pytest.raises(LookupError, match=says):
        cluster.running(**named)
    with pytest.raises(LookupError, match=says):
        cluster.tasks(**named)  # type: ignore[arg-type]
    if "framework" in named:
        with pytest.raises(LookupError, match=says):
            cluster.history("task-1", **named)


def test_one_may_look_before_anything_has_started() -> None:
    cluster = Cluster()
    cluster.agents(3, zones="abc")
    assert cluster.running(zone="a") == cluster.tasks(agent="agent-1") == []
    with pytest.raises(LookupError, match="no agent is in zone 'x'; there are a, b, c"):
        cluster.running(zone="x")


def test_what_is_lost_before_anything_has_started_stays_off() -> None:
    cluster = Cluster()
    cluster.agents(2, zones="ab", docker=False)
    cluster.lose(zone="a")
    cluster.framework(Keeper)
    cluster.run_for(minutes=1)
    assert {task.agent for task in cluster.running()} == {"agent-1"}
    assert "agent-0            starts" not in cluster.story()
    cluster.restore()
    cluster.run_for(minutes=1)
    assert "agent-0            starts" in cluster.story()


def test_states_and_seconds_to_look_for() -> None:
    cluster = kept()
    cluster.run_for(seconds=2)
    assert cluster.tasks(state="TASK_RUNNING") == cluster.tasks(state=sdk.TaskState.RUNNING) == cluster.tasks()
    assert cluster.tasks(state="TASK_LOST") == []
    with pytest.raises(ValueError, match="no task state 'RUNNING'; there are TASK_STAGING, "):
        cluster.tasks(state="RUNNING")
    for at in (cluster.now_s + 1, -1.0, float("nan")):
        with pytest.raises(ValueError, match="is no second of what has been, from 0 to "):
            cluster.tasks(at=at)
    assert len(cluster.tasks(at=cluster.now_s)) == 4


def test_trouble_for_nobody_is_refused() -> None:
    cluster = kept()
    with pytest.raises(ValueError, match=r"lose\('agent-0'\) or lose\(zone='b'\)"):
        cluster.lose()
    with pytest.raises(ValueError, match=r"partition\('workers'\)"):
        cluster.partition()
    with pytest.raises(LookupError, match=r"no agent and no framework 'nope': agents agent-0, .*; frameworks keeper"):
        cluster.partition("agent-0", "nope")
    for rate in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="is not how often"):
            cluster.faults(rate=rate)


def test_only_what_was_lost_is_restored() -> None:
    cluster = kept()
    with pytest.raises(ValueError, match="'agent-1' was not lost"):
        cluster.restore("agent-1")
    cluster.lose("agent-0")
    with pytest.raises(ValueError, match=r"zone 'b' was not lost"):
        cluster.restore(zone="b")
    with pytest.raises(ValueError, match="'agent-1' was not lost"):
        cluster.restore("agent-0", "agent-1")
    assert cluster.story().count("has power again") == 0
    cluster.restore(zone="a")
    assert cluster.story().count("agent-0 has power again") == 1
    cluster.restore()


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_no_time_does_not_pass(seconds: float) -> None:
    with pytest.raises(ValueError, match=r"run_for\(minutes=5\)"):
        Cluster().run_for(seconds=seconds)


def test_a_condition_is_called() -> None:
    cluster = kept()
    with pytest.raises(TypeError, match=r"run_until\(lambda: \.\.\.\)"):
        cluster.run_until(len(cluster.running()) == 4)  # type: ignore[arg-type]


def test_of_a_long_condition_the_beginning_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def of_many_lines() -> bool:
        return False

    cluster = Cluster()
    with pytest.raises(NotInTime, match=r"minutes: def of_many_lines\(\) -> bool:\n\nthe last"):
        cluster.run_until(of_many_lines, within_minutes=0.1)
    with pytest.raises(NotInTime) as raised:
        cluster.run_until(lambda: f"{cluster.now_s} is longer than {cluster.now_s} and in one line" == "")
    told = raised.value.message.partition("minutes: ")[2]
    assert told == 'lambda: f"{cluster.now_s} is longer than {cluster.now_s} and in one line" == "")'
    monkeypatch.setattr("barter.sdk.testing.cluster.LONGEST", 20)
    with pytest.raises(NotInTime, match=r"minutes: lambda: len\(clust\.\.\.\n"):
        cluster.run_until(lambda: len(cluster.tasks()) > 0, within_minutes=0.1)


def test_what_cannot_be_called_for_a_scheduler_is_refused() -> None:
    class Greedy(Keeper):
        def __init__(self, store: sdk.StateStore, count: int) -> None:
            super().__init__()

    with pytest.raises(
        TypeError, match=r"Greedy.*asks for store and count, .* defaults \(.*test_testing_refusals.py, line \d"
    ):
        Cluster().framework(Greedy)
    with pytest.raises(TypeError, match="a Keeper made already: name its class"):
        Cluster().framework(Keeper())  # type: ignore[arg-type]


def test_what_tasks_do_has_to_be_a_run() -> None:
    cluster = Cluster()
    cluster.agents(1, docker=False)
    with pytest.raises(TypeError, match=r"behaviour\(lambda task: Run"):
        cluster.behaviour(Run(30))  # type: ignore[arg-type]
    cluster.behaviour(lambda task: None)  # type: ignore[arg-type,return-value]
    cluster.framework(Keeper)
    with pytest.raises(TypeError, match=r"behaviour\(\) has None for task task-1: return a Run"):
        cluster.run_for(seconds=10)


def test_executors_of_a_frameworks_own_are_not_simulated() -> None:
    class Bringing(sdk.Scheduler):
        def resource_offers(self, driver: sdk.Driver, offers: Sequence[sdk.Offer]) -> None:
            own = sdk.ExecutorInfo(sdk.ExecutorId("x"), sdk.Command("x"))
            driver.launch(offers[0], [sdk.TaskInfo(sdk.TaskId("t"), "t", sdk.resources(cpus=100), executor=own)])

    cluster = Cluster(seed=5)
    cluster.agents(2, docker=False)
    cluster.framework(Bringing)
    with pytest.raises(Broken, match="task t names an executor: the simulator runs none but the agents' own"):
        cluster.run_for(minutes=1)


def test_groups_are_simulated() -> None:
    class Pairs(sdk.Scheduler):
        launched = False

        def resource_offers(self, driver: sdk.Driver, offers: Sequence[sdk.Offer]) -> None:
            need = sdk.resources(cpus=100)
            for offer in offers:
                pair = [sdk.TaskInfo(sdk.TaskId(name), name, need, sdk.Command("sleep infinity")) for name in "ab"]
                driver.launch(offer, () if self.launched else sdk.task_group("g", pair))
                self.launched = True

    cluster = Cluster(seed=5)
    cluster.agents(2, docker=False)
    cluster.framework(Pairs)
    cluster.run_until(lambda: len(cluster.running()) == 2)
    cluster.kill(cluster.running()[0])
    cluster.run_for(minutes=1)
    assert cluster.running() == []
