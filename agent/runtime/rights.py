"""What a container gets beyond the usual, as far as the operator of this agent allows it."""

import os
import re
import stat
from collections.abc import Collection

from barter.agent.runtime.base import LaunchFailed
from barter.agent.runtime.settings import Settings
from barter.core.tasks import Container, Device, TaskInfo

_GPU = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_.-]{0,127}")


def capabilities(container: Container, settings: Settings) -> list[str]:
    """As the engine takes them; raises LaunchFailed."""
    if refused := [name for name in container.capabilities if name not in settings.allowed_capabilities]:
        raise LaunchFailed(
            f"container.capabilities: this agent does not allow {', '.join(refused)}; "
            f"do without, or start the agent with --allow-capability {refused[0]}"
        )
    return list(container.capabilities)


def devices(container: Container, settings: Settings) -> list[dict[str, str]]:
    """As the engine takes them; raises LaunchFailed."""
    allowed = {os.path.realpath(each) for each in settings.allowed_devices}
    return [
        {
            "PathOnHost": _device(device, allowed),
            "PathInContainer": device.container_path or device.host_path,
            "CgroupPermissions": device.permissions,
        }
        for device in container.devices
    ]


def gpus(task: TaskInfo) -> list[dict[str, object]]:
    """What asks the engine for them, by the ids that the task holds; raises LaunchFailed."""
    held = sorted(task.resources.sets.get("gpus", ()))
    if wrong := [name for name in held if not _GPU.fullmatch(name)]:
        raise LaunchFailed(f"resources.gpus: {wrong[0][:80]!r} is no id of a gpu: name them as `nvidia-smi -L` does")
    return [{"DeviceIDs": held, "Capabilities": [["gpu"]]}] if held else []


def _device(device: Device, allowed: Collection[str]) -> str:
    real = os.path.realpath(device.host_path)
    if real not in allowed:
        raise LaunchFailed(
            f"container.devices: this agent does not allow {device.host_path}; "
            f"do without, or start the agent with --allow-device {device.host_path}"
        )
    try:
        mode = os.stat(real).st_mode
    except OSError as error:
        raise LaunchFailed(f"container.devices: {device.host_path} cannot be had: {error.strerror}") from None
    if not (stat.S_ISCHR(mode) or stat.S_ISBLK(mode)):
        raise LaunchFailed(f"container.devices: {device.host_path} is no device file: name one")
    return real
