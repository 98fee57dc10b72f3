"""Patterns mean what `re` means by them, in linear time; what is too large or not known is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.patterns import compiled, matches

ATOMS = st.sampled_from(
    ["a", "b", ".", "[ab]", "[^a]", "[]a-]", r"\d", r"\.", "(?:a|b)", "(a|bb|)", "(?:(ab)*)", "((a?){2,3})"]
)
REPEATS = st.sampled_from(["", "", "*", "+", "?", "*?", "{2}", "{1,}", "{0,2}"])
PATTERNS = st.lists(st.tuples(ATOMS, REPEATS), min_size=1, max_size=4).map(
    lambda parts: "".join(a + r for a, r in parts)
)


@given(st.lists(PATTERNS, min_size=1, max_size=2).map("|".join), st.text("ab1.-]", max_size=6))
def test_it_agrees_with_re(pattern: str, text: str) -> None:
    assert matches(pattern, text) is (re.fullmatch(pattern, text) is not None)


def test_anchors_may_stand_at_the_ends() -> None:
    assert matches("^node-[0-9]+$", "node-12")
    assert not matches("^node-[0-9]+$", "node-")


@pytest.mark.parametrize("pattern", ["([a-z]+)+!", "(a|a)*!", "(a*)*!", "a*a*a*a*a*a*a*!"])
def test_what_makes_re_backtrack_for_ever_is_answered(pattern: str) -> None:
    assert not matches(pattern, "a" * 255)
    assert matches(pattern, "a" * 254 + "!")


@pytest.mark.parametrize(
    "pattern",
    [
        *("(", ")", "a)", "[a", "[z-a]", "*", "a**", "a{2}{2}", "a{3,1}", "(?=a)", "(a)\\1", "\\b", "\\", "a^", "$a"),
        *("(" * 100 + ")" * 100, "((a{99}){99}){99}", "a" * 256, "(?P<n>a)"),
    ],
)
def test_what_is_no_pattern_or_too_large_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"a pattern|is not|nothing|closes|repeat|runs|known|nests"):
        compiled(pattern)
