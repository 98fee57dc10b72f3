"""What the API shows of the launches that are open, in Marathon's shape."""

from barter.frameworks.service.pod_views import pod_view
from barter.frameworks.service.schema import Json
from barter.frameworks.service.state import AppState
from barter.frameworks.service.timestamps import iso
from barter.frameworks.service.unused_offers import Standing, summary_view, unused_view
from barter.frameworks.service.views import Scene, current_view

NOT_TOLD = Standing(0, (), "")


def is_waiting(state: AppState) -> bool:
    """Whether launches of it are open, or held back."""
    return state.since > 0 and not state.stored.deleting


def queue_view(scene: Scene, state: AppState, standing: Standing, *, unused: bool, reasons: bool) -> Json:
    """`unused` has what could not be used in it, agent by agent, `reasons` the one line of what the app waits for."""
    left_ms = max(state.backoff.until - scene.now, 0)
    used_ms = max((one.placed.launched_ms for one in state.instances.values()), default=0)
    view: Json = {
        **_definition(scene, state),
        "count": state.wanted or max(state.app.instances - len(state.instances), 1),
        "role": state.app.role or scene.role,
        "delay": {"timeLeftSeconds": -(-left_ms // 1000), "overdue": left_ms == 0},
        "since": iso(state.since),
        "processedOffersSummary": summary_view(standing, scene.now, used_ms),
    }
    if unused:
        view["lastUnusedOffers"] = [unused_view(each, scene.now) for each in standing.unused]
    if reasons:
        view["reason"] = state.waiting
    return view


def _definition(scene: Scene, state: AppState) -> Json:
    if state.stored.is_pod:
        return {"pod": pod_view(state.stored, scene.role)}
    return {"app": current_view(state.stored, scene.role)}
