"""Only the leader writes."""

from collections.abc import Sequence
from typing import Any

from barter.core import candidacy
from barter.master import actions as act
from barter.master import events as ev
from barter.master.facts import Fact
from barter.tools.sim.candidate import SimCandidate
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.leading import LeadingMaster
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process


class LeaderWrites(Checker):
    """Each start of a master has a higher epoch than any before it, and durable facts come from the master with the
    highest epoch only: not from one that another has followed. What one that ended has sent to ZooKeeper may yet
    happen there until another takes the lead; one that has a disk writes nothing after its end.
    """

    name = "leader_writes"

    def __init__(self) -> None:
        super().__init__()
        self._highest = 0

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, LeadingMaster):
            if process.epoch != self._highest:
                self.fail(f"{process.name} starts with epoch {process.epoch}, and {self._highest} was taken last")
        elif isinstance(process, SimMaster):
            if process.epoch <= self._highest:
                self.fail(f"{process.name} starts with epoch {process.epoch}, {self._highest} was there before")
            self._highest = process.epoch

    def candidate_stepped(
        self, candidate: SimCandidate, events: Sequence[candidacy.Event], actions: Sequence[candidacy.Action]
    ) -> None:
        for action in actions:
            if isinstance(action, candidacy.Lead):
                if action.epoch <= self._highest:
                    self.fail(f"{candidate.name} leads with epoch {action.epoch}, {self._highest} was there before")
                self._highest = action.epoch

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        if master.epoch < self._highest:
            self.fail(f"{master.name} of epoch {master.epoch} goes on, and epoch {self._highest} leads")

    def master_committed(self, master: SimMaster, facts: Sequence[Fact]) -> None:
        what = f"{master.name} of epoch {master.epoch} has written {len(facts)} facts, the first {facts[0]}"
        if not master.up and not isinstance(master, LeadingMaster):
            self.fail(f"{what}, and has ended")
        if master.epoch < self._highest:
            self.fail(f"{what}, and epoch {self._highest} leads")
