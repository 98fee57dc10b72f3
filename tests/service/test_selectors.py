"""Label selectors: Marathon's own examples, and whatever labels there are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.frameworks.service.selectors import Selector, selectors

WORDS = st.text(min_size=1, max_size=6)


def matches(text: str, /, **labels: str) -> bool:
    return all(one.matches(labels) for one in selectors(text))


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("test == foo", {"test": "foo"}, {"test": "bar"}),
        ("test==foo", {"test": "foo"}, {}),
        ("test != foo", {"test": "bar"}, {"test": "foo"}),
        ("test != foo", {"test": "bar"}, {}),
        ("environment in (production, qa)", {"environment": "qa"}, {"environment": "dev"}),
        ("tier notin (frontend, backend)", {"tier": "db"}, {"tier": "backend"}),
        ("tier notin (frontend)", {"tier": "db"}, {"other": "db"}),
        ("partition", {"partition": ""}, {"other": ""}),
        ("a in (t1, t2), b notin (t1), c, d", {"a": "t2", "b": "x", "c": "", "d": ""}, {"a": "t2", "b": "x", "c": ""}),
        ("in in (in, notin)", {"in": "in"}, {"in": "x"}),
        ("a notin ()", {"a": "x"}, {}),
    ],
)
def test_what_is_selected(text: str, yes: dict[str, str], no: dict[str, str]) -> None:
    assert matches(text, **yes)
    assert not matches(text, **no)


def test_other_characters_are_escaped() -> None:
    assert selectors(r"\!\!\! in (\-\-\-, \&\&\&, \+\+\+)") == (Selector("!!!", frozenset({"---", "&&&", "+++"})),)
    assert selectors("  ") == ()


@pytest.mark.parametrize(
    "text", ["a in b", "a in (b", "a ==", "== a", "a b", "a,", "a = b", "ü", "a in (b,)", "(", "a\\"]
)
def test_what_is_no_selector_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|escaped"):
        selectors(text)


@given(st.dictionaries(WORDS, WORDS, min_size=1))
def test_any_label_can_be_named_when_it_is_escaped(labels: dict[str, str]) -> None:
    text = ", ".join(f"{_escaped(name)} == {_escaped(value)}" for name, value in labels.items())
    assert matches(text, **labels)
    assert not matches(", ".join(f"{_escaped(name)} != {_escaped(value)}" for name, value in labels.items()), **labels)


@given(st.text(alphabet="ab=!(), \\in", max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = selectors(text)
    except ValueError:
        return
    assert all(isinstance(one, Selector) for one in found)


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" for character in text)
