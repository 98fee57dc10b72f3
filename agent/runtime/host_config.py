"""How the machine is shared with a container: the HostConfig of what the engine's "create a container" takes."""

from barter.agent.executor.events import Order
from barter.agent.runtime import persistent, rights
from barter.agent.runtime.limits import CPU_PERIOD_US, cpu_quota_us, cpu_shares, memory_limit
from barter.agent.runtime.place import Place
from barter.agent.runtime.volumes import bind
from barter.core.container_rules import SANDBOX
from barter.core.tasks import Container, Network, TaskInfo, Volume

LEAST_MEMORY = 6 << 20
_LOG_OPTIONS = {"max-size": "20m", "max-file": "3"}


def host_config(order: Order, container: Container, place: Place) -> dict[str, object]:
    """Raises LaunchFailed where this agent does not allow it."""
    config: dict[str, object] = {
        "NetworkMode": _network(order, container),
        "Binds": _binds(order, container, place),
        "LogConfig": {
            "Type": container.log_driver or "json-file",
            "Config": {**_LOG_OPTIONS, **container.log_options},
        },
        **_limits(order.task),
        **_rights(order.task, container, place),
    }
    if container.network is Network.BRIDGE and not order.network_of:
        config["PortBindings"] = _ports(container, place.publish_on)
    if container.tmpfs:
        config["Tmpfs"] = {each.container_path: f"size={each.size}" if each.size else "" for each in container.tmpfs}
    if container.shm_size:
        config["ShmSize"] = container.shm_size
    if container.init:
        config["Init"] = True
    return config


def _network(order: Order, container: Container) -> str:
    if order.network_of:
        return f"container:{order.network_of}"
    return container.network_name if container.network is Network.OWN else str(container.network)


def _binds(order: Order, container: Container, place: Place) -> list[str]:
    volumes = [_bind(volume, place) for volume in container.volumes]
    return [*volumes, *persistent.binds(order, place.work_dir), f"{order.sandbox}:{SANDBOX}:rw"]


def _bind(volume: Volume, place: Place) -> str:
    if volume.name:
        return f"{volume.name}:{volume.container_path}:{'ro' if volume.read_only else 'rw'}"
    return bind(volume, place.settings.allowed_volumes, place.private)


def _ports(container: Container, publish_on: str) -> dict[str, list[dict[str, str]]]:
    ports: dict[str, list[dict[str, str]]] = {}
    for each in container.port_mappings:
        published = ports.setdefault(f"{each.container_port}/{each.protocol}", [])
        published.append({"HostIp": publish_on, "HostPort": str(each.host_port)})
    return ports


def _rights(task: TaskInfo, container: Container, place: Place) -> dict[str, object]:
    """What is not asked for is not said: engines differ in how they take an empty list."""
    asked = {
        "CapAdd": rights.capabilities(container, place.settings),
        "Devices": rights.devices(container, place.settings),
        "DeviceRequests": rights.gpus(task),
        "Ulimits": [{"Name": each.name, "Soft": each.soft, "Hard": each.hard} for each in task.command.rlimits],
    }
    return {name: value for name, value in asked.items() if value}


def _limits(task: TaskInfo) -> dict[str, int]:
    """Memory is hard and without swap, cpu a share: Mesos' defaults."""
    limits: dict[str, int] = {}
    if shares := cpu_shares(task):
        limits["CpuShares"] = shares
    if quota := cpu_quota_us(task):
        limits["CpuPeriod"], limits["CpuQuota"] = CPU_PERIOD_US, quota
    memory, own = memory_limit(task), task.resources.scalars.get("mem", 0)
    if memory > 0:
        limits["Memory"] = limits["MemorySwap"] = max(memory, LEAST_MEMORY)
    if memory != own and own:
        limits["MemoryReservation"] = max(own, LEAST_MEMORY)
    return limits
