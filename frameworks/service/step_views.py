"""The steps of a deployment, or of one that would be, in Marathon's shape."""

from collections.abc import Iterable

from barter.frameworks.service.schema import Json
from barter.frameworks.service.state import Kind, PlannedAction


def steps_view(steps: Iterable[Iterable[PlannedAction]]) -> list[Json]:
    return [step_view(step) for step in steps]


def step_view(step: Iterable[PlannedAction]) -> Json:
    return {"actions": [action_view(action) for action in step]}


def action_view(action: PlannedAction) -> Json:
    return {"action": kind_name(action.kind, of_pod=action.of_pod), "pod" if action.of_pod else "app": action.app_id}


def kind_name(kind: Kind, *, of_pod: bool) -> str:
    return kind.value.replace("Application", "Pod") if of_pod else kind.value
