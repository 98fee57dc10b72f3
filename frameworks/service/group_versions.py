"""A group as it was: each change of its apps made a version of it. Apps keep theirs, also those that are gone since."""

from collections.abc import Iterator

from barter.frameworks.service.groups import Tree, within
from barter.frameworks.service.state import MOST_VERSIONS, StoredApp

MOST = 25


def versions_of(tree: Tree, group_id: str) -> list[int]:
    """The latest changes of what is, or was, in it, the newest first."""
    found, known_since = _changes(tree, group_id)
    return sorted((version for version in found if version >= known_since), reverse=True)[:MOST]


def _changes(tree: Tree, group_id: str) -> tuple[set[int], int]:
    """The versions that are kept, and from which on nothing is missing."""
    found: set[int] = set()
    known_since = max((each.forgotten for each in tree.former), default=0)
    for stored, gone_at in _lives(tree, group_id):
        versions = [version for version, _ in stored.versions]
        found.update(versions if gone_at is None else (*versions, gone_at))
        if len(versions) >= MOST_VERSIONS:
            known_since = max(known_since, versions[0])
    return found, max(known_since, min(found, default=0))


def apps_at(tree: Tree, group_id: str, version: int) -> dict[str, StoredApp] | None:
    """The apps in it that were there then, by id, with what they were then as the last definition; None where that is
    not known."""
    changes, known_since = _changes(tree, group_id)
    if not changes or version < known_since:
        return None
    found: dict[str, StoredApp] = {}
    for stored, gone_at in _lives(tree, group_id):
        then = stored.as_of(version)
        if then is not None and (gone_at is None or version < gone_at):
            found[stored.app_id] = then
    return found


def _lives(tree: Tree, group_id: str) -> Iterator[tuple[StoredApp, int | None]]:
    """Each app that is or was in it, with the version at which it was gone."""
    for former in tree.former:
        if within(former.stored.app_id, group_id):
            yield former.stored, former.gone_at
    for path in tree.all_within(group_id):
        yield tree.apps[path], None
