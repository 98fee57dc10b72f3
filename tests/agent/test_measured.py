"""What the agent keeps of its executors' measurements, and what its metrics and its NodeService make of it."""

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from barter.agent import events as ev
from barter.agent.machine import Agent
from barter.agent.shell import usage
from barter.core.ids import FrameworkId, TaskId
from barter.core.task_state import TaskState
from tests.agent import agent_kit as kit


def used(name: str, cpu_us: int, cpus: int = 500, read: int | None = None, sent: int | None = None) -> ev.TaskUsage:
    return ev.TaskUsage(kit.F, TaskId(name), cpus, 1 << 20, cpu_us, read=read, sent=sent)


def measured(*usages: ev.TaskUsage, machine: Agent | None = None, now: int = 10_000) -> Agent:
    """With tasks t1 and t2 running, unless it is given."""
    if machine is None:
        machine = kit.ready(kit.agent())
        machine.step(kit.run(kit.task("t1"), kit.task("t2")), 0)
        running = (kit.report("t1", TaskState.RUNNING, 1), kit.report("t2", TaskState.RUNNING, 2))
        machine.step(kit.reports(*running), 0)
    machine.step(ev.ExecutorUsage("e1", usages), now)
    return machine


def text(machine: Agent) -> str:
    class One(Collector):
        def collect(self) -> list[Metric]:
            return list(usage.metrics(machine))

    registry = CollectorRegistry()
    registry.register(One())
    return generate_latest(registry).decode()


def test_each_running_task_is_told_with_its_last_measurement() -> None:
    machine = measured(used("t1", 1_500_000), used("t2", 1, read=7))
    measured(used("t1", 2_500_000, cpus=100), machine=machine, now=20_000)
    told = {each.task_id: each for each in usage.reply(machine).tasks}
    assert (told["t1"].cpu_us, told["t1"].cpus, told["t1"].measured_ms) == (2_500_000, 100, 20_000)
    assert (told["t2"].cpu_us, told["t2"].read, told["t2"].measured_ms) == (1, 7, 10_000)
    assert told["t2"].HasField("read")
    assert not told["t2"].HasField("sent")


def test_a_task_that_has_ended_is_told_no_more_but_stays_in_the_sums() -> None:
    machine = measured(used("t1", 1_500_000, sent=10), used("t2", 500_000))
    before = text(machine)
    assert 'barter_agent_task_cpu_seconds_total{framework="f1",task="t1"} 1.5' in before
    assert 'barter_agent_task_sent_bytes_total{framework="f1",task="t1"} 10.0' in before
    assert 'barter_agent_task_sent_bytes_total{framework="f1",task="t2"}' not in before
    assert "barter_agent_tasks_cpus 1.0" in before
    machine.step(kit.reports(kit.report("t1", TaskState.FINISHED, 3)), 11_000)
    measured(used("t1", 9_000_000), used("t2", 600_000), machine=machine, now=20_000)
    after = text(machine)
    assert 'task="t1"' not in after
    assert "barter_agent_tasks_cpu_seconds_total 2.1" in after
    assert "barter_agent_tasks_sent_bytes_total 10.0" in after
    assert [each.task_id for each in usage.reply(machine).tasks] == ["t2"]


def test_what_no_task_of_this_agent_is_said_to_use_is_nobodys() -> None:
    machine = measured(used("t3", 5_000_000))
    machine.step(ev.ExecutorUsage("stranger", (used("t1", 1_000_000),)), 10_000)
    machine.step(ev.ExecutorUsage("e1", (ev.TaskUsage(FrameworkId("f2"), TaskId("t1"), 1, 1),)), 10_000)
    assert not usage.reply(machine).tasks
    assert "barter_agent_tasks_cpu_seconds_total 0.0" in text(machine)


def test_what_tasks_of_an_earlier_start_had_used_by_then_is_not_counted_again() -> None:
    earlier = measured(used("t1", 5_000_000))
    machine = kit.ready(kit.agent(earlier.book))
    measured(used("t1", 6_000_000), machine=machine)
    assert "barter_agent_tasks_cpu_seconds_total 0.0" in text(machine)
    measured(used("t1", 6_500_000), machine=machine)
    assert "barter_agent_tasks_cpu_seconds_total 0.5" in text(machine)
