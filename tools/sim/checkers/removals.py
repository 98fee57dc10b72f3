"""No framework is removed before its time."""

from collections.abc import Sequence
from typing import Any

from barter.core.ids import FrameworkId
from barter.master import actions as act
from barter.master import events as ev
from barter.master.facts import FrameworkRemoved
from barter.master.messages import Subscribed
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process

DRIFT_PARTS = 10


class Removals(Checker):
    """A framework is removed only after it or an operator asked for that, or when no master had a session with it for
    its own failover timeout, less a tenth for a fast clock. The time before a master's start does not count for it.
    """

    name = "removals"

    def __init__(self) -> None:
        super().__init__()
        self._timeouts_us: dict[FrameworkId, int] = {}
        self._sessions: dict[int, FrameworkId] = {}
        self._absent_us: dict[FrameworkId, int] = {}
        self._started_us = 0

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimMaster):
            self._sessions.clear()
            self._absent_us.clear()
            self._started_us = process.world.now_us

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        wished: set[FrameworkId] = set()
        for event in events:
            match event:
                case ev.FrameworkDisconnected(session) if session in self._sessions:
                    self._absent_us[self._sessions.pop(session)] = master.world.now_us
                case ev.Teardown(session) if session in self._sessions:
                    wished.add(self._sessions[session])
                case ev.TeardownByOperator(framework_id):
                    wished.add(framework_id)
                case _:
                    pass
        for action in actions:
            match action:
                case act.SendToFramework(session, framework_id, Subscribed()):
                    self._begin(master, session, framework_id)
                case act.Persist(FrameworkRemoved(framework_id), reason) if framework_id not in wished:
                    self._judge(master, framework_id, reason)
                case _:
                    pass

    def _begin(self, master: SimMaster, session: int, framework_id: FrameworkId) -> None:
        self._sessions = {known: owner for known, owner in self._sessions.items() if owner != framework_id}
        self._sessions[session] = framework_id
        framework = master.machine.cluster.frameworks.get(framework_id)
        if framework is not None:
            self._timeouts_us[framework_id] = framework.info.failover_timeout_ms * 1000

    def _judge(self, master: SimMaster, framework_id: FrameworkId, reason: str) -> None:
        what = f"{framework_id} is removed ({reason})"
        if framework_id in self._sessions.values():
            self.fail(f"{what}, and has a session")
        timeout_us = self._timeouts_us.get(framework_id, 0)
        since_us = self._absent_us.get(framework_id, self._started_us)
        absent_us = master.world.now_us - since_us
        if absent_us < timeout_us - timeout_us // DRIFT_PARTS:
            spent = f"{absent_us / 1e6:.3f} s of its failover timeout of {timeout_us / 1e6:.3f} s"
            self.fail(f"{what} after {spent}")
