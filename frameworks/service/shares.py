"""Which share of an edge's requests each task of an app is to get: whole weights that hold a share exactly."""

from collections.abc import Sequence

from barter.core.cluster import FULL_WEIGHT, HIGHEST_WEIGHT
from barter.sdk import TaskId

Weights = tuple[tuple[TaskId, int], ...]


def by_share(fresh: Sequence[TaskId], others: Sequence[TaskId], share: int) -> Weights:
    """`fresh` tasks get `share` per cent of the requests together, `others` the rest, each group evenly.

    Exact: the weights of a group sum up to a multiple of its share, and differ by at most one within it. Empty where
    there is nothing to share among.
    """
    if not fresh or not others:
        return ()
    if share in (0, 100):
        return tuple((task_id, 0) for task_id in (others if share else fresh))
    rest = 100 - share
    unit = min(HIGHEST_WEIGHT * len(fresh) // share, HIGHEST_WEIGHT * len(others) // rest)
    return (*_evenly(fresh, unit * share), *_evenly(others, unit * rest))


def _evenly(tasks: Sequence[TaskId], total: int) -> Weights:
    each, more = divmod(total, len(tasks))
    weighed = ((task_id, each + (place < more)) for place, task_id in enumerate(tasks))
    return tuple((task_id, weight) for task_id, weight in weighed if weight != FULL_WEIGHT)
