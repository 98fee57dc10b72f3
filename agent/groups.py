"""Task groups in the agent: when one of a group has ended, the others are to end.

The executor ends the others by itself, also while no agent is there; this is for members that no executor has.
"""

from barter.agent import orders
from barter.agent.turn import Turn
from barter.core.tasks import Reason


def advance(turn: Turn) -> None:
    """End what is left of each group of which a member ended in this turn."""
    while turn.broken_groups:
        ended = turn.broken_groups.pop()
        for key in sorted(turn.book.group(ended.framework_id, ended.task.group_id)):
            why = f"task {ended.task.task_id} of its group has ended"
            orders.end(turn, *key, -1, Reason.GROUP_ENDED, why)
