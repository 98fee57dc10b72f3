"""Parameter types: text with units to the integers of the core; a bad value is a usage error with its reason."""

from collections.abc import Callable
from typing import Any

import click


class Parsed(click.ParamType):  # type: ignore[type-arg]
    """What `read` makes of the text; its ValueError becomes the usage error."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _duration(text: str) -> int:
    from barter.core.units import parse_duration_ms

    if not (ms := parse_duration_ms(text)):
        raise ValueError(f"{text!r}: must be more than 0")
    return ms


def _zookeeper(text: str) -> Any:
    from barter.core.zookeeper_url import parse_url

    return parse_url(text)


def _size(text: str) -> int:
    from barter.core.units import parse_bytes

    return parse_bytes(text)


def _resources(text: str) -> Any:
    from barter.core.resources import parse_resources

    return parse_resources(text)


def _minimum(text: str) -> Any:
    if not (minimum := _resources(text)):
        raise ValueError(f"{text!r} is nothing at all: write cpus=0.1,mem=64MiB")
    return minimum


def attributes(text: str) -> dict[str, str]:
    """`zone=a,rack=r1` as a mapping."""
    found: dict[str, str] = {}
    for item in filter(None, text.split(",")):
        name, equals, value = (part.strip() for part in item.partition("="))
        if not (name and equals and value) or name in found:
            raise ValueError(f"{item!r} is not NAME=VALUE, or names an attribute twice: write zone=a,rack=r1")
        found[name] = value
    return found


def _advertised(text: str) -> str:
    from barter.core.addresses import parse_advertised

    return parse_advertised(text)


def _address(text: str) -> str:
    from barter.core.addresses import split_address

    split_address(text)
    return text


def _masters(text: str) -> str:
    from barter.core.addresses import split_masters

    return ",".join(split_masters(text)) or text.strip()


def _role(text: str) -> str:
    from barter.core.roles import check_role

    return check_role(text)


def _label(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise ValueError(f"{text!r} is not KEY=VALUE")
    return key, value


def _reserved(text: str) -> tuple[str, Any]:
    """`eng/web:cpus=4,mem=8GiB` as the role and its resources."""
    role, colon, amounts = text.partition(":")
    if not (role and colon and amounts):
        raise ValueError(f"{text!r} is not ROLE:RESOURCES: write eng/web:cpus=4,mem=8GiB")
    return _role(role), _resources(amounts)


def _time(text: str) -> int:
    from barter.core.units import parse_duration_ms

    return parse_duration_ms(text)


def _rate(text: str) -> int:
    """`1/20s` as the milliseconds from one to the next."""
    count, slash, within = text.partition("/")
    if not slash or not count.isdecimal() or not int(count):
        raise ValueError(f"{text!r} is not COUNT/DURATION: write 1/20s")
    return max(_duration(within) // int(count), 1)


def _share(text: str) -> int:
    """`25%` in thousandths."""
    number = text.removesuffix("%").strip()
    if not text.endswith("%") or not number.replace(".", "", 1).isdecimal() or not 0 < float(number) <= 100:
        raise ValueError(f"{text!r} is no share: write 25%, at most 100%")
    return max(round(float(number) * 10), 1)


LABEL = Parsed("key=value", _label)
RESERVED = Parsed("role:resources", _reserved)
DURATION = Parsed("duration", _duration)
TIME = Parsed("duration", _time)
RATE = Parsed("count/duration", _rate)
SHARE = Parsed("percent", _share)
SIZE = Parsed("size", _size)
RESOURCES = Parsed("resources", _resources)
MINIMUM = Parsed("resources", _minimum)
ATTRIBUTES = Parsed("attributes", attributes)
ZOOKEEPER = Parsed("url", _zookeeper)
ADDRESS = Parsed("host:port", _address)
ADVERTISED = Parsed("host", _advertised)
MASTERS = Parsed("masters", _masters)
ROLE = Parsed("role", _role)
PORT = click.IntRange(1, 65535)
