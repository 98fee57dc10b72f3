"""Persistent volumes and shared folders: a bind mount of a container, a link below the sandbox of a process."""

import os
from pathlib import Path

from barter.agent.executor.events import Order
from barter.agent.runtime import shared
from barter.agent.runtime.base import LaunchFailed
from barter.core.ids import VolumeId, check_id
from barter.core.reservations import VolumeMount
from barter.core.shared_folders import mounts_problem
from barter.core.tasks import SharedFolder

FOLDER = "volumes"


def folder_of(work_dir: Path, volume_id: VolumeId) -> str:
    """Where the agent keeps its data; raises ValueError on an id that may not name a folder."""
    return f"{work_dir.absolute()}/{FOLDER}/{check_id('volume id', volume_id)}"


def binds(order: Order, work_dir: Path) -> list[str]:
    """The engine's `host:container:mode`; raises LaunchFailed."""
    _check(order)
    return [f"{data}:{mount.path}:{'ro' if mount.read_only else 'rw'}" for mount, data in _mounted(order, work_dir)]


def link(order: Order, work_dir: Path) -> None:
    """Make the links of a process that is about to start; raises LaunchFailed."""
    _check(order)
    for mount, data in _mounted(order, work_dir):
        place = Path(order.sandbox, mount.path)
        try:
            if place.is_symlink() and os.readlink(place) == data:
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(data)
        except OSError as error:
            why = f"its volume {os.path.basename(data)} cannot be at {mount.path!r}: {error.strerror}"
            raise LaunchFailed(f"{why}; choose another path") from None


def _check(order: Order) -> None:
    if problem := mounts_problem(order.task):
        raise LaunchFailed(problem)


def _mounted(order: Order, work_dir: Path) -> list[tuple[VolumeMount | SharedFolder, str]]:
    """Each with the folder of the machine that it is; raises LaunchFailed."""
    volumes = [(mount, _data(work_dir, mount.volume_id)) for mount in order.task.volumes]
    return [*volumes, *shared.make(work_dir, order)]


def _data(work_dir: Path, volume_id: VolumeId) -> str:
    try:
        data = folder_of(work_dir, volume_id)
    except ValueError as error:
        raise LaunchFailed(str(error)) from None
    if not os.path.isdir(data) or os.path.islink(data):
        raise LaunchFailed(f"the data of volume {volume_id} is not at {data}: it was removed behind the agent's back")
    return data
