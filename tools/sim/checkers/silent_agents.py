"""An agent that nobody hears of is not counted on."""

from collections.abc import Sequence
from typing import Any

from barter.core.ids import AgentId
from barter.master import actions as act
from barter.master import events as ev
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process

SLACK_US = 1_000_000
LOOKS_US = 6_000_000
DRIFT_PARTS = 10


class SilentAgents(Checker):
    """Whenever the living master steps: an agent in its books that it has heard nothing of for the agent timeout, its
    clock's error of at most a tenth and a second more, is unreachable there, or was found silent so a short while ago:
    a master that comes late looks again. Heard of: a registration, an update, a heartbeat, or the end of its stream; a
    master that starts hears of all it knows.
    """

    name = "silent_agents"

    def __init__(self) -> None:
        super().__init__()
        self._heard_us: dict[AgentId, int] = {}
        self._found_us: dict[tuple[AgentId, int], int] = {}

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimMaster):
            self._heard_us = dict.fromkeys(process.machine.cluster.agents, process.world.now_us)

    def master_heard(self, master: SimMaster, heartbeats: Sequence[ev.Event]) -> None:
        self.master_stepped(master, heartbeats, ())

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        now_us, heard_us = master.world.now_us, self._heard_us
        for event in events:
            agent_id = event.info.agent_id if isinstance(event, ev.AgentRegister) else getattr(event, "agent_id", None)
            if agent_id is not None:
                heard_us.pop(agent_id, None)
                heard_us[agent_id] = now_us
        timeout_us = self.cluster.timing.agent_timeout_ms * 1000
        long_ago_us = now_us - timeout_us - timeout_us // DRIFT_PARTS - SLACK_US
        while heard_us:
            agent_id, last_us = next(iter(heard_us.items()))
            if last_us >= long_ago_us:
                return
            known = master.machine.cluster.agents.get(agent_id)
            wrong = known is not None and not known.unreachable
            if wrong and now_us < self._found_us.setdefault((agent_id, last_us), now_us) + LOOKS_US:
                return
            del heard_us[agent_id]
            if wrong:
                self.fail(f"agent {agent_id} is silent since {last_us / 1e6:.3f} s, and not unreachable at the master")
