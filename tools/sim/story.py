"""The story of a world, one line for each thing that matters: the same bytes for the same seed, always."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from barter.agent import actions as agent_act
from barter.agent import events as agent_ev
from barter.agent.executor import actions as executor_act
from barter.agent.executor import events as executor_ev
from barter.agent.facts import TaskKey
from barter.core import candidacy
from barter.core.tasks import TaskInfo
from barter.master import actions as master_act
from barter.master import events as master_ev
from barter.master.history import Entry
from barter.sdk import callbacks as told
from barter.sdk import calls
from barter.tools.sim import telling
from barter.tools.sim.agent import SimAgent
from barter.tools.sim.candidate import SimCandidate
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.executor import SimExecutor
from barter.tools.sim.faults.model import Fault
from barter.tools.sim.folding import Folding
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.host import Host
from barter.tools.sim.leading import LeadingMaster
from barter.tools.sim.master import SimMaster
from barter.tools.sim.observe import Observer
from barter.tools.sim.process import Process
from barter.tools.sim.telling import listed, said

LONGEST = 400


class Story(Observer):
    """`write` gets each line, without an end of line: seconds since the beginning, who, and what.

    What a spinning framework repeats is folded, see `Folding`; `close` tells the last of it.
    """

    name = "story"

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._folding = Folding(self._line)
        self._sequence = 0
        self._epoch = 0
        self._cluster: SimCluster

    def begin(self, cluster: SimCluster) -> None:
        self._cluster = cluster

    def close(self) -> None:
        self._folding.close()

    def _tell(self, who: str, what: str, kind: str = "") -> None:
        self._folding.tell(self._cluster.world.now_us, who, kind, partial(str, what))

    def _line(self, at_us: int, who: str, say: Callable[[], str]) -> None:
        text = " ".join(say().split())
        self._write(f"{at_us / 1e6:.6f} {who:<18} {text[:LONGEST]}")

    def process_started(self, process: Process[Any, Any]) -> None:
        begins = "leads" if isinstance(process, LeadingMaster) else "starts"
        what = f"{begins}, epoch {process.epoch}" if isinstance(process, SimMaster) else begins
        self._tell(process.name, what)

    def process_ended(self, process: Process[Any, Any], reason: str) -> None:
        self._tell(process.name, f"ends: {reason}")

    def fault(self, fault: Fault) -> None:
        self._tell("fault", str(fault))

    def master_stepped(
        self, master: SimMaster, events: Sequence[master_ev.Event], actions: Sequence[master_act.Action]
    ) -> None:
        history = master.machine.cluster.history
        if master.epoch != self._epoch:
            self._epoch, self._sequence = master.epoch, 0
        for entry in history.since(self._sequence):
            self._tell(master.name, f"{entry.kind} {entry.subject}: {entry.reason}", self._kind(entry))
        self._sequence = history.sequence
        for action in actions:
            if isinstance(action, master_act.CloseSession):
                fatal = ", for ever" if action.fatal else ""
                self._tell(master.name, f"closes session {action.session}{fatal}: {action.reason}")

    def _kind(self, entry: Entry) -> str:
        """What the master does for a framework whose answers are folded is folded, too."""
        if entry.kind == "framework_revived":
            return f"{entry.kind} {entry.subject}"
        framework = entry.reason.rpartition(" ")[2]
        folds = entry.kind in ("offer_made", "offer_declined") and self._folding.spins(framework)
        return f"{entry.kind} for {framework}" if folds else ""

    def candidate_stepped(
        self, candidate: SimCandidate, events: Sequence[candidacy.Event], actions: Sequence[candidacy.Action]
    ) -> None:
        for action in actions:
            match action:
                case candidacy.Take(epoch=epoch, reason=reason):
                    self._tell(candidate.name, f"takes the lead with epoch {epoch}: {reason}")
                case candidacy.Follow(addresses, epoch, reason):
                    self._tell(candidate.name, f"follows {addresses.get('grpc') or 'nobody'}: {reason}")
                case candidacy.Leave(_, reason):
                    self._tell(candidate.name, f"leaves: {reason}")
                case _:
                    pass

    def agent_stepped(
        self, agent: SimAgent, events: Sequence[agent_ev.Event], actions: Sequence[agent_act.Action]
    ) -> None:
        for action in actions:
            match action:
                case agent_act.Note(message):
                    self._tell(agent.name, message)
                case agent_act.LaunchTasks(tasks, reason):
                    self._tell(agent.name, f"launches {listed(task.task_id for _, task in tasks)}: {reason}")
                case agent_act.KillAtExecutor(task_id=task_id, reason=reason):
                    self._tell(agent.name, f"has {task_id} killed: {reason}")
                case agent_act.SendUpdates(updates):
                    self._tell(agent.name, f"tells {listed(said(status) for _, status in updates)}")
                case agent_act.SendRegister(tasks, updates):
                    self._tell(agent.name, f"registers, {len(tasks)} tasks, {len(updates)} updates not acknowledged")
                case agent_act.Exit(code, reason):
                    self._tell(agent.name, f"exits with {code}: {reason}")
                case _:
                    pass

    def executor_stepped(
        self,
        executor: SimExecutor,
        events: Sequence[executor_ev.Event],
        actions: Sequence[executor_act.Action],
    ) -> None:
        for event in events:
            if what := telling.order(event):
                self._tell(executor.name, what)

    def task_started(self, host: Host, key: TaskKey, task: TaskInfo) -> None:
        self._tell(host.name, f"task {key[1]} of {key[0]} runs")

    def task_ended(self, host: Host, key: TaskKey, exit_code: int) -> None:
        self._tell(host.name, f"task {key[1]} of {key[0]} ends with {exit_code}")

    def called(self, framework: SimFramework, callback: told.Callback) -> None:
        kind = self._folding.kind_of(framework.name, callback)
        self._tell(framework.name, f"is told {telling.callback(callback)}", kind)

    def asked(self, framework: SimFramework, call: calls.Call) -> None:
        self._tell(framework.name, telling.call(call), self._folding.kind_of(framework.name, call))

    def operator_asked(self, call: master_ev.OperatorCall) -> None:
        self._tell("operator", f"asks {call.call}: {telling.operator_call(call)}")

    def operator_answered(self, call: master_ev.OperatorCall, refusal: str) -> None:
        self._tell("operator", f"is answered {call.call}: {refusal or 'it is done'}")

    def at_end(self, cluster: SimCluster) -> None:
        self._tell("world", f"ends; {cluster.world.happened} things happened")
