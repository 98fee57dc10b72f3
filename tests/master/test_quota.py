"""Whether quotas add up: what is refused, with the arithmetic, and what is not."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.roles import RoleConfig
from barter.core.units import GIB
from barter.master.quota import guarantees_needed, problems

TOTAL = {"cpus": 64_000, "mem": 256 * GIB}


def role(name: str, *, guarantee: int = 0, limit: int | None = None, weight: int = 1_000) -> RoleConfig:
    """Amounts in cpus."""
    return RoleConfig(
        name, weight, {"cpus": guarantee * 1000} if guarantee else {}, {} if limit is None else {"cpus": limit * 1000}
    )


def configs(*roles: RoleConfig) -> dict[str, RoleConfig]:
    return {each.role: each for each in roles}


def against(*changed: RoleConfig, before: Mapping[str, RoleConfig] | None = None, held: int = 0) -> tuple[str, ...]:
    found = problems(before or {}, changed, TOTAL, lambda _: {"cpus": held * 1000})
    return found.wrong + found.capacity


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ([role("eng", guarantee=40), role("ops", guarantee=30)],
         "guarantees of top roles: eng 40 + ops 30 = 70 cpus, private agents have 64"),
        ([role("eng/web", guarantee=40), role("eng/db", guarantee=30)],
         "guarantees of top roles: eng 70 = 70 cpus, private agents have 64"),
        ([RoleConfig("eng", guarantee={"mem": 300 * GIB})],
         "guarantees of top roles: eng 300GiB = 300GiB mem, private agents have 256GiB"),
        ([RoleConfig("eng", guarantee={"gpu": 1000})], "guarantees of top roles: eng 1 = 1 gpu, private agents have 0"),
        ([RoleConfig("eng", limit={"cpu": 1000})], "limit of eng: no agent has cpu, they have cpus, mem"),
        ([role("eng", guarantee=20, limit=10)], "role eng: guarantee 20 cpus is above its limit 10 cpus"),
        ([role("eng", guarantee=12), role("eng/web", guarantee=10), role("eng/db", guarantee=5)],
         "guarantees below eng: eng/db 5 + eng/web 10 = 15 cpus, eng has 12 cpus"),
        ([role("eng", limit=12), role("eng/web", guarantee=10), role("eng/db", guarantee=5)],
         "guarantees below eng: eng/db 5 + eng/web 10 = 15 cpus, above the limit of eng, 12 cpus"),
        ([role("eng", limit=40), role("eng/web/front", limit=50)],
         "limit of eng/web/front: 50 cpus, above that of eng, 40 cpus"),
        ([role("*", limit=1)], "role *: it is everybody's, and has no quota: give its frameworks a role of their own"),
        ([role("eng", weight=0)], "role eng: weight 0 is not above 0, or absurdly large"),
        ([role("eng", weight=-5)], "role eng: weight -0.005 is not above 0, or absurdly large"),
        ([role("eng"), role("eng", limit=1)], "role eng is named twice"),
        ([RoleConfig("eng", limit={"cpus": -1})], "role eng: limit of cpus: -1 is negative or absurdly large"),
        ([role("eng/..")], "role 'eng/..': '..' is no name of one role among others"),
        ([role("/eng")], "role '/eng': '' is not a name of letters, digits, _ . * and - that begins with no -"),
    ],
)  # fmt: skip
def test_what_does_not_add_up_is_said_with_the_arithmetic(changed: list[RoleConfig], said: str) -> None:
    assert against(*changed) == (said,)


def test_all_problems_are_said_at_once() -> None:
    said = against(role("eng", guarantee=2, limit=1), role("-", limit=1), role("ops", weight=0))
    assert len(said) == 3


def test_a_limit_under_what_is_held_yields_to_force_alone() -> None:
    found = problems({}, [role("eng", limit=10)], TOTAL, lambda _: {"cpus": 12_000})
    assert found.wrong == ()
    assert found.capacity == ("limit of eng: 10 cpus, its tasks and reservations hold 12 cpus",)


def test_what_was_exceeded_before_does_not_stand_against_less_of_it() -> None:
    before = configs(role("eng", guarantee=80, limit=90))
    assert not against(role("eng", guarantee=70, limit=90), before=before, held=100)
    assert not against(role("eng", guarantee=70, limit=95), before=before, held=100)
    assert not against(role("ops", weight=2_000), before=before)
    assert len(against(role("eng", guarantee=70, limit=80), before=before, held=100)) == 1


def test_what_fits_is_let_through() -> None:
    assert not against(
        role("eng", guarantee=40, limit=50), role("eng/web", guarantee=20, limit=50), role("ops", guarantee=24)
    )


@given(
    st.dictionaries(st.sampled_from(["a", "a/b", "a/c", "a/b/d", "e"]), st.integers(1, 20), max_size=5),
    st.dictionaries(st.sampled_from(["a", "a/b", "a/c", "a/b/d", "e"]), st.integers(0, 30), max_size=5),
)
def test_what_guarantees_ask_for_is_never_less_than_that_of_any_role(
    guarantees: dict[str, int], used: dict[str, int]
) -> None:
    asked = guarantees_needed(
        {name: RoleConfig(name, guarantee={"cpus": amount}) for name, amount in guarantees.items()},
        lambda name: {"cpus": used.get(name, 0)},
    )
    for name, amount in guarantees.items():
        for above in [name, *(name[:at] for at in range(len(name)) if name[at] == "/")]:
            assert asked[above]["cpus"] >= amount - used.get(name, 0)
    assert all(amounts["cpus"] <= sum(guarantees.values()) for amounts in asked.values())
