"""Fair share by dominant resource over a tree of roles, then frameworks; quota; demands; and why nothing fits."""

from barter.master.allocator.allocator import Allocator
from barter.master.allocator.model import (
    AgentSlot,
    AgentVerdicts,
    Explanation,
    Grant,
    ReservedSlot,
    RoleStanding,
    Seeker,
    Verdict,
)

__all__ = [
    "AgentSlot",
    "AgentVerdicts",
    "Allocator",
    "Explanation",
    "Grant",
    "ReservedSlot",
    "RoleStanding",
    "Seeker",
    "Verdict",
]
