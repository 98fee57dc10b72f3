"""Nobody holds more of what an agent lends than it lends, but those who are on their way out."""

from collections.abc import Sequence
from typing import Any

from barter.core.ids import AgentId
from barter.master import actions as act
from barter.master import events as ev
from barter.master.state import Agent
from barter.tools.sim.checkers.books import Books
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process


class Lent(Checker):
    """By the words of its agent, which the master heard last: after each step that changed what the agent lends, or its
    tasks or offers, the revocable parts of open offers, and of tasks that nobody kills, are together within what is
    lent.
    """

    name = "lent"

    def __init__(self, books: Books) -> None:
        super().__init__()
        self._books = books
        self._told: dict[AgentId, int] = {}

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimMaster):
            self._told.clear()

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        agents = master.machine.cluster.agents
        looked_at = dict.fromkeys(listed.agent.info.agent_id for listed in self._books.changed(master, events))
        for event in events:
            match event:
                case ev.AgentRegister(info=info, slack=slack):
                    agent_id, revocable = info.agent_id, slack
                case ev.AgentSlack(agent_id=named, revocable=slack):
                    agent_id, revocable = named, slack
                case _:
                    continue
            # A stranger's word changes nothing.
            if agent_id in agents and agents[agent_id].session == event.session:
                self._told[agent_id] = revocable.scalars.get("cpus", 0)
                looked_at[agent_id] = None
        for agent_id in looked_at:
            told, agent = self._told.get(agent_id), agents.get(agent_id)
            if told is not None and agent is not None and (held := _held(agent)) > told:
                self.fail(f"agent {agent_id} lends {told} thousandths of a cpu, and {held} are held of it")


def _held(agent: Agent) -> int:
    """By its tasks and offers, whatever the master's own sum says."""
    parts = [opened.offer.revocable for opened in agent.offers.values()]
    parts += [task.info.revocable for task in agent.tasks.values() if not task.ending]
    return sum(part.scalars.get("cpus", 0) for part in parts)
