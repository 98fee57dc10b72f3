"""Events and actions as lines for people; tasks' environments by their names only."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from barter.core.resources import Resources
from barter.master import actions as act
from barter.master.events import Event

SECRET = "env"


def event_line(event: Event) -> str:
    return plain(brief(event))


def action_lines(action: act.Action) -> Iterator[str]:
    """What is done and why: a line for each task, update or offer of a message, and the reason in each."""
    return map(plain, _lines(action))


def plain(text: str) -> str:
    """The text without what a terminal would obey: peers word names and messages."""
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def _lines(action: act.Action) -> Iterator[str]:
    match action:
        case act.SendToAgent():
            yield from _message_lines(f"to agent {action.agent_id}", action.message, action.reason)
        case act.SendToFramework():
            yield from _message_lines(f"to framework {action.framework_id}", action.message, action.reason)
        case act.Persist():
            yield f"persist {brief(action.fact)}  [{action.reason}]"
        case act.CloseSession():
            yield f"close session {action.session}{', for good' if action.fatal else ''}  [{action.reason}]"
        case act.EndpointsChanged():
            yield from (f"endpoints of {brief(view)}" for view in action.services)
            yield from (f"service {name} is gone" for name in action.removed)
            yield f"endpoints are {'' if action.settled else 'not '}settled  [{action.reason}]"
        case act.HistoryGrew():
            yield f"history up to {action.sequence}"


def brief(value: Any) -> str:
    """A dataclass with the fields that say something."""
    match value:
        case Resources():
            return f"<{value}>"
        case tuple():
            return "[" + ", ".join(map(brief, value)) + "]"
        case Mapping():
            return "{" + ", ".join(f"{name}: {brief(each)}" for name, each in value.items()) + "}"
    if not is_dataclass(value):
        return str(value)
    told = (f"{field.name}={_told(field.name, getattr(value, field.name))}" for field in _saying(value))
    return f"{type(value).__name__}({', '.join(told)})"


def _saying(value: Any) -> Iterator[Any]:
    for field in fields(value):
        default = field.default if field.default_factory is MISSING else field.default_factory()
        if getattr(value, field.name) != default:
            yield field


def _told(name: str, value: Any) -> str:
    return "{" + ", ".join(f"{each}: ..." for each in value) + "}" if name == SECRET else brief(value)


def _message_lines(whom: str, message: Any, reason: str) -> Iterator[str]:
    """The items of a message that is a list of them, each with what the message says of all."""
    kind = type(message).__name__
    values = {field.name: getattr(message, field.name) for field in fields(message)}
    items = next((name for name, value in values.items() if isinstance(value, tuple)), None)
    if items is None:
        yield f"{whom}: {brief(message)}  [{reason}]"
        return
    rest = "".join(f" {name}={brief(value)}" for name, value in values.items() if name != items)
    yield from (f"{whom}: {kind}{rest} {brief(item)}  [{reason}]" for item in values[items])
