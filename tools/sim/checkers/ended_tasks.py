"""What has ended holds nothing."""

from collections.abc import Sequence

from barter.master import actions as act
from barter.master import events as ev
from barter.master.messages import Update
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.master import SimMaster


class EndedTasks(Checker):
    """A task whose end a master tells its framework is not among the living in that master's books, on no agent and
    with its framework; nor is any ended one of an agent that has just registered.
    """

    name = "ended_tasks"

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        books = master.machine.cluster
        for event in events:
            if isinstance(event, ev.AgentRegister) and (agent := books.agents.get(event.info.agent_id)) is not None:
                for key, task in agent.tasks.items():
                    if task.status.terminal:
                        self.fail(
                            f"task {key[1]} of {key[0]} is {task.status.state}, and still on {event.info.agent_id}"
                        )
        for action in actions:
            if isinstance(action, act.SendToFramework) and isinstance(action.message, Update):
                framework = books.frameworks.get(action.framework_id)
                living = framework.tasks if framework is not None else {}
                for status in action.message.statuses:
                    if status.terminal and status.task_id in living:
                        what = f"{action.framework_id} is told that task {status.task_id} is {status.state}"
                        self.fail(f"{what}, and the books have it as {living[status.task_id].status.state}")
