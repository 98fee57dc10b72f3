"""What the master is told an app wants."""

from barter.core.ids import DemandId
from barter.core.resources import Resources, resources
from barter.frameworks.service import ports
from barter.frameworks.service.app import App
from barter.frameworks.service.paths import key_of
from barter.sdk import Demand


def shape(app: App) -> Resources:
    """The resources of one instance, without the ports chosen from an offer."""
    return resources(cpus=app.cpus, mem=app.mem, disk=app.disk, ports=ports.fixed(app))


def volumes_disk(app: App) -> Resources:
    """What the persistent volumes of one instance take."""
    return resources(disk=sum(volume.size for volume in app.volumes_persistent))


def demand(app: App, count: int, role: str) -> Demand:
    """`role` is for an app that names none."""
    return Demand(
        demand_id=DemandId(key_of(app.app_id)),
        resources=shape(app),
        count=count,
        port_count=ports.chosen_count(app),
        role=app.role or role,
        constraints=app.constraints,
        runtime="docker" if app.image or _pod_has_image(app) else "process",
        on_public=app.on_public,
    )


def _pod_has_image(app: App) -> bool:
    return app.pod is not None and any(container.image for container in app.pod.containers)
