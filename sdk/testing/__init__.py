"""An author's scheduler, unchanged, on a simulated cluster: from a seed, in virtual time, with all that goes wrong."""

from barter.sdk.testing.broken import Broken, NotInTime
from barter.sdk.testing.cluster import Cluster
from barter.sdk.testing.records import TaskRecord, Told
from barter.sdk.testing.view import Framework, View
from barter.tools.sim.behaviour import Run
from barter.tools.sim.config import Timing

__all__ = ["Broken", "Cluster", "Framework", "NotInTime", "Run", "TaskRecord", "Timing", "Told", "View"]
