"""Every operator says yes and no where Marathon's does, and says what it compared."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.constraints import Constraint, Operator, field_value, refusal

VALUES = st.sampled_from(["a", "b", "c"])
COUNTS = st.dictionaries(VALUES, st.integers(0, 4)).map(Counter)
KNOWN = st.frozensets(VALUES)


def refused(text: str, attributes: dict[str, str], placed: dict[str, int] | None = None, *known: str) -> str:
    field, operator, *value = text.split()
    constraint = Constraint(field, Operator(operator), *value)
    return refusal(constraint, attributes, Counter(placed or {}), frozenset(known))


@pytest.mark.parametrize(
    ("constraint", "attributes", "placed", "why"),
    [
        ("rack UNIQUE", {"rack": "r1"}, {}, ""),
        ("rack UNIQUE", {"rack": "r1"}, {"r1": 1}, "rack UNIQUE: 1 already on r1"),
        ("rack UNIQUE", {"rack": "r1"}, {"r2": 1}, ""),
        ("rack MAX_PER 2", {"rack": "r1"}, {"r1": 1}, ""),
        ("rack MAX_PER 2", {"rack": "r1"}, {"r1": 2}, "rack MAX_PER 2: 2 already on r1"),
        ("rack IS r1", {"rack": "r1"}, {}, ""),
        ("rack IS r1", {"rack": "r11"}, {}, "rack IS r1: rack is r11"),
        ("rack LIKE r.", {"rack": "r1"}, {}, ""),
        ("rack LIKE r.", {"rack": "r11"}, {}, "rack LIKE r.: rack is r11"),
        ("rack UNLIKE r.", {"rack": "r1"}, {}, "rack UNLIKE r.: rack is r1"),
        ("rack UNLIKE r.", {"rack": "r11"}, {}, ""),
        ("rack UNLIKE r.", {}, {}, ""),
        ("rack CLUSTER r1", {"rack": "r1"}, {}, ""),
        ("rack CLUSTER r1", {"rack": "r2"}, {"r2": 3}, "rack CLUSTER r1: rack is r2, wanted is r1"),
        ("rack CLUSTER", {"rack": "r2"}, {}, ""),
        ("rack CLUSTER", {"rack": "r2"}, {"r1": 1}, "rack CLUSTER: rack is r2, the others run on r1"),
        ("rack CLUSTER", {"rack": "r2"}, {"r1": 0, "r2": 1}, ""),
    ],
)
def test_each_operator(constraint: str, attributes: dict[str, str], placed: dict[str, int], why: str) -> None:
    assert refused(constraint, attributes, placed) == why


@pytest.mark.parametrize("operator", ["UNIQUE", "MAX_PER 2", "IS r1", "LIKE r.", "CLUSTER", "CLUSTER r1", "GROUP_BY"])
def test_an_agent_without_the_attribute_is_refused_by_all_but_unlike(operator: str) -> None:
    constraint = f"rack {operator}"
    assert refused(constraint, {"zone": "a"}, {}) == f"{constraint}: the agent has no attribute rack"


@pytest.mark.parametrize(
    ("constraint", "placed", "known", "allowed"),
    [
        ("zone GROUP_BY", {}, "ab", "ab"),
        ("zone GROUP_BY", {"a": 1}, "ab", "b"),
        ("zone GROUP_BY", {"a": 1, "b": 1}, "ab", "ab"),
        ("zone GROUP_BY", {"a": 2, "b": 1}, "abc", "c"),
        ("zone GROUP_BY 2", {"a": 1}, "ab", "b"),
        # Fewer groups than asked for: only a group without instances takes one.
        ("zone GROUP_BY 3", {"a": 1, "b": 1}, "ab", ""),
        ("zone GROUP_BY 3", {"a": 1, "b": 1}, "abc", "c"),
    ],
)
def test_group_by_keeps_the_groups_level(constraint: str, placed: dict[str, int], known: str, allowed: str) -> None:
    assert "".join(zone for zone in known if not refused(constraint, {"zone": zone}, placed, *known)) == allowed


@given(COUNTS, KNOWN, st.integers(1, 12))
def test_placing_by_group_by_never_leaves_the_groups_more_than_one_apart(
    start: Counter[str], known: frozenset[str], tasks: int
) -> None:
    level = max(start.values(), default=0)
    placed = Counter(dict.fromkeys(known | start.keys(), level))
    constraint = Constraint("zone", Operator.GROUP_BY)
    for _ in range(tasks):
        for value in sorted(placed):
            if not refusal(constraint, {"zone": value}, placed, known):
                placed[value] += 1
                break
    assert not placed or max(placed.values()) - min(placed.values()) <= 1
    assert sum(placed.values()) == level * len(placed) + (tasks if placed else 0)


@given(COUNTS)
def test_where_cluster_is_at_home_does_not_depend_on_the_order_of_the_counts(placed: Counter[str]) -> None:
    constraint, backwards = Constraint("zone", Operator.CLUSTER), Counter(dict(reversed(placed.items())))
    said = [refusal(constraint, {"zone": value}, placed, frozenset()) for value in "abc"]
    assert said == [refusal(constraint, {"zone": value}, backwards, frozenset()) for value in "abc"]
    assert said.count("") == (1 if any(placed.values()) else 3)


@given(COUNTS, KNOWN, VALUES, st.sampled_from(Operator))
def test_asking_changes_no_count(placed: Counter[str], known: frozenset[str], value: str, operator: Operator) -> None:
    constraint = Constraint("zone", operator, "" if operator is Operator.UNIQUE else "1")
    before = dict(placed)
    refusal(constraint, {"zone": value}, placed, known)
    assert dict(placed) == before


@pytest.mark.parametrize(("alias", "field"), [("hostname", "@hostname"), ("zone", "@zone"), ("region", "@region")])
def test_marathons_bare_names_mean_the_special_fields(alias: str, field: str) -> None:
    assert field_value({field: "x"}, alias) == "x"
    assert field_value({field: "x", alias: "own"}, alias) == "own"
    assert field_value({}, alias) is None


@pytest.mark.parametrize(
    ("field", "operator", "value", "complaint"),
    [
        ("", Operator.UNIQUE, "", "needs a field"),
        ("rack", Operator.UNIQUE, "r1", "takes no value"),
        ("rack", Operator.LIKE, "", "needs a value"),
        ("rack", Operator.IS, "", "needs a value"),
        ("rack", Operator.LIKE, "r(", "not a regular expression"),
        ("rack", Operator.MAX_PER, "many", "whole number > 0"),
        ("rack", Operator.MAX_PER, "0", "whole number > 0"),
        ("rack", Operator.GROUP_BY, "-1", "whole number > 0"),
        ("rack", Operator.MAX_PER, "²", "whole number > 0"),
    ],
)
def test_impossible_constraints_are_refused_when_made(
    field: str, operator: Operator, value: str, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Constraint(field, operator, value)


def test_a_constraint_reads_as_it_is_written() -> None:
    assert str(Constraint("@zone", Operator.GROUP_BY, "3")) == "@zone GROUP_BY 3"
    assert str(Constraint("@hostname", Operator.UNIQUE)) == "@hostname UNIQUE"
