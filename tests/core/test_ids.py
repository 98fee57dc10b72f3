"""An identifier that passes can name a file, a container and a znode."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.ids import check_id


@pytest.mark.parametrize("value", ["a", "0", "web.1-a_b", "A" * 255, "k3v9xa-1-0001"])
def test_usable(value: str) -> None:
    assert check_id("task id", value) == value


@pytest.mark.parametrize(
    "value", ["", ".", "..", "a..b", "-a", ".a", "_a", "a/b", "a b", "a\n", "a\x00", "é", "٣", "A" * 256, "../../etc"]
)
def test_not_usable(value: str) -> None:
    with pytest.raises(ValueError, match=r"task id .* is not usable: 1 to 255"):
        check_id("task id", value)


@given(st.text(max_size=300))
def test_what_passes_is_one_plain_path_component(value: str) -> None:
    try:
        check_id("task id", value)
    except ValueError:
        return
    assert PurePosixPath("/base", value).parts == ("/", "base", value)
    assert value.isascii()
    assert value.isprintable()
