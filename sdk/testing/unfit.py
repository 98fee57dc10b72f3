"""What is wrong with an author's module, said with its own file and what to change there."""

import inspect
import traceback
from collections.abc import Callable
from difflib import SequenceMatcher
from types import FrameType

from barter.sdk.scheduler import Scheduler

ALIKE = 0.85
_GIVEN = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def unfit(factory: object) -> str:
    """Why no process can call it for its scheduler; empty where it can."""
    if isinstance(factory, Scheduler):
        return f"it is a {type(factory).__name__} made already: name its class, which is called for each process"
    if not callable(factory):
        return f"it is of type {type(factory).__name__}: name a Scheduler's class, or what makes one"
    required = _required(factory)
    if len(required) < 2:
        return ""
    asked = f"{', '.join(required[:-1])} and {required[-1]}"
    return f"it asks for {asked}, and is called with a StateStore or nothing: give the others defaults{_place(factory)}"


def unfit_settled(settled: object) -> str:
    """Why `settled` cannot be called with a cluster; empty where it can."""
    if not callable(settled):
        return f"settled is of type {type(settled).__name__}: make it a function, def settled(cluster)"
    try:
        inspect.signature(settled).bind(object())
    except TypeError as error:
        return f"settled is called with the cluster alone, and {error}: make it def settled(cluster){_place(settled)}"
    return ""


def misspelt(kind: type[Scheduler]) -> str:
    """Which method nobody calls, since its name is only like a callback's; empty where there is none."""
    callbacks = {name: of for name, of in vars(Scheduler).items() if inspect.isfunction(of)}
    for name, method in inspect.getmembers(kind, inspect.isfunction):
        if name.startswith("_") or name in callbacks:
            continue
        for callback, of in callbacks.items():
            taken = getattr(kind, callback) is not of
            if not taken and _alike(name, callback) and _count(method) == _count(of):
                return f"nothing calls {kind.__name__}.{name}: the callback is named {callback}{_place(method)}"
    return ""


def words(error: Exception) -> str:
    """In one line, with the place in the author's file; an assertion without words is told by its source."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({error.filename}, line {error.lineno})"
    steps = list(traceback.walk_tb(error.__traceback__))
    own = [step for step in steps if _of_author(step[0])] or steps
    where = traceback.extract_tb(error.__traceback__)[steps.index(own[-1])]
    said = str(error).partition("\n")[0] or (where.line or "")
    return f"{type(error).__name__}: {said} ({where.filename}, line {where.lineno})"


def _of_author(frame: FrameType) -> bool:
    name = str(frame.f_globals.get("__name__", ""))
    return not name.startswith(("barter.", "importlib"))


def _required(factory: Callable[..., object]) -> list[str]:
    try:
        parameters = inspect.signature(factory).parameters.values()
    except ValueError:
        return []
    kinds = (*_GIVEN, inspect.Parameter.KEYWORD_ONLY)
    return [each.name for each in parameters if each.kind in kinds and each.default is inspect.Parameter.empty]


def _alike(name: str, callback: str) -> bool:
    one, other = (text.replace("_", "").lower() for text in (name, callback))
    return SequenceMatcher(None, one, other).ratio() >= ALIKE


def _count(method: Callable[..., object]) -> int:
    return sum(each.kind in _GIVEN for each in inspect.signature(method).parameters.values())


def _place(thing: object) -> str:
    made_by = getattr(thing, "__init__", None) if isinstance(thing, type) else thing
    code = getattr(inspect.unwrap(made_by), "__code__", None) if callable(made_by) else None
    return f" ({code.co_filename}, line {code.co_firstlineno})" if code is not None else ""
