"""No master has a task killed that nobody asked to kill."""

from collections.abc import Sequence

from barter.agent.facts import TaskKey
from barter.core.task_state import TERMINAL
from barter.core.tasks import Reason
from barter.master import actions as act
from barter.master import events as ev
from barter.master.messages import Kill, KillFramework, Update
from barter.sdk import calls
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.master import SimMaster


class Kills(Checker):
    """Each kill that a master sends to an agent has a cause: a process of the task's framework asked for it at some
    time, or the master has the task as ended; those for a drain, a preemption or a late return have checkers of their
    own. Each KillFramework is for a framework the master has no more.
    """

    name = "kills"

    def __init__(self) -> None:
        super().__init__()
        self._asked: set[TaskKey] = set()
        self._ended: set[TaskKey] = set()

    def asked(self, framework: SimFramework, call: calls.Call) -> None:
        if isinstance(call, calls.Kill):
            self._asked.add((framework.driver.framework_id, call.task_id))

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        for action in actions:
            match action:
                case act.SendToFramework(framework_id=framework_id, message=Update(statuses)):
                    self._ended |= {(framework_id, each.task_id) for each in statuses if each.state in TERMINAL}
                case act.SendToAgent(message=Kill(cause=Reason.AGENT_DRAINING | Reason.PREEMPTED)):
                    pass
                case act.SendToAgent(message=Kill(cause=Reason.RETURNED_LATE)):
                    pass
                case act.SendToAgent(agent_id=agent_id, message=Kill() as kill):
                    key = (kill.framework_id, kill.task_id)
                    ended = key in self._ended or master.machine.cluster.ended.get(key) is not None
                    if key not in self._asked and not ended:
                        what = f"agent {agent_id} is to kill task {key[1]} of {key[0]}"
                        self.fail(f"{what} ({kill.reason}), and nobody asked for that")
                case act.SendToAgent(agent_id=agent_id, message=KillFramework(framework_id)):
                    if framework_id in master.machine.cluster.frameworks:
                        self.fail(f"agent {agent_id} is to kill all of {framework_id}, which is not removed")
                case _:
                    pass
