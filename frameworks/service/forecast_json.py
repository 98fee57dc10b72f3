"""A forecast as the API answers it, and what is impossible of it."""

from collections.abc import Iterable, Sequence

from barter.frameworks.service.forecast import AppForecast, Forecast
from barter.frameworks.service.preflight.facts import Impossible
from barter.frameworks.service.schema import Json
from barter.frameworks.service.step_views import kind_name, steps_view


def forecast_json(
    forecast: Forecast, impossible: Iterable[Impossible] = (), unproved: str = "", changes: Sequence[Json] = ()
) -> Json:
    """`steps` as a deployment has them, `changes` as `differences` tells them.

    `unproved` says why nothing is said to be impossible, where that is so.
    """
    view: Json = {
        "steps": steps_view(forecast.steps),
        "forecast": {
            "mostInstances": forecast.most,
            "extraInstances": forecast.extra,
            "fewestReady": forecast.fewest_ready,
            "complete": forecast.complete,
            "apps": [_app(each) for each in forecast.apps],
        },
        "changes": list(changes),
        "impossible": [{"id": each.app_id, "path": each.path, "reason": each.reason} for each in impossible],
    }
    return {**view, "unproved": unproved} if unproved else view


def _app(each: AppForecast) -> Json:
    view: Json = {
        "id": each.app_id,
        "action": kind_name(each.kind, of_pod=each.of_pod),
        "instances": {"before": each.before, "after": each.after},
        "mostInstances": each.most,
        "extraInstances": each.extra,
        "fewestReady": each.fewest_ready,
        "started": each.started,
        "ended": each.ended,
    }
    return {**view, "waiting": each.waits} if each.waits else view
