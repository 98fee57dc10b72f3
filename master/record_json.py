"""What a log holds, as JSON and back: the class's name beside each value, and no class but those named here."""

from dataclasses import fields
from functools import cache
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from barter.master import actions as act
from barter.master import events as ev
from barter.master.allocator.memory import Memory
from barter.master.facts import Fact
from barter.master.messages import ToAgent, ToFramework
from barter.master.snapshot_records import Snapshot, TimerRecord
from barter.master.timers import Due

LARGEST_PORT = 65_535
EVENTS: dict[str, type] = {kind.__name__: kind for kind in get_args(ev.Event)}
ACTIONS: dict[str, type] = {kind.__name__: kind for kind in get_args(act.Action)}
# Fields that hold one of several classes, whose name stands beside the value too.
_INNER: dict[type, tuple[str, dict[str, type]]] = {
    kind: (name, {each.__name__: each for each in get_args(inner)})
    for kind, name, inner in (
        (act.SendToAgent, "message", ToAgent),
        (act.SendToFramework, "message", ToFramework),
        (act.Persist, "fact", Fact),
        (TimerRecord, "due", Due),
    )
}


class Unreadable(Exception):
    """What is wrong with it, in one line."""


class OtherFormat(Unreadable):
    """It was written by a version whose logs this one does not read."""


def encode(value: object) -> bytes:
    """JSON in one line, without its end."""
    return to_json(value)


def tagged(value: object) -> list[object]:
    """What `encode` takes for a value whose class a reader has to be told."""
    kind = type(value)
    names = [kind.__name__, value]
    return [*names, type(getattr(value, _INNER[kind][0])).__name__] if kind in _INNER else names


def item(value: object) -> object:
    """What `encode` takes for a value whose class a reader knows."""
    return tagged(value) if type(value) in _INNER else value


def item_of(kind: type, raw: Any) -> Any:
    """One of this class, as `item` wrote it; raises Unreadable."""
    return untagged(raw, {kind.__name__: kind}) if kind in _INNER else value_of(kind, raw)


def parse(line: bytes) -> Any:
    """Raises Unreadable."""
    try:
        raw = from_json(line)
    except ValueError as error:
        raise Unreadable(f"it is no JSON: {error}") from None
    _check_ranges(raw)
    return raw


def untagged(raw: Any, kinds: dict[str, type]) -> Any:
    """One of these classes, as `tagged` wrote it; raises Unreadable."""
    match raw:
        case [str(name), value, *inner] if name in kinds and len(inner) < 2:
            return value_of(kinds[name], value, *inner)
        case [str(name), *_]:
            raise Unreadable(f"{name[:80]!r} is none of {', '.join(kinds)}")
        case _:
            raise Unreadable("the name of a class and its value were expected")


def value_of(kind: type, raw: Any, inner: Any = None) -> Any:
    """A value of a class out of parsed JSON; raises Unreadable."""
    if kind in _INNER:
        field, kinds = _INNER[kind]
        if not isinstance(raw, dict) or field not in raw or not isinstance(inner, str) or inner not in kinds:
            raise Unreadable(f"{kind.__name__}.{field} has to be one of {', '.join(kinds)}")
        raw = {**raw, field: value_of(kinds[inner], raw[field])}
    try:
        return _adapter(kind).validate_python(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in (kind.__name__, *found["loc"]))
        raise Unreadable(f"{place[:200]}: {found['msg'][:300]}") from None


def part_kinds() -> dict[str, type]:
    """The parts of a snapshot beside its head, with the class of their items; the allocator's with its name before."""
    own = {name: kind for name, kind in _items(Snapshot).items() if name not in ("head", "allocator")}
    return own | {f"allocator.{name}": kind for name, kind in _items(Memory).items()}


def _items(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: (get_args(hints[field.name]) or (None,))[0] for field in fields(kind)}


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _check_ranges(raw: Any) -> None:
    """Ports are counted as bits, so that a range without a bound would fill the memory."""
    if isinstance(raw, list):
        for each in raw:
            _check_ranges(each)
    elif isinstance(raw, dict):
        for name, value in raw.items():
            if name == "ranges" and isinstance(value, dict):
                _check_pairs(value)
            else:
                _check_ranges(value)


def _check_pairs(ranges: dict[str, Any]) -> None:
    numbers = (number for pairs in ranges.values() for pair in pairs for number in pair)
    try:
        bounded = all(0 <= number <= LARGEST_PORT for number in numbers)
    except TypeError:
        bounded = False
    if not bounded:
        raise Unreadable(f"ranges: these are no pairs of numbers from 0 to {LARGEST_PORT}")
