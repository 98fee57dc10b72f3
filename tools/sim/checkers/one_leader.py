"""Never two masters at once that may act, and never none for long."""

from collections.abc import Sequence
from typing import Any

from barter.core import candidacy
from barter.tools.sim.candidate import SimCandidate
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.leading import LeadingMaster
from barter.tools.sim.process import Process
from barter.tools.sim.world import SECOND_US

SLACK_US = 6 * SECOND_US
DRIFT_PARTS = 10


class OneLeader(Checker):
    """As a master takes the lead, no other that lives, be it paused or cut off, may act: by its own clock, and in true
    time. Where all masters were well since, a lead that ended is followed by the next within a session, with a tenth
    for clocks that err, and 6 s more: an election of ZooKeeper's own, and what loads the registry.
    """

    name = "one_leader"

    def __init__(self) -> None:
        super().__init__()
        self._led_us: int | None = None
        self._calm_us: int | None = None

    def candidate_stepped(
        self, candidate: SimCandidate, events: Sequence[candidacy.Event], actions: Sequence[candidacy.Action]
    ) -> None:
        for action in actions:
            if isinstance(action, candidacy.Lead):
                for other in self.cluster.candidates.values():
                    if other is not candidate and other.may_act():
                        what = f"{other.name} may act with epoch {other.election.epoch}"
                        self.fail(f"{what} as {candidate.name} takes the lead with epoch {action.epoch}")

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, LeadingMaster):
            self._judge()
            self._led_us = None

    def process_ended(self, process: Process[Any, Any], reason: str) -> None:
        if isinstance(process, LeadingMaster) and not any(master.up for master in self.cluster.masters):
            self._led_us = process.world.now_us

    def calmed(self, cluster: SimCluster) -> None:
        self._calm_us = cluster.world.now_us

    def at_end(self, cluster: SimCluster) -> None:
        if cluster.candidates:
            self._judge()

    def _judge(self) -> None:
        if self._calm_us is None or self._led_us is None:
            return
        now_us, since_us = self.cluster.world.now_us, max(self._calm_us, self._led_us)
        session_us = self.cluster.timing.session_ms * 1_000
        if now_us - since_us > session_us + session_us // DRIFT_PARTS + SLACK_US:
            self.fail(f"nobody leads from {self._led_us / 1e6:.3f} s to {now_us / 1e6:.3f} s, and all is well")
