"""Equal parts of many messages are decoded once and shared: a cluster has many tasks of few shapes."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from google.protobuf.message import Message

MOST_KEPT, LARGEST_KEPT = 8_192, 1_024
WireT = TypeVar("WireT", bound=Message)
KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


def shared(decode: Callable[[WireT], ValueT]) -> Callable[[WireT], ValueT]:
    """A decoder of small messages into immutable values; what it refuses, it refuses again each time."""
    kept: dict[bytes, ValueT] = {}

    def from_wire(wire: WireT) -> ValueT:
        body = wire.SerializeToString()
        value = kept.get(body)
        if value is None:
            value = decode(wire)
            if len(body) <= LARGEST_KEPT:
                _keep(kept, body, value)
        return value

    from_wire.__doc__ = decode.__doc__
    return from_wire


_strings: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}


def strings_from_wire(wire: Mapping[str, str]) -> dict[str, str]:
    """A dict which nobody may change."""
    if not wire:
        return {}
    names = tuple(wire)
    key = tuple(zip(names, map(wire.__getitem__, names), strict=True))
    value = _strings.get(key)
    if value is None:
        value = dict(key)
        if sum(len(name) + len(text) for name, text in key) <= LARGEST_KEPT:
            _keep(_strings, key, value)
    return value


def _keep(kept: dict[KeyT, ValueT], key: KeyT, value: ValueT) -> None:
    """Forgetting all at once is cheap, and a cluster whose shapes are more than fit shares little anyway."""
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[key] = value
