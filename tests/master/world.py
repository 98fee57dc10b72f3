"""A master driven as its runner drives it: a batch of events, then the Tick it asks for."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from barter.core.cluster import AgentInfo, Demand, FrameworkInfo, Offer
from barter.core.ids import AgentId, DemandId, FrameworkId, OfferId, TaskId
from barter.core.machine import Tick
from barter.core.resources import Resources, resources
from barter.core.task_state import TaskState
from barter.core.tasks import Command, Container, Source, TaskInfo, TaskPort, TaskStatus
from barter.core.units import MIB
from barter.master import actions as act
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.cluster import Timing
from barter.master.facts import Recovered
from barter.master.machine import Master

MessageT = TypeVar("MessageT")
A1, A2 = AgentId("a1"), AgentId("a2")
AGENT, FRAMEWORK = 1, 2
AGENT_TIMEOUT, OFFER_TIMEOUT = 30_000, 20_000
FIRST_START = Recovered("abc123", 1)
NEED = resources(cpus=100, mem=32 * MIB)


def agent(agent_id: AgentId = A1, *, cpus: int = 4_000, runtimes: tuple[str, ...] = ("process",)) -> AgentInfo:
    has = resources(cpus=cpus, mem=4096 * MIB, ports=((31_000, 31_009),))
    return AgentInfo(agent_id, f"host-{agent_id}", f"10.0.0.{agent_id[1:]}", has, runtimes=runtimes)


def task(name: str, need: Resources = NEED, *, ports: tuple[TaskPort, ...] = (), demand: str = "") -> TaskInfo:
    return TaskInfo(TaskId(name), name, need, Command(shell="true"), ports=ports, demand_id=DemandId(demand))


def image_task(name: str) -> TaskInfo:
    return replace(task(name), container=Container("busybox"))


def status(
    name: str, state: TaskState, number: int = 0, *, agent_id: AgentId = A1, healthy: bool | None = None
) -> TaskStatus:
    uuid = f"{name}:{number}" if number else ""
    return TaskStatus(TaskId(name), state, Source.EXECUTOR, 0, uuid, agent_id, healthy=healthy)


def demand(name: str, count: int, need: Resources = NEED) -> Demand:
    return Demand(DemandId(name), need, count)


class World:
    """`now` goes on by one millisecond a batch; `facts` are those made durable, in order."""

    def __init__(self, recovered: Recovered = FIRST_START) -> None:
        self.now = 1_000
        self.master = Master(recovered, Timing(AGENT_TIMEOUT, OFFER_TIMEOUT), self.now)
        self.cluster = self.master.cluster
        self.last: list[act.Action] = []
        self.facts: list[object] = []

    def do(self, *events: ev.Event | Tick) -> list[act.Action]:
        self.now += 1
        self.last = [action for event in events for action in self.master.step(event, self.now)]
        wakeup = self.master.next_wakeup()
        if wakeup is not None and wakeup <= self.now:
            self.last += self.master.step(Tick(), self.now)
        self.facts += [action.fact for action in self.last if isinstance(action, act.Persist)]
        return self.last

    def wait(self, ms: int) -> list[act.Action]:
        """Let time pass, with every Tick when it is due; return all that was done."""
        until, done = self.now + ms, list[act.Action]()
        while (wakeup := self.master.next_wakeup()) is not None and wakeup <= until:
            self.now = max(wakeup, self.now)
            done += self.master.step(Tick(), self.now)
        self.now = until
        self.last = done
        return done

    def sent(self, kind: type[MessageT], session: int | None = None) -> list[MessageT]:
        """The messages of a kind in the last batch."""
        return [
            action.message
            for action in self.last
            if isinstance(action, act.SendToAgent | act.SendToFramework)
            and isinstance(action.message, kind)
            and session in (None, action.session)
        ]

    def statuses(self, session: int = FRAMEWORK) -> list[TaskStatus]:
        return [told for update in self.sent(msg.Update, session) for told in update.statuses]

    def offers(self, session: int = FRAMEWORK) -> list[Offer]:
        return [offer for offers in self.sent(msg.Offers, session) for offer in offers.offers]

    def closed(self) -> dict[int, act.CloseSession]:
        return {action.session: action for action in self.last if isinstance(action, act.CloseSession)}

    def register(self, info: AgentInfo | None = None, session: int = AGENT, **told: Sequence[object]) -> None:
        event = ev.AgentRegister(session, info or agent())
        self.do(replace(event, **{name: tuple(value) for name, value in told.items()}))  # type: ignore[arg-type]

    def subscribe(
        self, name: str = "f", session: int = FRAMEWORK, *, framework_id: str = "", demands_only: bool = False
    ) -> FrameworkId:
        info = FrameworkInfo(name, FrameworkId(framework_id), failover_timeout_ms=100_000)
        self.do(ev.Subscribe(session, info, demands_only))
        return self.sent(msg.Subscribed, session)[0].framework_id

    def accept(self, offer_id: OfferId, *tasks: TaskInfo, session: int = FRAMEWORK) -> None:
        self.do(ev.Accept(session, (offer_id,), tasks))

    def update(
        self, framework_id: FrameworkId, *told: TaskStatus, session: int = AGENT, agent_id: AgentId = A1
    ) -> None:
        self.do(ev.AgentUpdates(session, agent_id, tuple((framework_id, each) for each in told)))

    def running(self, *tasks: TaskInfo) -> FrameworkId:
        """An agent, a framework, and these tasks of it running and acknowledged."""
        framework_id = self.subscribe()
        self.register()
        self.accept(self.offers()[0].offer_id, *tasks)
        told = [status(info.task_id, TaskState.RUNNING, 1) for info in tasks]
        self.update(framework_id, *told)
        acks = tuple((framework_id, each.task_id, each.uuid) for each in told)
        self.do(ev.AcknowledgeUpdates(FRAMEWORK, acks))
        return framework_id
