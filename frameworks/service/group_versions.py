"""A group as it was: each change of its apps made a version of it, and the apps keep theirs."""

from barter.frameworks.service.app import App
from barter.frameworks.service.groups import Tree
from barter.frameworks.service.state import MOST_VERSIONS


def versions_of(tree: Tree, group_id: str) -> list[int]:
    """The latest versions of the apps in it, the newest first. An app that was deleted since has left none."""
    kept = [[version for version, _ in tree.apps[path].versions] for path in tree.all_within(group_id)]
    known_since = max((versions[0] for versions in kept if len(versions) >= MOST_VERSIONS), default=0)
    found = {version for versions in kept for version in versions if version >= known_since}
    return sorted(found, reverse=True)[:MOST_VERSIONS]


def apps_at(tree: Tree, group_id: str, version: int) -> dict[str, App] | None:
    """What the apps in it were then, by id, without those that were not there yet; None where that is not known."""
    known = versions_of(tree, group_id)
    if not known or version < known[-1]:
        return None
    found: dict[str, App] = {}
    for path in tree.all_within(group_id):
        earlier = [app for number, app in tree.apps[path].versions if number <= version]
        if earlier:
            found[path] = earlier[-1]
    return found
