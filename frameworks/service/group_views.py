"""What the API shows of groups: the tree in Marathon's shape, with what of it was asked for."""

from collections.abc import Callable

from barter.frameworks.service.embeds import GroupEmbed
from barter.frameworks.service.groups import Tree
from barter.frameworks.service.schema import Json
from barter.frameworks.service.state import StoredApp
from barter.frameworks.service.timestamps import iso


def group_view(
    tree: Tree,
    group_id: str,
    version: int,
    embeds: frozenset[GroupEmbed],
    app: Callable[[StoredApp], Json],
    pod: Callable[[StoredApp], Json],
) -> Json:
    """`app` and `pod` show what is in it; `version` is that of the whole tree."""
    stored = tree.group(group_id)
    view: Json = {"id": group_id, "dependencies": list(stored.dependencies), "version": iso(version)}
    if GroupEmbed.APPS in embeds:
        view["apps"] = [app(each) for each in tree.apps_in(group_id)]
    if GroupEmbed.PODS in embeds:
        view["pods"] = [pod(each) for each in tree.pods_in(group_id)]
    if GroupEmbed.GROUPS in embeds:
        children = tree.groups_in(group_id)
        view["groups"] = [group_view(tree, each, version, embeds, app, pod) for each in children]
    if stored.enforce_role is not None:
        view["enforceRole"] = stored.enforce_role
    return view
