"""How many instances of which age are how well off: Marathon's taskStats."""

from collections.abc import Callable

from barter.core.task_state import TaskState
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.schema import Json
from barter.frameworks.service.state import AppState

_STAGED = (TaskState.STAGING, TaskState.STARTING)


def task_stats(state: AppState, now: int) -> Json:
    """Only the parts that have instances."""
    stored = state.stored
    parts: dict[str, Callable[[int], bool]] = {
        "startedAfterLastScaling": lambda version: version >= stored.scaling_version,
        "withLatestConfig": lambda version: version >= stored.config_version,
        "withOutdatedConfig": lambda version: version < stored.config_version,
        "totalSummary": lambda version: True,
    }
    chosen = {
        part: [one for one in state.instances.values() if belongs(one.placed.version)]
        for part, belongs in parts.items()
    }
    return {part: {"stats": _stats(instances, now)} for part, instances in chosen.items() if instances}


def _stats(instances: list[Instance], now: int) -> Json:
    counts = {
        "staged": sum(one.state in _STAGED for one in instances),
        "running": sum(one.running for one in instances),
        "healthy": sum(one.running and one.healthy is True for one in instances),
        "unhealthy": sum(one.running and one.healthy is False for one in instances),
    }
    ages = sorted(max(now - one.started_ms, 0) / 1000 for one in instances if one.started_ms)
    if not ages:
        return {"counts": counts}
    life = {"averageSeconds": sum(ages) / len(ages), "medianSeconds": ages[len(ages) // 2]}
    return {"counts": counts, "lifeTime": life}
