"""No update is lost before its framework has it."""

from collections.abc import Sequence

from barter.agent.facts import Acked, Admitted, Fact, Forgotten, FrameworkRemoved, Left, Told
from barter.core.ids import FrameworkId, TaskId
from barter.core.tasks import TaskStatus
from barter.master import actions as act
from barter.master import events as ev
from barter.master.facts import Fact as MasterFact
from barter.master.facts import FrameworkRemoved as RemovedForGood
from barter.master.messages import Acknowledge
from barter.sdk.callbacks import Callback, StatusUpdate
from barter.tools.sim.agent import SimAgent
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.master import SimMaster
from barter.tools.sim.world import SECOND_US

Uuid = tuple[FrameworkId, str]


class UpdatesKept(Checker):
    """An update with a uuid, once durable at an agent, is let go of durably only after one of these:

    - a scheduler of its framework was called with it and returned, or with another end of the same task before;
    - a master answered for it because the books forbid it, and noted that as refused in its history in that batch;
    - its framework was removed durably by a master (`docs/master.md`: nobody waits any more);
    - the agent left for good: the master then tells the end itself, as TASK_GONE.

    What an agent had in memory when it was killed, and the framework's removal it hears of later, are no exceptions:
    only what is durable counts, on both sides. At the end nothing has been pending for a second, at agents and master.
    """

    name = "updates_kept"

    def __init__(self) -> None:
        super().__init__()
        self._pending: dict[str, dict[tuple[FrameworkId, TaskId], dict[str, TaskStatus]]] = {}
        self._since_us: dict[Uuid, int] = {}
        self._had: set[Uuid] = set()
        self._ended: set[tuple[FrameworkId, TaskId]] = set()
        self._answered: set[Uuid] = set()
        self._removed: set[FrameworkId] = set()
        self._sequence = 0

    def called(self, framework: SimFramework, callback: Callback) -> None:
        if isinstance(callback, StatusUpdate):
            framework_id, status = framework.driver.framework_id, callback.status
            if status.uuid:
                self._had.add((framework_id, status.uuid))
            if status.terminal:
                self._ended.add((framework_id, status.task_id))

    def master_committed(self, master: SimMaster, facts: Sequence[MasterFact]) -> None:
        self._removed |= {fact.framework_id for fact in facts if isinstance(fact, RemovedForGood)}

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        asked: set[Uuid] | None = None
        for action in actions:
            if isinstance(action, act.SendToAgent) and isinstance(action.message, Acknowledge):
                asked = _acknowledged(events) if asked is None else asked
                unasked = [ack for ack in action.message.acks if (ack[0], ack[2]) not in asked]
                if unasked:
                    self._answers(master, action, unasked, len(events))

    def _answers(
        self, master: SimMaster, action: act.SendToAgent, acks: Sequence[tuple[FrameworkId, TaskId, str]], batch: int
    ) -> None:
        """The master speaks for the framework: it has to have said why."""
        history = master.machine.cluster.history
        refused = {entry.subject for entry in history.last(1_000) if entry.kind == "status_refused"}
        for framework_id, task_id, uuid in acks:
            gone = framework_id not in master.machine.cluster.frameworks
            if not gone and task_id not in refused:
                what = f"epoch {master.epoch} acknowledges {uuid} of {framework_id} to {action.agent_id}"
                self.fail(f"{what}, and neither the framework nor a refusal in the history asked for it")
            if not gone:
                self._answered.add((framework_id, uuid))

    def agent_committed(self, agent: SimAgent, facts: Sequence[Fact]) -> None:
        pending = self._pending.setdefault(agent.name, {})
        for fact in facts:
            match fact:
                case Admitted(framework_id, task, status) if status.uuid:
                    pending.setdefault((framework_id, task.task_id), {})[status.uuid] = status
                    self._since_us[framework_id, status.uuid] = agent.world.now_us
                case Told(framework_id, status) if status.uuid:
                    pending.setdefault((framework_id, status.task_id), {})[status.uuid] = status
                    self._since_us[framework_id, status.uuid] = agent.world.now_us
                case Acked(framework_id, task_id, uuid):
                    self._let_go(agent, framework_id, pending.get((framework_id, task_id), {}).pop(uuid, None))
                case Forgotten(framework_id, task_id):
                    for status in pending.pop((framework_id, task_id), {}).values():
                        self._let_go(agent, framework_id, status)
                case FrameworkRemoved(framework_id):
                    for key in [key for key in pending if key[0] == framework_id]:
                        for status in pending.pop(key).values():
                            self._let_go(agent, framework_id, status)
                case Left():
                    pending.clear()
                case _:
                    pass

    def _let_go(self, agent: SimAgent, framework_id: FrameworkId, status: TaskStatus | None) -> None:
        if status is None or framework_id in self._removed:
            return
        uuid = (framework_id, status.uuid)
        if uuid in self._had or uuid in self._answered or (framework_id, status.task_id) in self._ended:
            return
        what = f"{agent.name} lets go of {status.uuid} ({status.state}) of {framework_id}"
        self.fail(f"{what}, which its scheduler was never called with, and no master answered for")

    def at_end(self, cluster: SimCluster) -> None:
        latest_us = cluster.world.now_us - SECOND_US
        for agent in cluster.agents.values():
            for framework_id, status in agent.machine.book.unacknowledged():
                if self._since_us.get((framework_id, status.uuid), 0) > latest_us:
                    continue
                self.fail(f"{agent.name} still waits for {status.uuid} ({status.state}) of {framework_id}")
        for framework in cluster.master.machine.cluster.frameworks.values():
            for uuid, pending in framework.pending.items():
                if self._since_us.get((framework.framework_id, uuid), 0) > latest_us:
                    continue
                what = f"{uuid} ({pending.status.state}) of {framework.framework_id} from {pending.agent_id}"
                self.fail(f"the master still waits for {what}")


def _acknowledged(events: Sequence[ev.Event]) -> set[Uuid]:
    return {
        (framework_id, uuid)
        for event in events
        if isinstance(event, ev.AcknowledgeUpdates)
        for framework_id, _, uuid in event.acks
    }
