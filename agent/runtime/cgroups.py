"""Where this process may make cgroups, out of /proc/self/cgroup and /proc/self/mountinfo. Reads only, makes nothing.

On v1 tasks go below our own cgroup of each controller, so that what limits us limits them too. On v2 a cgroup that
holds processes cannot have children with controllers, so tasks go below the nearest ancestor that already hands
its controllers down and that we may write; the real root may be told to, and a cgroup that was delegated to us (by
systemd's Delegate=yes) once all processes in it have moved to a child of it.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

KINDS = ("memory", "cpu")
LEAF = "barter-daemons"


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """`base` is where our folder goes, `home` where we are, `enter` the file that takes the one who enters.

    With `enable` the controllers must be handed down by `base` first, and with `evacuate` its processes go to `home`.
    """

    version: int
    base: Path
    home: Path
    kinds: tuple[str, ...]
    enter: str
    enable: bool = False
    evacuate: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """`missing`: for each kind that cannot be limited here, why."""

    hierarchies: tuple[Hierarchy, ...]
    missing: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Mount:
    kind: str
    root: str
    point: Path
    options: frozenset[str]

    def locate(self, path: str) -> Path:
        """Our cgroup's folder: with a bind mount or without a cgroup namespace only a part of `path` is mounted."""
        inside = path.removeprefix(self.root.rstrip("/")) if path.startswith(self.root) else path
        return self.point / inside.strip("/")


def find(cgroup: str, mountinfo: str) -> Found:
    """Read the texts of /proc/self/cgroup and /proc/self/mountinfo and look at the folders they name."""
    mounts = list(_mounts(mountinfo))
    own = dict(_memberships(cgroup))
    hierarchies: list[Hierarchy] = []
    missing: dict[str, str] = {}
    unified = _find_v2(own, mounts)
    for kind in KINDS:
        mount = next((m for m in mounts if m.kind == "cgroup" and kind in m.options), None)
        if mount is None or kind not in own:
            continue
        home = mount.locate(own[kind])
        if os.access(home, os.W_OK):
            hierarchies.append(Hierarchy(1, home, home, (kind,), "tasks"))
        else:
            missing[kind] = f"this user may not make cgroups in {home}"
    left = tuple(kind for kind in KINDS if kind not in missing and all(kind not in h.kinds for h in hierarchies))
    if unified is not None and (kinds := tuple(kind for kind in left if kind in unified.kinds)):
        hierarchies.append(replace(unified, kinds=kinds))
        left = tuple(kind for kind in left if kind not in kinds)
    for kind in left:
        missing[kind] = f"no cgroup hands its {kind} controller down to this user here"
    return Found(tuple(hierarchies), missing)


def find_here() -> Found:
    try:
        return find(Path("/proc/self/cgroup").read_text(), Path("/proc/self/mountinfo").read_text())
    except OSError as error:
        return Found((), dict.fromkeys(KINDS, f"cannot read this process' cgroups: {error}"))


def _memberships(text: str) -> Iterator[tuple[str, str]]:
    """Pairs of controller (empty for v2) and our path in it."""
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            yield controller, path


def _mounts(text: str) -> Iterator[_Mount]:
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields, (kind, _, options) = before.split(), after.split()[:3]
        if kind in ("cgroup", "cgroup2"):
            yield _Mount(kind, fields[3], Path(fields[4]), frozenset(options.split(",")))


def _find_v2(own: dict[str, str], mounts: list[_Mount]) -> Hierarchy | None:
    mount = next((m for m in mounts if m.kind == "cgroup2"), None)
    if mount is None or "" not in own:
        return None
    home = mount.locate(own[""])
    own_kinds = tuple(kind for kind in KINDS if kind in _words(home / "cgroup.controllers"))
    if "memory" in own_kinds and home != mount.point and _delegated(home):
        return Hierarchy(2, home, home / LEAF, own_kinds, "cgroup.procs", enable=True, evacuate=True)
    folder = home
    while True:
        handed = _words(folder / "cgroup.subtree_control")
        if "memory" in handed and os.access(folder, os.W_OK) and os.access(folder / "cgroup.procs", os.W_OK):
            return Hierarchy(2, folder, home, tuple(kind for kind in KINDS if kind in handed), "cgroup.procs")
        if folder == mount.point:
            break
        folder = folder.parent
    # Only the real root has no cgroup.type, and only there processes and children with controllers go together.
    offered = _words(folder / "cgroup.controllers")
    is_root = home == folder and not (folder / "cgroup.type").exists()
    if is_root and "memory" in offered and os.access(folder / "cgroup.subtree_control", os.W_OK):
        return Hierarchy(2, folder, home, tuple(kind for kind in KINDS if kind in offered), "cgroup.procs", enable=True)
    return None


def _delegated(home: Path) -> bool:
    """Whether it is ours alone to divide: systemd says so, or why else may another than root write to it."""
    if not all(os.access(home / name, os.W_OK) for name in ("", "cgroup.procs", "cgroup.subtree_control")):
        return False
    for name in ("user.delegate", "trusted.delegate"):
        try:
            if os.getxattr(home, name) == b"1":
                return True
        except OSError:
            continue
    return os.geteuid() != 0


def _words(path: Path) -> frozenset[str]:
    try:
        return frozenset(path.read_text().split())
    except OSError:
        return frozenset()
