"""Text with units becomes exact integers, and what is shown of an integer is never more than it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.units import (
    GIB,
    MIB,
    format_bytes,
    format_duration,
    format_milli,
    parse_bytes,
    parse_duration_ms,
    parse_milli,
)

LARGEST = 1 << 62


@given(st.integers(0, LARGEST))
def test_milli_text_reads_back(milli: int) -> None:
    assert parse_milli(format_milli(milli)) == milli


@pytest.mark.parametrize(
    ("milli", "text"), [(0, "0"), (1, "0.001"), (100, "0.1"), (1000, "1"), (1500, "1.5"), (10_000, "10")]
)
def test_milli_text(milli: int, text: str) -> None:
    assert format_milli(milli) == text


@given(st.integers(0, LARGEST))
def test_bytes_are_never_shown_as_more_and_at_most_a_hundredth_less(count: int) -> None:
    shown = parse_bytes(format_bytes(count))
    assert shown <= count
    assert count - shown <= count // 100


@given(st.integers(1, 10_239), st.sampled_from([1 << 10, MIB, GIB]))
def test_whole_units_are_shown_exactly(count: int, unit: int) -> None:
    assert parse_bytes(format_bytes(count * unit)) == count * unit


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0B"),
        (1023, "1023B"),
        (1024, "1KiB"),
        (1536 * MIB, "1.5GiB"),
        (2 * GIB, "2GiB"),
        (2 * GIB - 1, "2047.9MiB"),
        (1290 * MIB, "1290MiB"),
        (64 * GIB, "64GiB"),
        (5 << 40, "5TiB"),
    ],
)
def test_bytes_text(count: int, text: str) -> None:
    assert format_bytes(count) == text


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0", 0),
        ("1B", 1),
        ("1kb", 1000),
        ("1K", 1024),
        ("1.5 GiB", 1536 * MIB),
        ("512MiB", 512 * MIB),
        (" 1T ", 1 << 40),
    ],
)
def test_bytes_from_text(text: str, count: int) -> None:
    assert parse_bytes(text) == count


@pytest.mark.parametrize(
    ("text", "ms"), [("0", 0), ("5", 5000), ("250ms", 250), ("1.5s", 1500), ("10m", 600_000), ("2H", 7_200_000)]
)
def test_durations_from_text(text: str, ms: int) -> None:
    assert parse_duration_ms(text) == ms


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "0ms"), (340, "340ms"), (1000, "1s"), (61_000, "1m 1s"), (7_500_000, "2h 5m"), (90_000_000, "1d 1h")],
)
def test_durations_to_text(ms: int, text: str) -> None:
    assert format_duration(ms) == text


@pytest.mark.parametrize("parse", [parse_milli, parse_bytes, parse_duration_ms])
@pytest.mark.parametrize("text", ["", "-1", "nan", "inf", "1e5000", "9e999999", "1,5", "one", "9" * 22 + "s"])
def test_what_is_no_quantity_is_refused(parse: object, text: str) -> None:
    assert callable(parse)
    with pytest.raises(ValueError, match=r"is not|no unit|unknown unit|absurd"):
        parse(text)


@given(st.text(max_size=12), st.sampled_from([parse_milli, parse_bytes, parse_duration_ms]))
def test_any_text_gives_a_bounded_number_or_a_value_error(text: str, parse: object) -> None:
    assert callable(parse)
    try:
        number = parse(text)
    except ValueError:
        return
    assert isinstance(number, int)
    assert 0 <= number <= LARGEST


@pytest.mark.parametrize(
    ("text", "complaint"), [("5", "no unit"), ("5parsec", "unknown unit"), ("9" * 20 + "TiB", "absurd")]
)
def test_bytes_that_cannot_be_meant(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_bytes(text)
