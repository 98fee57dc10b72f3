"""Resources of an agent kept for one role, and volumes on them whose data outlives tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from barter.core.ids import AgentId, ReservationId, VolumeId
from barter.core.resources import Resources

STATIC = "static-"
MOST_MOUNTS = 100
TAKEN_NAMES = ("stdout", "stderr")


@dataclass(frozen=True, slots=True)
class Reservation:
    """For `role` and the roles below it. A static one comes from the agent's start and goes only with it.

    An `exclusive` one serves no demand but those for its volumes.
    """

    reservation_id: ReservationId
    agent_id: AgentId
    role: str
    resources: Resources
    principal: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    static: bool = False
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class PersistentVolume:
    """`size` bytes of its reservation's disk are its own, whether a task uses it or not; one task at a time does."""

    volume_id: VolumeId
    reservation_id: ReservationId
    agent_id: AgentId
    size: int
    principal: str = ""


@dataclass(frozen=True, slots=True)
class ReservationsHeld:
    """All that a framework's principal has made and that have not ended, wherever their agents are."""

    reservations: tuple[Reservation, ...] = ()
    volumes: tuple[PersistentVolume, ...] = ()


@dataclass(frozen=True, slots=True)
class VolumeMount:
    """A persistent volume in a task: at `path` of its container, or below its sandbox where it has none."""

    volume_id: VolumeId
    path: str
    read_only: bool = False


def static_id(role: str) -> ReservationId:
    """The id of what an agent reserves for the role at its start."""
    return ReservationId(f"{STATIC}{role.replace('/', '.')}")


def mount_problem(mounts: Sequence[VolumeMount], *, in_container: bool) -> str:
    """Why a task cannot have its volumes there; empty when it can."""
    if len(mounts) > MOST_MOUNTS:
        return f"volumes: {len(mounts)} are too many, at most {MOST_MOUNTS}"
    seen: list[tuple[str, ...]] = []
    for mount in mounts:
        parts = tuple(mount.path.removeprefix("/").split("/"))
        field = f"volumes.{mount.volume_id}: path {mount.path[:80]!r}"
        if any(part in ("", ".", "..") or "\0" in part or ":" in part for part in parts):
            return f"{field} must be plain: names with single slashes between, without '.', '..' or ':'"
        if in_container and not mount.path.startswith("/"):
            return f"{field} must be absolute: it is in the task's container"
        if not in_container and (mount.path.startswith("/") or parts[0] in TAKEN_NAMES):
            return f"{field} must be relative, and not one of {', '.join(TAKEN_NAMES)}: it is below the task's sandbox"
        if mount.read_only and not in_container:
            return f"volumes.{mount.volume_id}: a task without a container has it by a link, which cannot be read-only"
        if any(parts[: len(other)] == other or other[: len(parts)] == parts for other in seen):
            return f"{field} is within that of another volume, or the same"
        seen.append(parts)
    twice = [mount.volume_id for mount in mounts if [each.volume_id for each in mounts].count(mount.volume_id) > 1]
    return f"volumes.{twice[0]}: it is mounted twice" if twice else ""
