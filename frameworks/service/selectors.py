"""Label selectors as a query of /v2/apps has them: `a, b == c, d != e, f in (g, h), i notin (j)`; all have to hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_TOKEN = re.compile(r"\s*((?:\\.|[-A-Za-z0-9_.])+|==|!=|[(),])", re.DOTALL)
_TERM = re.compile(r"(?:\\.|[-A-Za-z0-9_.])+", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Selector:
    """What one label has to be: there, and (`negated`: not) among `values`; None: whatever its value is."""

    label: str
    values: frozenset[str] | None = None
    negated: bool = False

    def matches(self, labels: Mapping[str, str]) -> bool:
        if self.label not in labels:
            return False
        return self.values is None or (labels[self.label] in self.values) is not self.negated


def selectors(text: str) -> tuple[Selector, ...]:
    """Raises ValueError with what is wrong where."""
    tokens = _tokens(text)
    if tokens == [""]:
        return ()
    found: list[Selector] = []
    while not found or tokens:
        found.append(_selector(tokens))
        _expect(tokens, {",", ""})
    return tuple(found)


def _selector(tokens: list[str]) -> Selector:
    label = _term(tokens)
    match tokens[0]:
        case "==" | "!=" as operator:
            del tokens[0]
            return Selector(label, frozenset({_term(tokens)}), operator == "!=")
        case "in" | "notin" as operator:
            del tokens[0]
            return Selector(label, frozenset(_set(tokens)), operator == "notin")
    return Selector(label)


def _set(tokens: list[str]) -> list[str]:
    _expect(tokens, {"("})
    if tokens[0] == ")":
        del tokens[0]
        return []
    values = [_term(tokens)]
    while _expect(tokens, {",", ")"}) == ",":
        values.append(_term(tokens))
    return values


def _term(tokens: list[str]) -> str:
    if _TERM.fullmatch(tokens[0]) is None:
        raise ValueError(f"a label or a value was expected, not {_shown(tokens[0])}; escape other characters with \\")
    return _ESCAPED.sub(r"\1", tokens.pop(0))


def _expect(tokens: list[str], wanted: set[str]) -> str:
    if tokens[0] not in wanted:
        one_of = " or ".join(sorted(_shown(each) for each in wanted))
        raise ValueError(f"{one_of} was expected, not {_shown(tokens[0])}")
    return tokens.pop(0)


def _shown(token: str) -> str:
    return repr(token[:40]) if token else "the end"


def _tokens(text: str) -> list[str]:
    """Ends with an empty one, which no text gives."""
    tokens: list[str] = []
    place = 0
    while rest := text[place:].lstrip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise ValueError(f"{rest[:1]!r} has to be escaped with \\")
        tokens.append(match[1])
        place = match.end()
    return [*tokens, ""]
