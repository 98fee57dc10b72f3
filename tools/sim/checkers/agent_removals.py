"""Agents out of reach are removed in good time, one by one, and not when many are lost at once."""

from collections.abc import Sequence
from typing import Any

from barter.core.ids import AgentId
from barter.core.removals import RemovalMode, Removals
from barter.master import actions as act
from barter.master import events as ev
from barter.master.cluster import Timing
from barter.master.facts import AgentRemoved, Fact, RemovalsSet
from barter.master.state import NO_SESSION
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process

DRIFT_PARTS = 10
SLACK_US = 1_000_000


class AgentRemovals(Checker):
    """Whenever a master removes an agent, all by what this checker saw itself, and less a tenth for clocks that err:

    - It heard nothing of that agent for the agent timeout and the time until removal; before its start nothing counts.
    - It removed no other for as long as it is to wait between two, and removals are neither frozen nor held; whether
      they are is durable.
    - Of the agents it knows no more than the set share fell silent together: within its window of the same moment,
      and without a word since, the end of a stream being one; but for those that were silent when an operator said
      that they are lost indeed.
    - The agent is not under maintenance, and holds no reservation and no volume.
    """

    name = "agent_removals"

    def __init__(self) -> None:
        super().__init__()
        self._heard_us: dict[AgentId, int] = {}
        self._parted_us: dict[AgentId, int] = {}
        self._excused: set[AgentId] = set()
        self._last_us: int | None = None
        self._stopped = self._durable = ""

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimMaster):
            now_us, books = process.world.now_us, process.machine.cluster
            self._heard_us = dict.fromkeys(books.agents, now_us)
            self._parted_us = {}
            self._last_us = None
            self._stopped = self._durable
            if self._stopped != _stop(books.reach.removals):
                self.fail(f"removals were {self._stopped or 'running'}, and a master starts with others")

    def master_heard(self, master: SimMaster, heartbeats: Sequence[ev.Event]) -> None:
        self._hear(master, heartbeats)

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        self._hear(master, events)
        for action in actions:
            if not isinstance(action, act.Persist):
                continue
            match action.fact:
                case AgentRemoved(removed) if not removed.returned:
                    self._judge(master, removed.agent_id)
                case RemovalsSet(removals):
                    self._stopped = _stop(removals)
                    self._excused = set(removals.excused)
                case _:
                    pass

    def master_committed(self, master: SimMaster, facts: Sequence[Fact]) -> None:
        for fact in facts:
            if isinstance(fact, RemovalsSet):
                self._durable = _stop(fact.removals)

    def _hear(self, master: SimMaster, events: Sequence[ev.Event]) -> None:
        """What comes of a stream that is not the agent's any more is not the agent's word."""
        now_us, agents = master.world.now_us, master.machine.cluster.agents
        for event in events:
            if isinstance(event, ev.AgentDisconnected):
                agent = agents.get(event.agent_id)
                if agent is not None and agent.session == NO_SESSION and not agent.unreachable:
                    self._parted_us[event.agent_id] = now_us
                continue
            if not isinstance(event, ev.AgentEvent):
                continue
            agent_id = event.info.agent_id if isinstance(event, ev.AgentRegister) else event.agent_id
            if (agent := agents.get(agent_id)) is not None and agent.session == event.session:
                self._heard_us[agent_id] = now_us
                self._excused.discard(agent_id)

    def _judge(self, master: SimMaster, agent_id: AgentId) -> None:
        now_us, timing = master.world.now_us, master.machine.cluster.timing
        what = f"agent {agent_id} is removed"
        silent_us = now_us - self._heard_us.get(agent_id, now_us)
        least_us = (timing.agent_timeout_ms + timing.removal_ms) * 1_000
        if silent_us < least_us - least_us // DRIFT_PARTS:
            self.fail(f"{what} after a silence of {silent_us / 1e6:.3f} s")
        if self._stopped:
            self.fail(f"{what} while removals are {self._stopped}")
        every_us = timing.removal_every_ms * 1_000
        if self._last_us is not None and now_us - self._last_us < every_us - every_us // DRIFT_PARTS:
            self.fail(f"{what} {(now_us - self._last_us) / 1e6:.3f} s after another")
        self._last_us = now_us
        self._together(master, agent_id, timing)
        self._heard_us.pop(agent_id, None)
        self._parted_us.pop(agent_id, None)

    def _silent_since(self, agent_id: AgentId) -> int:
        return max(self._heard_us.get(agent_id, 0), self._parted_us.get(agent_id, 0))

    def _together(self, master: SimMaster, agent_id: AgentId, timing: Timing) -> None:
        """The agent itself is out of the books already, where its actions are seen."""
        if agent_id in self._excused:
            return
        books = master.machine.cluster
        known = [each for each, agent in books.agents.items() if agent.maintenance is None and each != agent_id]
        at_us, timeout_us = self._silent_since(agent_id), timing.agent_timeout_ms * 1_000
        close_us = timing.loss_window_ms * 1_000 * (DRIFT_PARTS - 1) // DRIFT_PARTS - SLACK_US
        long_ago_us = master.world.now_us - timeout_us - timeout_us // DRIFT_PARTS - SLACK_US
        lost = [
            each
            for each in known
            if each not in self._excused
            and self._silent_since(each) < long_ago_us
            and abs(self._silent_since(each) - at_us) < close_us
        ]
        count = len(lost) + 1
        if count >= timing.loss_least and count * 1_000 > timing.loss_share_milli * (len(known) + 1):
            self.fail(f"agent {agent_id} is removed, and {', '.join(lost)} of {len(known) + 1} fell silent with it")


def _stop(removals: Removals) -> str:
    return "" if removals.mode is RemovalMode.RUNNING else removals.mode.value
