"""Paths that stay below a folder."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.beneath import parts_below

PIECES = st.sampled_from(["..", ".", "", "a", "b c", "...", "\0", "é", "x" * 256, "~", "\\", "\udcff"])


@given(st.lists(PIECES, max_size=120).map("/".join))
def test_a_path_stays_below_or_is_refused(path: str) -> None:
    try:
        parts = parts_below(path)
    except ValueError:
        return
    top = "/top/of/it"
    there = os.path.normpath(os.path.join(top, *parts))
    assert there == top or there.startswith(f"{top}/")
    assert there == os.path.normpath(f"{top}/{path}")
    assert not path.startswith("/")


@pytest.mark.parametrize("path", ["/etc/passwd", "..", "a/../b", "a/..", "a\0b", "x" * 300, "a/" * 101, "é" * 3000])
def test_what_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="the path"):
        parts_below(path)
