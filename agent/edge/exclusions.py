"""Says once who is excluded and why, and once that it is served again."""

from collections.abc import Iterable, Mapping

from barter.agent.edge.desired import Desired
from barter.agent.edge.messages import Action, Report
from barter.agent.edge.model import Route


class Exclusions:
    def __init__(self) -> None:
        self._excluded: dict[str, str] = {}
        self._notes: dict[str, tuple[str, ...]] = {}

    def tell(self, desired: Desired, live: Iterable[Route]) -> list[Action]:
        """The reports that are new since the last call. A service whose ban is being tried out is not told twice."""
        excluded = desired.excluded
        if not (excluded or self._excluded or desired.notes or self._notes):
            return []
        actions = [
            Report(f"service excluded: {why}", trouble=True, service_id=service_id)
            for service_id, why in excluded.items()
            if self._excluded.get(service_id) != why
        ]
        self._excluded.update(excluded)
        served = {route.service_id for route in live}
        for service_id in self._excluded.keys() - excluded.keys():
            if service_id in served:
                actions.append(Report("service is served again", service_id=service_id))
            elif desired.knows(service_id):
                continue
            del self._excluded[service_id]
        return actions + self._tell_notes(desired.notes)

    def _tell_notes(self, notes: Mapping[str, tuple[str, ...]]) -> list[Action]:
        new = [
            Report(note, trouble=True, service_id=service_id)
            for service_id, sentences in notes.items()
            for note in sentences[:5]
            if self._notes.get(service_id) != sentences
        ]
        self._notes = dict(notes)
        return list(new)
