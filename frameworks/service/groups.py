"""The tree of groups: what groups there are, which lies in which, and the ids of what is named relative to one."""

from collections.abc import Mapping, Sequence

from barter.frameworks.service.former import Former
from barter.frameworks.service.machine import ServiceMachine
from barter.frameworks.service.paths import check_path
from barter.frameworks.service.state import StoredApp, StoredGroup

ROOT = "/"


def canonical(text: str, base: str) -> str:
    """The absolute id that `text` means within the group `base`; raises ValueError."""
    steps: list[str] = []
    for step in f"{'' if text.startswith('/') else base}/{text}".split("/"):
        if step == "..":
            del steps[-1:]
        elif step not in ("", "."):
            steps.append(step)
    return check_path("/" + "/".join(steps)) if steps else ROOT


def parent(path: str) -> str:
    return path.rpartition("/")[0] or ROOT


def within(path: str, group_id: str) -> bool:
    """Whether it is the group, or anywhere below it."""
    return group_id in (ROOT, path) or path.startswith(f"{group_id}/")


class Tree:
    """`apps` are those that are not being deleted, pods among them; `stored` is what groups say of themselves; `former`
    are apps that are gone, or about to be.

    There is a group for each that is stored, and for each that something lies in.
    """

    def __init__(
        self, apps: Mapping[str, StoredApp], stored: Mapping[str, StoredGroup], former: Sequence[Former] = ()
    ) -> None:
        self.apps, self.stored, self.former = apps, stored, former
        self._groups = {ROOT}
        self._below: dict[str, list[str]] = {}
        self._apps: dict[str, list[StoredApp]] = {}
        for path in (*map(parent, apps), *stored):
            self._grow(path)
        for path, app in apps.items():
            self._apps.setdefault(parent(path), []).append(app)

    @classmethod
    def of(cls, machine: ServiceMachine) -> "Tree":
        apps = [state.stored for state in machine.apps.values()]
        going = (Former(one, machine.version) for one in apps if one.deleting)
        living = {one.app_id: one for one in apps if not one.deleting}
        return cls(living, machine.groups, (*machine.former, *going))

    def __contains__(self, group_id: object) -> bool:
        return group_id in self._groups

    def groups_in(self, group_id: str) -> list[str]:
        """The groups directly in it."""
        return sorted(self._below.get(group_id, ()))

    def apps_in(self, group_id: str) -> list[StoredApp]:
        """The apps directly in it, without its pods."""
        return [each for each in self._apps.get(group_id, ()) if not each.is_pod]

    def pods_in(self, group_id: str) -> list[StoredApp]:
        """The pods directly in it."""
        return [each for each in self._apps.get(group_id, ()) if each.is_pod]

    def all_within(self, group_id: str) -> list[str]:
        """The ids of all apps and pods in it and in its groups."""
        return [path for path in self.apps if within(path, group_id)]

    def group(self, group_id: str) -> StoredGroup:
        """What it says of itself; nothing where it is not stored."""
        return self.stored.get(group_id) or StoredGroup(group_id)

    def _grow(self, path: str) -> None:
        """Have the group, and those it lies in."""
        while path not in self._groups:
            self._groups.add(path)
            self._below.setdefault(parent(path), []).append(path)
            path = parent(path)
