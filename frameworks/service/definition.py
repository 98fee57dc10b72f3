"""From an operator's JSON to an App, or to every reason why not."""

import json
from collections import deque
from collections.abc import Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from barter.frameworks.service.app import App
from barter.frameworks.service.convert import convert
from barter.frameworks.service.refused import without_refused
from barter.frameworks.service.schema import KINDS, AppPart, Json

MOST_BYTES = 1 << 20
MOST_DEPTH = 150


class DefinitionError(Exception):
    """`problems` are pairs of a path into the JSON and the reason."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{path}: {reason}" for path, reason in problems))
        self.problems = tuple(problems)


class MalformedError(DefinitionError):
    """What is given is no JSON, or not the kind of value that is wanted."""


def parse_json(body: bytes) -> Json:
    """The object in `body`; raises MalformedError, or DefinitionError on what could not be kept as text."""
    value = _read(body)
    if not isinstance(value, dict):
        raise MalformedError([("/", "is not a JSON object")])
    return value


def parse_list(body: bytes) -> list[Json]:
    """The list of objects in `body`; raises as `parse_json`."""
    value = _read(body)
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise MalformedError([("/", "is not a list of JSON objects")])
    return value


def parse_texts(body: bytes) -> list[str]:
    """The list of texts in `body`; raises as `parse_json`."""
    value = _read(body)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise MalformedError([("/", "is not a list of texts")])
    return value


def _read(body: bytes) -> object:
    if len(body) > MOST_BYTES:
        raise DefinitionError([("/", f"is larger than {MOST_BYTES} bytes")])
    try:
        value = json.loads(body, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise MalformedError([("/", f"is not JSON: {str(error)[:200] or 'nested too deeply'}")]) from None
    problems = _unusable_text(value)
    if problems:
        raise DefinitionError(problems)
    return value


def parse_app(app: Json) -> App:
    """Raises DefinitionError naming every field that is wrong, unknown, or asks for what is not done here."""
    kept, problems = without_refused(app)
    try:
        part = AppPart.model_validate(kept)
    except ValidationError as error:
        raise DefinitionError([*problems, *named(error)]) from None
    converted, more = convert(part)
    if converted is None or problems or more:
        raise DefinitionError([*problems, *more])
    return converted


def named(error: ValidationError) -> list[tuple[str, str]]:
    """Path and reason of each."""
    found: dict[tuple[str, str], None] = {}
    for problem in error.errors(include_url=False, include_input=False):
        path = "".join(f"/{step}" for step in problem["loc"] if step not in KINDS)
        found[(path or "/", _reason(problem))] = None
    return list(found)


def _reason(problem: ErrorDetails) -> str:
    """In Marathon's words where it has some for this."""
    limits = problem.get("ctx", {})
    match problem["type"]:
        case "extra_forbidden":
            return "is not a known field"
        case "less_than_equal":
            return f"is greater than {limits['le']:g}"
        case "greater_than_equal":
            return f"is less than {limits['ge']:g}"
        case "string_too_short" if limits["min_length"] == 1:
            return "must not be empty"
        case _:
            return problem["msg"][:1].lower() + problem["msg"][1:]


def _object(pairs: list[tuple[str, object]]) -> Json:
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise ValueError(f"{twice[0][:80]!r} is given twice in one object")
    return dict(pairs)


def _unusable_text(value: object) -> list[tuple[str, str]]:
    """Text with NUL or half a character cannot be an argument, a file name, or on the wire.

    Without recursion, and not below MOST_DEPTH: others that walk what was read call themselves for each level.
    """
    problems: list[tuple[str, str]] = []
    waiting: deque[tuple[object, str, int]] = deque([(value, "", 0)])
    while waiting:
        each, path, depth = waiting.popleft()
        if depth > MOST_DEPTH:
            raise MalformedError([("/", f"is nested more than {MOST_DEPTH} deep")])
        if isinstance(each, str):
            if "\0" in each or any("\ud800" <= character <= "\udfff" for character in each):
                problems.append((path or "/", "holds a character that is not text"))
        elif isinstance(each, dict):
            waiting.extend((item, f"{path}/{name}", depth + 1) for name, item in each.items())
            waiting.extend((name, path, depth + 1) for name in each)
        elif isinstance(each, list):
            waiting.extend((item, f"{path}/{index}", depth + 1) for index, item in enumerate(each))
    return problems
