"""The named ports of running, healthy, ready tasks, per service, and which services changed since the last look."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from barter.core.cluster import Endpoint, Service
from barter.core.ids import FrameworkId, TaskId
from barter.core.task_state import TaskState
from barter.core.tasks import Network, TaskInfo, TaskStatus
from barter.master.actions import ServiceView
from barter.master.state import Task, TaskKey


class Endpoints:
    """A service is there while a framework tells of it or a task serves it."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[FrameworkId, Service]] = {}
        self._by_service: dict[str, dict[tuple[TaskKey, str], Endpoint]] = {}
        self._by_task: dict[TaskKey, tuple[Endpoint, ...]] = {}
        self._changed: set[str] = set()

    @property
    def changed(self) -> bool:
        return bool(self._changed)

    def owner(self, service_id: str) -> FrameworkId | None:
        told = self._told.get(service_id)
        return told[0] if told else None

    def tell(self, framework_id: FrameworkId, services: tuple[Service, ...], before: tuple[Service, ...]) -> None:
        """Replace what the framework told `before`; those it does not own are left alone."""
        kept = {service.service_id for service in services}
        for service in before:
            if service.service_id not in kept and self.owner(service.service_id) == framework_id:
                del self._told[service.service_id]
                self._changed.add(service.service_id)
        for service in services:
            if self._told.get(service.service_id) != (framework_id, service):
                self._told[service.service_id] = (framework_id, service)
                self._changed.add(service.service_id)

    @property
    def told(self) -> tuple[tuple[FrameworkId, Service], ...]:
        return tuple(self._told.values())

    @property
    def serving(self) -> tuple[Endpoint, ...]:
        """Service by service, in the order in which views give them."""
        return tuple(endpoint for endpoints in self._by_service.values() for endpoint in endpoints.values())

    def put_back(
        self, told: Iterable[tuple[FrameworkId, Service]], serving: Iterable[Endpoint], tasks: Mapping[TaskKey, Task]
    ) -> None:
        """Make empty ones what `told` and `serving` gave of others; raises KeyError where a task is not there."""
        self._told = {service.service_id: (framework_id, service) for framework_id, service in told}
        by_task: dict[TaskKey, dict[str, Endpoint]] = {}
        for endpoint in serving:
            key = endpoint.framework_id, TaskId(endpoint.task_id)
            self._by_service.setdefault(endpoint.service_id, {})[key, endpoint.port_name] = endpoint
            by_task.setdefault(key, {})[endpoint.port_name] = endpoint
        for key, found in by_task.items():
            names = dict.fromkeys(port.name for port in tasks[key].info.ports if port.name in found)
            self._by_task[key] = tuple(found[name] for name in names)

    def sync(self, task: Task, host: str) -> None:
        """Bring the endpoints of one task in line with its state."""
        key = task.key
        before = self._by_task.get(key, ())
        if not before and not (task.info.ports and any(port.service_id for port in task.info.ports)):
            return
        after = _serving(task, host, before)
        if after == before:
            return
        for endpoint in before:
            del self._by_service[endpoint.service_id][key, endpoint.port_name]
            self._changed.add(endpoint.service_id)
        for endpoint in after:
            self._by_service.setdefault(endpoint.service_id, {})[key, endpoint.port_name] = endpoint
            self._changed.add(endpoint.service_id)
        if after:
            self._by_task[key] = after
        else:
            self._by_task.pop(key, None)

    def take_changes(self) -> tuple[tuple[ServiceView, ...], tuple[str, ...]]:
        """The services that changed since the last call, whole, and those that are gone."""
        names, self._changed = sorted(self._changed), set()
        for name in names:
            if not self._by_service.get(name):
                self._by_service.pop(name, None)
        there = tuple(name for name in names if name in self._told or name in self._by_service)
        return tuple(self._view(name) for name in there), tuple(name for name in names if name not in there)

    def all(self) -> tuple[ServiceView, ...]:
        serving = (name for name, endpoints in self._by_service.items() if endpoints)
        return tuple(self._view(name) for name in sorted({*self._told, *serving}))

    def _view(self, service_id: str) -> ServiceView:
        """Of a service that a framework tells, only that framework's tasks: others would get its requests.

        Weights stand in the endpoints, and those of a port's aliases are there under its name, too: who watches needs
        to know of neither.
        """
        endpoints = tuple(self._by_service.get(service_id, {}).values())
        if (told := self._told.get(service_id)) is None:
            return ServiceView(Service(service_id), endpoints)
        owner, service = told
        weights: dict[str, int] = dict(service.weights)
        own = (each for each in endpoints if each.framework_id == owner)
        weighted = (replace(each, weight=weights[each.task_id]) if each.task_id in weights else each for each in own)
        ports = tuple(replace(port, aliases=()) if port.aliases else port for port in service.ports)
        return ServiceView(replace(service, ports=ports, weights=()), tuple(_by_all_names(service, weighted)))


def _by_all_names(service: Service, endpoints: Iterable[Endpoint]) -> Iterator[Endpoint]:
    names = [(alias, port.name) for port in service.ports for alias in port.aliases]
    for endpoint in endpoints:
        yield endpoint
        for alias, name in names:
            if alias == endpoint.port_name:
                yield replace(endpoint, port_name=name)


def _serving(task: Task, host: str, before: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    if task.status.state is TaskState.KILLING:
        return tuple(replace(endpoint, draining=True) for endpoint in before)
    if not _serves(task.info, task.status):
        return ()
    ports = {port.name: port for port in task.info.ports if port.service_id}
    return tuple(
        Endpoint(
            port.service_id,
            port.name,
            task.info.task_id,
            task.framework_id,
            task.agent_id,
            task.status.address or host,
            port.number,
            port.protocol,
        )
        for port in ports.values()
    )


def _serves(task: TaskInfo, status: TaskStatus) -> bool:
    """Running; healthy and ready where that is checked; its address known where that is one of its own."""
    if task.container is not None and task.container.network is Network.OWN and not status.address:
        return False
    healthy = not task.health_checks or status.healthy is True
    return status.state is TaskState.RUNNING and healthy and (task.readiness_check is None or status.ready is True)
