"""Fair share by dominant resource over roles, then frameworks; demands; and why nothing fits."""

from barter.master.allocator.allocator import Allocator
from barter.master.allocator.model import AgentSlot, AgentVerdicts, Explanation, Grant, Seeker, Verdict

__all__ = ["AgentSlot", "AgentVerdicts", "Allocator", "Explanation", "Grant", "Seeker", "Verdict"]
