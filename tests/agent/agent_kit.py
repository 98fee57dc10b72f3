"""Short words for the agent's tests."""

from barter.agent import actions as act
from barter.agent import events as ev
from barter.agent.book import Book
from barter.agent.machine import Agent
from barter.core.cluster import AgentInfo
from barter.core.ids import AgentId, FrameworkId, TaskId
from barter.core.machine import Tick
from barter.core.ranges import of_numbers
from barter.core.resources import Resources, resources
from barter.core.task_state import TaskState
from barter.core.tasks import Command, Container, Reason, Source, TaskInfo, TaskStatus

F = FrameworkId("f1")
HAS = resources(cpus=4000, mem=4 << 30, ports=((31000, 31009),))


def agent(book: Book | None = None, *, has: Resources = HAS, runtimes: tuple[str, ...] = ("process",)) -> Agent:
    info = AgentInfo(AgentId("a1"), "host-1", "127.0.0.1", has, runtimes=runtimes)
    return Agent(info, book or Book(), ("m1:5050", "m2:5050"))


def task(name: str, *, cpus: int = 100, ports: tuple[int, ...] = (), image: str = "") -> TaskInfo:
    wants = resources(cpus=cpus, mem=1 << 20, ports=of_numbers(ports))
    return TaskInfo(TaskId(name), name, wants, Command("true"), Container(image) if image else None)


def run(*tasks: TaskInfo, epoch: int = 1, spent: dict[TaskId, int] | None = None) -> ev.RunTasks:
    return ev.RunTasks(epoch, F, tasks, {}, spent or {})


def report(name: str, state: TaskState, sequence: int, *, healthy: bool | None = None) -> ev.Reported:
    return ev.Reported(F, TaskStatus(TaskId(name), state, Source.EXECUTOR, 7, healthy=healthy), sequence)


def reports(*each: ev.Reported, executor: str = "e1") -> ev.ExecutorReports:
    return ev.ExecutorReports(executor, each)


def acks(*uuids: str, epoch: int = 1) -> ev.Acknowledged:
    return ev.Acknowledged(epoch, tuple((F, TaskId(uuid.rpartition(":")[0]), uuid) for uuid in uuids))


def dialled(machine: Agent, now: int) -> act.ConnectMaster:
    """What an agent that is due to connect asks for."""
    [action] = [each for each in machine.step(Tick(), now) if isinstance(each, act.ConnectMaster)]
    return action


def opened(machine: Agent, now: int) -> list[act.Action]:
    """What an agent that is due to connect does on its new stream."""
    return machine.step(ev.MasterConnected(dialled(machine, now).link), now)


def ready(machine: Agent, executor: str = "e1") -> Agent:
    """With an executor and a registered master."""
    machine.step(ev.ExecutorHello(executor), 0)
    opened(machine, 0)
    machine.step(ev.Registered(1, "c1", 1000), 0)
    return machine


def heard(machine: Agent, now: int) -> list[act.Action]:
    """The master has taken note of the goodbye, and ends the session for good."""
    return machine.step(ev.MasterError(machine.book.epoch, "the agent left: SIGUSR1", True), now)


def told(actions: list[act.Action]) -> list[tuple[str, TaskState]]:
    """The updates in `actions` as (uuid, state)."""
    return [
        (status.uuid, status.state)
        for action in actions
        if isinstance(action, act.SendUpdates)
        for _, status in action.updates
    ]


def refusals(actions: list[act.Action]) -> list[tuple[str, TaskState, Reason]]:
    """The updates in `actions` as (task id, state, reason)."""
    return [
        (status.task_id, status.state, status.reason)
        for action in actions
        if isinstance(action, act.SendUpdates)
        for _, status in action.updates
    ]


def facts(actions: list[act.Action]) -> list[object]:
    return [fact for action in actions if isinstance(action, act.Record) for fact in action.facts]


def launched(actions: list[act.Action]) -> list[str]:
    return [task.task_id for action in actions if isinstance(action, act.LaunchTasks) for _, task in action.tasks]


def killed(actions: list[act.Action]) -> list[str]:
    return [action.task_id for action in actions if isinstance(action, act.KillAtExecutor)]


def kinds(actions: list[act.Action]) -> list[str]:
    return [type(action).__name__ for action in actions]


def replayed(facts: list[object]) -> Book:
    """The memory of an agent that starts again over these facts."""
    book = Book()
    for fact in facts:
        book.apply(fact)  # type: ignore[arg-type]
    return book
