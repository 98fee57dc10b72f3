"""How the last deployments ended, for who asks after them by their id; a new process knows of none."""

from barter.frameworks.service.published import Published
from barter.frameworks.service.schema import Json

MOST_KEPT = 1000
_STATES = {"deployment_success": "SUCCEEDED", "deployment_failed": "FAILED"}


class Outcomes:
    def __init__(self) -> None:
        self._views: dict[str, Json] = {}

    def note(self, published: Published) -> None:
        """What is told of anything but the end of a deployment is passed over."""
        state, body = _STATES.get(published.kind), published.body
        if state is None:
            return
        self._views[body["id"]] = {"id": body["id"], "state": state, "reason": body.get("reason", "")}
        if len(self._views) > MOST_KEPT:
            del self._views[next(iter(self._views))]

    def of(self, deployment_id: str) -> Json | None:
        return self._views.get(deployment_id)
