"""Regular expressions that take time linear in the text, however they are written.

`re` backtracks: a framework's `([a-z]+)+!` would stop a master for hours. This is Thompson's construction run as in
Cox, "Regular Expression Matching: the Virtual Machine Approach" (2009). Mesos takes RE2 for the same reason.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

LONGEST, DEEPEST, LARGEST = 255, 20, 1_000
_CLASSES = "dDwWsStnrfv"
_REPEAT = re.compile(r"\{(\d{1,4})(?:(,)(\d{1,4})?)?\}")

Test = Callable[[str], object]
Step = Test | tuple[int, ...]
"""A test of one character, or the relative steps to go on with at once (none: only at an end of the text)."""
Program = tuple[Step, ...]


@lru_cache(maxsize=1_000)
def compiled(pattern: str) -> Program:
    """Raises ValueError on what is no pattern, or too large a one: back references and look-around are not known."""
    if len(pattern) > LONGEST:
        raise ValueError(f"a pattern of {len(pattern)} characters is too long, at most {LONGEST}")
    parser = _Parser(pattern)
    program = parser.alternatives(0)
    if parser.at < len(pattern):
        raise ValueError(f"{pattern!r}: ')' at {parser.at} closes nothing")
    return program


def matches(pattern: str, text: str) -> bool:
    """Whether all of `text` is described; raises what `compiled` raises."""
    program = compiled(pattern)
    states = _closure(program, (0,))
    for char in text:
        states = _closure(program, (at + 1 for at in states if at < len(program) and _takes(program[at], char)))
        if not states:
            return False
    return len(program) in states


def _takes(step: Step, char: str) -> bool:
    return not isinstance(step, tuple) and bool(step(char))


def _closure(program: Program, starts: Iterable[int]) -> set[int]:
    """All states that are reached without another character."""
    reached: set[int] = set()
    waiting = list(starts)
    while waiting:
        at = waiting.pop()
        if at in reached:
            continue
        reached.add(at)
        step = program[at] if at < len(program) else None
        if isinstance(step, tuple):
            waiting += [at + each for each in step]
    return reached


class _Parser:
    """By recursive descent, at most `DEEPEST` deep; every part is a program whose steps are relative."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self.at = 0

    def alternatives(self, depth: int) -> Program:
        if depth > DEEPEST:
            raise ValueError(f"{self._text!r} nests deeper than {DEEPEST}")
        program = self._sequence(depth)
        while self._next("|"):
            other = self._sequence(depth)
            program = self._sized(((1, len(program) + 2), *program, (len(other) + 1,), *other))
        return program

    def _sequence(self, depth: int) -> Program:
        program: Program = ()
        while self.at < len(self._text) and self._text[self.at] not in "|)":
            program = self._sized((*program, *self._repeated(self._atom(depth))))
        return program

    def _atom(self, depth: int) -> Program:
        start, char = self.at, self._text[self.at]
        self.at += 1
        if char == "(":
            return self._group(start, depth)
        if char in "*+?":
            raise ValueError(f"{self._text!r}: nothing to repeat at {start}")
        if char in "^$":
            if start != (0 if char == "^" else len(self._text) - 1):
                raise ValueError(f"{self._text!r}: {char} at {start} is not at its end: the whole value is matched")
            return ()
        if char == "[":
            self._skip_set(start)
        elif char == "\\":
            self._skip_escape(start)
        if self.at - start == 1 and char != ".":
            return (char.__eq__,)
        try:
            return (re.compile(self._text[start : self.at], re.DOTALL).fullmatch,)
        except re.error as error:
            raise ValueError(f"{self._text!r} is not a regular expression: {error}") from None

    def _group(self, start: int, depth: int) -> Program:
        if self._next("?") and not self._next(":"):
            raise ValueError(f"{self._text!r}: of groups only (...) and (?:...) are known")
        program = self.alternatives(depth + 1)
        if not self._next(")"):
            raise ValueError(f"{self._text!r} is not a regular expression: '(' at {start} is not closed")
        return program

    def _skip_set(self, start: int) -> None:
        self._next("^")
        self._next("]")
        while not self._next("]"):
            self.at += 2 if self._text[self.at : self.at + 1] == "\\" else 1
            if self.at >= len(self._text):
                raise ValueError(f"{self._text!r} is not a regular expression: '[' at {start} is not closed")

    def _skip_escape(self, start: int) -> None:
        escaped = self._text[self.at : self.at + 1]
        if not escaped or (escaped.isalnum() and escaped not in _CLASSES):
            raise ValueError(f"{self._text!r}: '\\{escaped}' at {start} is not known")
        self.at += 1

    def _repeated(self, program: Program) -> Program:
        least, most = self._counts()
        if most == 1 and least == 1:
            return program
        self._next("?")
        if self._text[self.at : self.at + 1] in ("*", "+", "?") or _REPEAT.match(self._text, self.at):
            raise ValueError(f"{self._text!r}: repeated twice at {self.at}")
        size = len(program) + 2
        if size * max(least + 1, most or 0) > LARGEST:
            raise ValueError(f"{self._text!r} repeats too much")
        if most is None:
            return (*program * least, (1, size), *program, (1 - size,))
        return (*program * least, *((1, size - 1), *program) * (most - least))

    def _counts(self) -> tuple[int, int | None]:
        for sign, counts in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._next(sign):
                return counts
        found = _REPEAT.match(self._text, self.at)
        if found is None:
            return 1, 1
        self.at = found.end()
        least = int(found[1])
        most = least if not found[2] else int(found[3]) if found[3] else None
        if most is not None and most < least:
            raise ValueError(f"{self._text!r}: {found[0]} runs backwards")
        return least, most

    def _next(self, char: str) -> bool:
        if self._text[self.at : self.at + 1] != char:
            return False
        self.at += 1
        return True

    def _sized(self, program: Program) -> Program:
        if len(program) > LARGEST:
            raise ValueError(f"{self._text!r} is too large a pattern")
        return program
