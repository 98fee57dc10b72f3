"""Quotas as operators write them: `cpus=10,mem=20GiB`, or a file with the roles and what each is to have."""

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from barter.core.resources import BYTE_SCALARS, PORTS
from barter.core.roles import RoleConfig
from barter.core.units import parse_bytes, parse_milli
from barter.master.quota import problems

PARTS = ("guarantee", "limit")
_KIND = re.compile(r"[a-z][a-z0-9_.-]*")


class Unusable(Exception):
    """All that is wrong with a file, a sentence each."""

    def __init__(self, *found: str) -> None:
        super().__init__("; ".join(found))
        self.found = found


def parse_amounts(text: str) -> dict[str, int]:
    """`cpus=10,mem=20GiB`, in milli-units and bytes; an amount may be 0. Raises ValueError."""
    amounts: dict[str, int] = {}
    for item in text.split(","):
        kind, equals, value = (part.strip() for part in item.partition("="))
        if not equals or kind in amounts:
            raise ValueError(f"{item!r} is not KIND=AMOUNT, or names a kind twice: write cpus=10,mem=20GiB")
        amounts[kind] = amount(kind, value)
    return amounts


def amount(kind: str, text: str) -> int:
    """Raises ValueError."""
    if kind == PORTS or _KIND.fullmatch(kind) is None:
        raise ValueError(f"{kind[:80]!r} is nothing a quota counts: it counts cpus, mem, disk and other amounts")
    try:
        return parse_bytes(text) if kind in BYTE_SCALARS else parse_milli(text)
    except ValueError as error:
        raise ValueError(f"{kind}: {error}") from None


def read_quotas(text: str) -> list[RoleConfig]:
    """Of a file in YAML or JSON: `eng: {guarantee: {cpus: 10, mem: 20GiB}, limit: {cpus: 40}}`. Raises Unusable."""
    loaded = _load(text)
    if not isinstance(loaded, dict) or not loaded:
        raise Unusable("it names no role: write ROLE: {guarantee: {cpus: 10}, limit: {cpus: 40}}")
    found: list[str] = []
    read = [_quota(str(role), said, found) for role, said in loaded.items()]
    found += problems({}, read, {}, lambda _: {}).wrong
    if found:
        raise Unusable(*dict.fromkeys(found))
    return read


def _quota(role: str, said: Any, found: list[str]) -> RoleConfig:
    if not isinstance(said, dict):
        found.append(f"role {role[:80]}: {said!r:.80} is not {{guarantee: {{...}}, limit: {{...}}}}")
        said = {}
    found += [
        f"role {role[:80]}: {part!r:.80} is neither guarantee nor limit (see `barter weight` for weights)"
        for part in said
        if part not in PARTS
    ]
    guarantee, limit = (_amounts(f"role {role[:80]}: {part}", said.get(part, {}), found) for part in PARTS)
    return RoleConfig(role, guarantee={kind: least for kind, least in guarantee.items() if least}, limit=limit)


def _amounts(where: str, said: Any, found: list[str]) -> Mapping[str, int]:
    if not isinstance(said, dict):
        found.append(f"{where}: {said!r:.80} is not {{cpus: 10, mem: 20GiB}}")
        return {}
    amounts: dict[str, int] = {}
    for kind, value in said.items():
        try:
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise ValueError(f"{kind}: {value!r:.80} is no amount")
            amounts[str(kind)] = amount(str(kind), str(value))
        except ValueError as error:
            found.append(f"{where}: {error}")
    return amounts


def _load(text: str) -> Any:
    """Raises Unusable, also for a key that is there twice: the parsers would take the last one for the truth."""
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError:
        pass
    try:
        return yaml.load(text, _Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unusable(f"it is neither YAML nor JSON: {' '.join(str(error).split())[:300]}") from None


def _unique(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    for key, value in pairs:
        if key in made:
            raise Unusable(f"{key!r:.80} is there twice")
        made[key] = value
    return made


class _Loader(yaml.SafeLoader):
    pass


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    try:
        return _unique(
            [(loader.construct_object(key), loader.construct_object(value, deep=True)) for key, value in node.value]
        )
    except TypeError:
        raise Unusable("a key is no name") from None


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
