"""Peers that keep to the contract, for random walks: an agent with a ledger, a framework with a memory."""

from dataclasses import dataclass, field

from barter.core.cluster import AgentInfo, Offer
from barter.core.ids import FrameworkId, OfferId, TaskId
from barter.core.task_state import TERMINAL, TRANSITIONS, TaskState
from barter.core.tasks import Source, TaskInfo, TaskStatus
from barter.master import actions as act
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.state import TaskKey

SELF_MADE = (TaskState.STARTING, TaskState.RUNNING, TaskState.KILLING, TaskState.FINISHED, TaskState.FAILED)


@dataclass
class FakeAgent:
    """Never forgets a task whose end is not acknowledged, as a real one with its ledger."""

    info: AgentInfo
    session: int = 0
    tasks: dict[TaskKey, tuple[TaskInfo, TaskStatus]] = field(default_factory=dict)
    unacked: dict[str, tuple[FrameworkId, TaskStatus]] = field(default_factory=dict)
    told: int = 0

    def hear(self, message: msg.ToAgent) -> None:
        match message:
            case msg.Run():
                for info in message.tasks:
                    staging = TaskStatus(info.task_id, TaskState.STAGING, Source.AGENT, 0, agent_id=self.info.agent_id)
                    assert (message.framework_id, info.task_id) not in self.tasks, "a task id ran twice"
                    self.tasks[message.framework_id, info.task_id] = info, staging
            case msg.Acknowledge():
                for framework_id, task_id, uuid in message.acks:
                    self.unacked.pop(uuid, None)
                    held = self.tasks.get((framework_id, task_id))
                    if (
                        held
                        and held[1].terminal
                        and not any(each[1].task_id == task_id for each in self.unacked.values())
                    ):
                        del self.tasks[framework_id, task_id]
            case msg.KillFramework():
                self.tasks = {key: held for key, held in self.tasks.items() if key[0] != message.framework_id}
                self.unacked = {uuid: one for uuid, one in self.unacked.items() if one[0] != message.framework_id}
            case _:
                pass

    def move(self, key: TaskKey, state: TaskState) -> TaskStatus | None:
        """A status of its own making, if the table allows it now."""
        info, before = self.tasks[key]
        if state not in TRANSITIONS[before.state]:
            return None
        self.told += 1
        uuid = f"{self.info.agent_id}.{info.task_id}:{self.told}"
        after = TaskStatus(info.task_id, state, Source.EXECUTOR, 0, uuid, self.info.agent_id)
        self.tasks[key] = info, after
        self.unacked[uuid] = key[0], after
        return after

    def registration(self, session: int) -> ev.AgentRegister:
        self.session = session
        tasks = tuple((key[0], info, status) for key, (info, status) in self.tasks.items())
        return ev.AgentRegister(session, self.info, tasks, tuple(self.unacked.values()))

    def live(self) -> list[TaskKey]:
        return [key for key, (_, status) in self.tasks.items() if status.state not in TERMINAL]


@dataclass
class FakeFramework:
    """`unacked` are the updates it was told in any session and has not acknowledged."""

    framework_id: FrameworkId = FrameworkId("")
    session: int = 0
    offers: dict[OfferId, Offer] = field(default_factory=dict)
    unacked: dict[str, TaskId] = field(default_factory=dict)
    launched: list[TaskId] = field(default_factory=list)

    def hear(self, message: msg.ToFramework) -> None:
        match message:
            case msg.Subscribed():
                self.framework_id, self.offers = message.framework_id, {}
            case msg.Offers():
                for offer in message.offers:
                    assert offer.framework_id == self.framework_id
                    assert offer.offer_id not in self.offers, "an offer was made twice"
                    self.offers[offer.offer_id] = offer
            case msg.Rescind():
                for offer_id in message.offer_ids:
                    del self.offers[offer_id]
            case msg.Update():
                self.unacked |= {status.uuid: status.task_id for status in message.statuses if status.uuid}
            case _:
                pass


class Peers:
    """Delivers what a master sends, to the sessions that are open."""

    def __init__(self) -> None:
        self.agents: list[FakeAgent] = []
        self.frameworks: list[FakeFramework] = []
        self._sessions = 100

    def new_session(self) -> int:
        self._sessions += 1
        return self._sessions

    def deliver(self, actions: list[act.Action]) -> None:
        for action in actions:
            match action:
                case act.SendToAgent():
                    [agent] = [one for one in self.agents if one.session == action.session]
                    agent.hear(action.message)
                case act.SendToFramework():
                    [framework] = [one for one in self.frameworks if one.session == action.session]
                    framework.hear(action.message)
                case act.CloseSession():
                    peers: list[FakeAgent | FakeFramework] = [*self.agents, *self.frameworks]
                    for peer in peers:
                        if peer.session == action.session:
                            peer.session = 0
                case _:
                    pass
