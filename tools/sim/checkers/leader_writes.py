"""Only the leader writes."""

from collections.abc import Sequence
from typing import Any

from barter.master.facts import Fact
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process


class LeaderWrites(Checker):
    """Each start of a master has a higher epoch than any before it, and durable facts come from the living master
    with the highest epoch only: not from one that has ended, nor from one that another has followed.
    """

    name = "leader_writes"

    def __init__(self) -> None:
        super().__init__()
        self._highest = 0

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimMaster):
            if process.epoch <= self._highest:
                self.fail(f"{process.name} starts with epoch {process.epoch}, {self._highest} was there before")
            self._highest = process.epoch

    def master_committed(self, master: SimMaster, facts: Sequence[Fact]) -> None:
        what = f"{master.name} of epoch {master.epoch} has written {len(facts)} facts, the first {facts[0]}"
        if not master.up:
            self.fail(f"{what}, and has ended")
        if master.epoch < self._highest:
            self.fail(f"{what}, and epoch {self._highest} leads")
