"""What the edges have in place, service by service, and what of that the frameworks have yet to be told.

Soft state: each edge says it anew with each watch of endpoints, and what it said goes with that watch.
"""

from collections.abc import Iterable, Iterator

from barter.core.cluster import ServiceServed
from barter.core.ids import TaskId


class Edges:
    """`changed` are the services whose standing is to be looked at and told at the end of the batch.

    `told` is by service what its framework heard last, with the session that heard it.
    """

    def __init__(self) -> None:
        self.told: dict[str, tuple[int, ServiceServed]] = {}
        self.changed: dict[str, None] = {}
        self._served: dict[str, dict[str, ServiceServed]] = {}
        self._by_service: dict[str, dict[str, ServiceServed]] = {}

    @property
    def reports(self) -> Iterator[tuple[str, tuple[ServiceServed, ...]]]:
        """Each edge with all it has said."""
        return ((edge, tuple(served.values())) for edge, served in self._served.items())

    def join(self, edge: str) -> None:
        self._served.setdefault(edge, {})

    def leave(self, edge: str) -> None:
        self.report(edge, (), tuple(self._served.get(edge, ())))
        self._served.pop(edge, None)

    def report(self, edge: str, services: Iterable[ServiceServed], removed: Iterable[str]) -> None:
        """Of an edge that has not joined it means nothing."""
        known = self._served.get(edge)
        if known is None:
            return
        for each in services:
            known[each.service_id] = self._by_service.setdefault(each.service_id, {})[edge] = each
            self.changed[each.service_id] = None
        for service_id in removed:
            if known.pop(service_id, None) is not None:
                by_edge = self._by_service[service_id]
                del by_edge[edge]
                if not by_edge:
                    del self._by_service[service_id]
                self.changed[service_id] = None

    def look_again(self, service_ids: Iterable[str], session: int) -> None:
        """Who tells these services in that session is to know how they stand; what it heard in it, it knows."""
        for service_id in service_ids:
            if service_id in self._by_service and self.told.get(service_id, (0,))[0] != session:
                self.changed[service_id] = None

    def forget(self, service_ids: Iterable[str]) -> None:
        """Nobody tells these services any more."""
        for service_id in service_ids:
            self.told.pop(service_id, None)

    def standing(self, service_id: str) -> ServiceServed:
        """What all edges that serve it have in common."""
        by_edge = self._by_service.get(service_id, {}).values()
        serving, drained = ([set(getattr(each, name)) for each in by_edge] for name in ("serving", "drained"))
        return ServiceServed(service_id, _common(serving), _common(drained), len(by_edge))

    def news(self, service_id: str, session: int) -> ServiceServed | None:
        """What a framework is to be told in that session, if anything; counts as told."""
        standing, told = self.standing(service_id), self.told.get(service_id)
        if told == (session, standing) or (not standing.edges and (told is None or told[0] != session)):
            return None
        if standing.edges:
            self.told[service_id] = session, standing
        else:
            self.told.pop(service_id, None)
        return standing


def _common(sets: list[set[TaskId]]) -> tuple[TaskId, ...]:
    return tuple(sorted(set.intersection(*sets))) if sets else ()
