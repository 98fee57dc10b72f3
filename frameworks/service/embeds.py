"""What a query asks to be told beside the definitions: the words of `embed=`, as Marathon knows them."""

from collections.abc import Iterable
from enum import Enum, auto


class Embed(Enum):
    """Of an app. REASONS is our own: what the app, its tasks and its deployments wait for."""

    TASKS = auto()
    COUNTS = auto()
    DEPLOYMENTS = auto()
    READINESS = auto()
    LAST_TASK_FAILURE = auto()
    TASK_STATS = auto()
    REASONS = auto()


class GroupEmbed(Enum):
    GROUPS = auto()
    APPS = auto()
    PODS = auto()


IN_LISTS = frozenset({Embed.COUNTS, Embed.DEPLOYMENTS})
"""What each app of a list has, whatever is asked for."""
OF_ONE = IN_LISTS | {Embed.TASKS, Embed.LAST_TASK_FAILURE}
"""What an app that is asked for alone has."""

_PREFIXES = ("group.apps.", "apps.", "app.")
_APP_WORDS = {
    "tasks": {Embed.TASKS, Embed.DEPLOYMENTS},
    "failures": {Embed.TASKS, Embed.DEPLOYMENTS, Embed.LAST_TASK_FAILURE, Embed.COUNTS},
    "deployments": {Embed.DEPLOYMENTS},
    "readiness": {Embed.READINESS},
    "lastTaskFailure": {Embed.LAST_TASK_FAILURE},
    "counts": {Embed.COUNTS},
    "count": {Embed.COUNTS},
    "taskStats": {Embed.TASK_STATS},
    "reasons": {Embed.REASONS},
}
_GROUP_WORDS = {"group.groups": GroupEmbed.GROUPS, "group.apps": GroupEmbed.APPS, "group.pods": GroupEmbed.PODS}


def app_embeds(words: Iterable[str]) -> frozenset[Embed]:
    """Words are taken with any prefix or none; those that are not known are passed over, as Marathon does."""
    return frozenset(embed for word in words for embed in _APP_WORDS.get(_bare(word), ()))


def group_embeds(words: Iterable[str]) -> tuple[frozenset[Embed], frozenset[GroupEmbed]]:
    """What of the apps, and what of the groups; without any word the groups' apps, pods and groups."""
    given = set(words)
    if not given:
        return frozenset(), frozenset(GroupEmbed)
    groups = frozenset(_GROUP_WORDS[word] for word in given & _GROUP_WORDS.keys())
    return app_embeds(word for word in given if word.startswith("group.apps.")), groups


def _bare(word: str) -> str:
    return next((word.removeprefix(prefix) for prefix in _PREFIXES if word.startswith(prefix)), word)
