"""What has ended holds nothing."""

from collections.abc import Sequence

from barter.core.ids import FrameworkId
from barter.master import actions as act
from barter.master import events as ev
from barter.master.messages import Run, Update
from barter.master.state import TaskKey
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.master import SimMaster


class EndedTasks(Checker):
    """A task whose end a master tells its framework is not among the living in that master's books. Nor is one on an
    agent that has just registered, and told of its end or not at all; but for what is launched there in that step.
    """

    name = "ended_tasks"

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        for event in events:
            if isinstance(event, ev.AgentRegister):
                self._registered(master, event, actions)
        for action in actions:
            if isinstance(action, act.SendToFramework) and isinstance(action.message, Update):
                self._told(master, action.framework_id, action.message)

    def _registered(self, master: SimMaster, event: ev.AgentRegister, actions: Sequence[act.Action]) -> None:
        agent = master.machine.cluster.agents.get(event.info.agent_id)
        if agent is None or agent.session != event.session:
            return
        listed = {(framework_id, info.task_id) for framework_id, info, _ in event.tasks}
        for key, task in agent.tasks.items():
            what = f"task {key[1]} of {key[0]} is {task.status.state} on {event.info.agent_id}"
            if task.status.terminal:
                self.fail(f"{what}, and holds there what it had")
            if key not in listed and key not in _launched(actions):
                self.fail(f"{what}, which has registered without it")

    def _told(self, master: SimMaster, framework_id: FrameworkId, update: Update) -> None:
        framework = master.machine.cluster.frameworks.get(framework_id)
        living = framework.tasks if framework is not None else {}
        for status in update.statuses:
            if status.terminal and status.task_id in living:
                what = f"{framework_id} is told that task {status.task_id} is {status.state}"
                self.fail(f"{what}, and the books have it as {living[status.task_id].status.state}")


def _launched(actions: Sequence[act.Action]) -> set[TaskKey]:
    runs = (each.message for each in actions if isinstance(each, act.SendToAgent) and isinstance(each.message, Run))
    return {(run.framework_id, task.task_id) for run in runs for task in run.tasks}
