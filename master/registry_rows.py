"""What a registry holds, as every store keeps it: rows of kind, name and bytes."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from barter.core.removals import Removals
from barter.master import registry as kinds
from barter.master.facts import Fact, Recovered
from barter.master.registry import OF_AN_AGENT, entries_of

# In the order of Recovered's fields.
KINDS = (
    kinds.AGENT,
    kinds.FRAMEWORK,
    kinds.ROLE,
    kinds.RESERVATION,
    kinds.VOLUME,
    kinds.CONDEMNED,
    kinds.MAINTENANCE,
    kinds.GONE,
    kinds.REMOVED,
    kinds.REMOVALS,
)
_OF_AGENTS = {*OF_AN_AGENT, kinds.AGENT, kinds.GONE, kinds.REMOVED}

BodyOf = Callable[[str, object], bytes]
"""Of a kind and a value."""
ValueOf = Callable[[str, bytes], object]
Key = tuple[str, str]
"""Kind and name."""


class Row(NamedTuple):
    kind: str
    name: str
    body: bytes


class Contents(NamedTuple):
    """All that a registry holds, as it is moved to another store. `epoch` is the highest that any master had."""

    format: int
    cluster_id: str
    epoch: int
    rows: tuple[Row, ...]


class Undecodable(Exception):
    """The bytes of a row are none of its kind."""

    def __init__(self, kind: str, name: str, error: Exception) -> None:
        super().__init__(f"{kind} {name}: {error or type(error).__name__}")
        self.kind, self.name = kind, name


def recovered(cluster_id: str, epoch: int, rows: Iterable[Row], value_of: ValueOf) -> Recovered:
    """By name within each kind. Raises Undecodable."""
    values: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    for kind, name, body in sorted(rows):
        try:
            values[kind].append(value_of(kind, body))
        except Exception as error:
            raise Undecodable(kind, name, error) from error
    removals = next(iter(values.pop(kinds.REMOVALS)), Removals())
    fields: list[Any] = [*map(tuple, values.values()), removals]
    return Recovered(cluster_id, epoch, *fields)


def group_of(kind: str, name: str) -> str:
    """Rows that go with their agent are of its group, any other row of one of its own."""
    return name.partition("/")[0] if kind in OF_AN_AGENT else name


def subject_of(kind: str, name: str) -> Key:
    """Whom a row tells of: an agent, a framework, a role, or removals."""
    return ("agent", name.partition("/")[0]) if kind in _OF_AGENTS else (kind, name)


def changes(
    facts: Sequence[Fact], names_in: Callable[[str, str], Iterable[str]]
) -> dict[Key, dict[Key, object | None]]:
    """By subject, in the order the facts first tell of it: what each row is to be in the end, None for no row.

    `names_in` says which names of a kind there are in a group before.
    """
    found: dict[Key, dict[Key, object | None]] = {}
    for fact in facts:
        for entry in entries_of(fact):
            rows = found.setdefault(subject_of(entry.kind, entry.name), {})
            rows[entry.kind, entry.name] = entry.value
            if entry.with_agent:
                new = [key for key in rows if key[0] in OF_AN_AGENT]
                old = [(kind, name) for kind in OF_AN_AGENT for name in names_in(kind, entry.name)]
                rows.update(dict.fromkeys((*new, *old)))
    return found
