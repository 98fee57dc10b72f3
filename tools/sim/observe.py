"""Those who watch a world: checkers, which end it when something must not be, and the story."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from barter.agent import actions as agent_actions
from barter.agent import events as agent_events
from barter.agent.executor import actions as executor_actions
from barter.agent.executor import events as executor_events
from barter.agent.facts import Fact as AgentFact
from barter.agent.facts import TaskKey
from barter.core import candidacy
from barter.core.tasks import TaskInfo
from barter.master import actions as master_actions
from barter.master import events as master_events
from barter.master.facts import Fact as MasterFact
from barter.sdk.callbacks import Callback
from barter.sdk.calls import Call

if TYPE_CHECKING:
    from barter.tools.sim.agent import SimAgent
    from barter.tools.sim.candidate import SimCandidate
    from barter.tools.sim.cluster import SimCluster
    from barter.tools.sim.executor import SimExecutor
    from barter.tools.sim.faults.model import Fault
    from barter.tools.sim.framework import SimFramework
    from barter.tools.sim.host import Host
    from barter.tools.sim.master import SimMaster
    from barter.tools.sim.process import Process


class Violated(Exception):
    """Something that must never be, was. `checker` is the name of the file that says so."""

    def __init__(self, checker: str, message: str) -> None:
        super().__init__(f"{checker}: {message}")
        self.checker = checker
        self.message = message


class Observer:
    """Override what you need; nothing here may change the world.

    `..._stepped` is called after each batch that had events or caused actions, before these are carried out; but where
    a master only heard heartbeats, which came of nothing else, it is `master_heard`.
    """

    name = ""

    def begin(self, cluster: "SimCluster") -> None:
        """The cluster is put together; nothing has started."""

    def process_started(self, process: "Process[Any, Any]") -> None: ...

    def process_ended(self, process: "Process[Any, Any]", reason: str) -> None:
        """It crashed or exited."""

    def fault(self, fault: "Fault") -> None: ...

    def master_stepped(
        self, master: "SimMaster", events: Sequence[master_events.Event], actions: Sequence[master_actions.Action]
    ) -> None: ...

    def master_heard(self, master: "SimMaster", heartbeats: Sequence[master_events.Event]) -> None: ...

    def master_committed(self, master: "SimMaster", facts: Sequence[MasterFact]) -> None: ...

    def candidate_stepped(
        self, candidate: "SimCandidate", events: Sequence[candidacy.Event], actions: Sequence[candidacy.Action]
    ) -> None: ...

    def agent_stepped(
        self, agent: "SimAgent", events: Sequence[agent_events.Event], actions: Sequence[agent_actions.Action]
    ) -> None: ...

    def agent_committed(self, agent: "SimAgent", facts: Sequence[AgentFact]) -> None:
        """`facts` are durable now."""

    def executor_stepped(
        self,
        executor: "SimExecutor",
        events: Sequence[executor_events.Event],
        actions: Sequence[executor_actions.Action],
    ) -> None: ...

    def task_started(self, host: "Host", key: TaskKey, task: TaskInfo) -> None:
        """A process or container of this task runs from now on: the ground truth."""

    def task_ended(self, host: "Host", key: TaskKey, exit_code: int) -> None:
        """It runs no more."""

    def called(self, framework: "SimFramework", callback: Callback) -> None:
        """This callback of the framework's scheduler returned or raised."""

    def asked(self, framework: "SimFramework", call: Call) -> None:
        """This call of the framework leaves for the master."""

    def operator_asked(self, call: master_events.OperatorCall) -> None:
        """It is on its way to a master."""

    def operator_answered(self, call: master_events.OperatorCall, refusal: str) -> None:
        """The master's answer came; empty where it is done."""

    def calmed(self, cluster: "SimCluster") -> None:
        """What was wrong is mended, and no fault comes any more."""

    def at_end(self, cluster: "SimCluster") -> None:
        """All faults are over, and the world had its time to settle."""


class Seen:
    """For each thing that happens the observers that want to know, so that the others cost nothing."""

    def __init__(self) -> None:
        self.begin: list[Callable[..., None]] = []
        self.process_started: list[Callable[..., None]] = []
        self.process_ended: list[Callable[..., None]] = []
        self.fault: list[Callable[..., None]] = []
        self.master_stepped: list[Callable[..., None]] = []
        self.master_heard: list[Callable[..., None]] = []
        self.master_committed: list[Callable[..., None]] = []
        self.candidate_stepped: list[Callable[..., None]] = []
        self.agent_stepped: list[Callable[..., None]] = []
        self.agent_committed: list[Callable[..., None]] = []
        self.executor_stepped: list[Callable[..., None]] = []
        self.task_started: list[Callable[..., None]] = []
        self.task_ended: list[Callable[..., None]] = []
        self.called: list[Callable[..., None]] = []
        self.asked: list[Callable[..., None]] = []
        self.operator_asked: list[Callable[..., None]] = []
        self.operator_answered: list[Callable[..., None]] = []
        self.calmed: list[Callable[..., None]] = []
        self.at_end: list[Callable[..., None]] = []

    def add(self, observer: Observer) -> None:
        for hook, watching in vars(self).items():
            if getattr(type(observer), hook) is not getattr(Observer, hook):
                watching.append(getattr(observer, hook))
