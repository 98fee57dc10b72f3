"""A rate is kept over any span of time, whoever asks how often, and nobody waits who has not asked too often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.token_bucket import TokenBucket

RATES = st.integers(1, 5_000)
BURSTS = st.integers(1, 50)
PAUSES = st.lists(st.integers(0, 3_000), min_size=1, max_size=60)


def passed(rate: int, burst: int, pauses: list[int]) -> list[int]:
    """When each of some takes has its token."""
    bucket, now, times = TokenBucket(rate, burst, 0), 0, []
    for pause in pauses:
        now += pause
        times.append(now + bucket.take(now))
    return times


@given(RATES, BURSTS, PAUSES)
def test_over_any_time_at_most_the_burst_and_the_rate_pass(rate: int, burst: int, pauses: list[int]) -> None:
    times = passed(rate, burst, pauses)
    assert times == sorted(times)
    for first, begin in enumerate(times):
        for last, end in enumerate(times[first:], first):
            assert (last - first + 1 - burst) * 1_000 <= (end - begin + 1) * rate


@given(RATES, BURSTS, PAUSES)
def test_who_waits_until_told_waits_no_longer_than_the_rate_asks(rate: int, burst: int, pauses: list[int]) -> None:
    bucket, now = TokenBucket(rate, burst, 0), 0
    for pause in pauses:
        now += pause
        waits = bucket.take(now)
        assert 0 <= waits <= -(-1_000 // rate)
        now += waits


@given(RATES, BURSTS, st.integers(0, 100))
def test_a_burst_after_quiet_waits_for_nothing_and_the_next_one_does(rate: int, burst: int, more: int) -> None:
    bucket = TokenBucket(rate, burst, 1_000)
    assert bucket.full(1_000)
    assert [bucket.take(1_000) for _ in range(burst)] == [0] * burst
    waits = [bucket.take(1_000) for _ in range(1 + more)]
    assert waits == [-(-1_000 * each // rate) for each in range(1, 2 + more)]
    assert not bucket.full(1_000)
    assert bucket.full(1_000 + waits[-1] + -(-burst * 1_000 // rate))


def test_a_clock_that_stands_or_runs_back_gives_nothing() -> None:
    bucket = TokenBucket(1, 1, 5_000)
    assert [bucket.take(5_000), bucket.take(4_000), bucket.take(5_000)] == [0, 1_000, 2_000]


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (1, 0), (-1, 5)])
def test_a_bucket_that_lets_nothing_pass_is_refused(rate: int, burst: int) -> None:
    with pytest.raises(ValueError, match="lets nothing pass"):
        TokenBucket(rate, burst, 0)
