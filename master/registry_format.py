"""Formats of the registry: which this version knows, and how the rows of one become those of the next.

A step may be taken twice: what it has changed it leaves as it is.
"""

from collections.abc import Callable, Iterable, Mapping

from barter.core.removals import Removals, RemovedAgent
from barter.master import registry as kinds
from barter.master.registry import UnusableRegistry
from barter.master.registry_rows import BodyOf, Contents, Key, Row, Undecodable, ValueOf, recovered

FORMAT = 2
Upgrade = Callable[[Row, BodyOf, ValueOf], bytes]
"""The body that a row has in the next format."""


def check_format(where: str, found: int) -> None:
    """Raises UnusableRegistry for a format that this version cannot read; `where` is the file or znode."""
    if found > FORMAT:
        raise UnusableRegistry(
            f"{where} has registry format {found}, this version knows up to {FORMAT}: "
            "start the version of Barter that wrote it, or a newer one; nothing was changed"
        )
    if found < 1:
        raise UnusableRegistry(f"{where} has registry format {found}, which there never was: restore a backup")


def upgraded(rows: Iterable[Row], found: int, body_of: BodyOf, value_of: ValueOf) -> list[tuple[Key, bytes]]:
    """The rows that differ between format `found` and this version's. Raises Undecodable."""
    changed: list[tuple[Key, bytes]] = []
    for row in rows:
        body = row.body
        for older in range(found, FORMAT):
            body = UPGRADES[older](row._replace(body=body), body_of, value_of)
        if body != row.body:
            changed.append(((row.kind, row.name), body))
    return changed


def current(contents: Contents, body_of: BodyOf, value_of: ValueOf) -> Contents:
    """The same in this version's format, every row of it decodable. Raises Undecodable."""
    rows = {(row.kind, row.name): row.body for row in contents.rows}
    rows.update(upgraded(contents.rows, contents.format, body_of, value_of))
    changed = tuple(Row(*key, body) for key, body in rows.items())
    recovered(contents.cluster_id, contents.epoch, changed, value_of)
    return Contents(FORMAT, contents.cluster_id, contents.epoch, changed)


def _bounded(row: Row, body_of: BodyOf, value_of: ValueOf) -> bytes:
    """Format 2 keeps so many of the tasks of a removed agent, and of the agents whose loss counts no more."""
    if row.kind not in (kinds.REMOVED, kinds.REMOVALS):
        return row.body
    try:
        value = value_of(row.kind, row.body)
    except Exception as error:
        raise Undecodable(row.kind, row.name, error) from error
    assert isinstance(value, RemovedAgent | Removals)
    kept = value.bounded()
    return row.body if kept == value else body_of(row.kind, kept)


UPGRADES: Mapping[int, Upgrade] = {1: _bounded}
"""By the format that a row has before."""
