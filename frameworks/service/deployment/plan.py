"""Which steps lead from what is to what is wanted, as Marathon plans them."""

from collections.abc import Collection, Mapping

from barter.frameworks.service.app import App
from barter.frameworks.service.state import Kind, PlannedAction

Step = tuple[PlannedAction, ...]


def plan_steps(
    before: Mapping[str, App], after: Mapping[str, App], restarts: Collection[str], depths: Mapping[str, int]
) -> tuple[Step, ...]:
    """First what is no more stops, then what is new starts, with no instance, then all get what they are to have.

    `before` and `after` hold the apps that are touched, by id; what they depend on comes first, by `depths`.
    """
    stops = tuple(
        PlannedAction(Kind.STOP, app_id, app.pod is not None) for app_id, app in before.items() if app_id not in after
    )
    starts = tuple(
        PlannedAction(Kind.START, app_id, app.pod is not None) for app_id, app in after.items() if app_id not in before
    )
    layers: dict[int, list[PlannedAction]] = {}
    for app_id, app in after.items():
        kind = _kind(before.get(app_id), app, restarts)
        layers.setdefault(depths[app_id], []).append(PlannedAction(kind, app_id, app.pod is not None))
    rest = (tuple(layers[depth]) for depth in sorted(layers))
    return tuple(step for step in (stops, starts, *rest) if step)


def _kind(before: App | None, after: App, restarts: Collection[str]) -> Kind:
    """Whoever goes to no instances restarts nothing."""
    same_tasks = before is None or before.same_tasks_as(after)
    restarted = after.app_id in restarts or not same_tasks
    return Kind.RESTART if restarted and after.instances else Kind.SCALE
