"""An agent that was marked gone does not come back."""

from collections.abc import Sequence

from barter.core.ids import AgentId
from barter.master import actions as act
from barter.master import events as ev
from barter.master.facts import AgentGone, Fact
from barter.master.messages import Registered, Run
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.master import SimMaster


class Gone(Checker):
    """Once it is durable that an agent was marked gone, no master of any life takes it in under this id, or gives it
    tasks.
    """

    name = "gone"

    def __init__(self) -> None:
        super().__init__()
        self._gone: set[AgentId] = set()

    def master_committed(self, master: SimMaster, facts: Sequence[Fact]) -> None:
        self._gone |= {fact.agent_id for fact in facts if isinstance(fact, AgentGone)}

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        for action in actions if self._gone else ():
            match action:
                case act.SendToAgent(agent_id=agent_id, message=Registered() | Run() as message):
                    if agent_id in self._gone:
                        self.fail(f"{agent_id} was marked gone, and is sent {type(message).__name__.lower()}")
                case _:
                    pass
