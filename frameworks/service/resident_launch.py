"""What a place takes of its agent, how it is made, and what is asked of the master to launch in it again."""

from dataclasses import replace

from barter.core import ranges as rng
from barter.core.ids import DemandId, ReservationId, TaskId, VolumeId
from barter.core.operations import CreateVolume, Operation, Reserve
from barter.core.resources import PORTS, Resources, resources
from barter.core.tasks import Network
from barter.frameworks.service.app import App
from barter.frameworks.service.demand import demand, shape, volumes_disk
from barter.frameworks.service.places import Place
from barter.sdk import Demand, TaskInfo, VolumeMount

APP_LABEL, FRAMEWORK_LABEL = "barter.app", "barter.framework"


def volume_ids(app: App, place_id: str) -> tuple[VolumeId, ...]:
    return tuple(VolumeId(f"{place_id}.v{index}") for index in range(len(app.volumes_persistent)))


def first_demand(app: App, count: int, role: str) -> Demand:
    """For new places: disk of their volumes with that of the sandbox, all of it to be reserved."""
    usual = demand(app, count, role)
    return replace(usual, resources=usual.resources + volumes_disk(app), reserving=True)


def place_demand(app: App, place: Place) -> Demand:
    """For one more run where its volumes are."""
    usual = demand(app, 1, place.role)
    return replace(
        usual,
        demand_id=DemandId(place.place_id),
        role=place.role,
        resources=_taken(app, place.host_ports),
        port_count=0,
        constraints=(),
        volume=volume_ids(app, place.place_id)[0],
    )


def making(app: App, place: Place, framework_id: str) -> tuple[Operation, ...]:
    """The operations that make it."""
    reservation_id = ReservationId(place.place_id)
    whole = _taken(app, place.host_ports) + resources(disk=app.disk) + volumes_disk(app)
    labels = {APP_LABEL: app.app_id, FRAMEWORK_LABEL: framework_id}
    volumes = zip(volume_ids(app, place.place_id), app.volumes_persistent, strict=True)
    return (
        Reserve(reservation_id, whole, place.role, labels, exclusive=True),
        *(CreateVolume(volume_id, reservation_id, volume.size) for volume_id, volume in volumes),
    )


def placed_task(app: App, place: Place, task: TaskInfo) -> TaskInfo:
    """The task as a run in its place: disk is the place's, and not the task's."""
    mounts = zip(volume_ids(app, place.place_id), app.volumes_persistent, strict=True)
    return replace(
        task,
        task_id=TaskId(place.task_id),
        resources=_taken(app, place.host_ports),
        reservation_id=ReservationId(place.place_id),
        volumes=tuple(VolumeMount(volume_id, _path(app, volume.container_path)) for volume_id, volume in mounts),
    )


def _path(app: App, container_path: str) -> str:
    """Below the sandbox, which is where a container's working directory is, too."""
    return f"/mnt/mesos/sandbox/{container_path}" if app.image else container_path


def _taken(app: App, host_ports: tuple[int, ...]) -> Resources:
    scalars = {name: amount for name, amount in shape(app).scalars.items() if name != "disk"}
    own = app.network is Network.OWN or not host_ports
    return Resources(scalars, {} if own else {PORTS: rng.of_numbers(host_ports)})
