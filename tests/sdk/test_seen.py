"""Updates seen are remembered."""

from barter.sdk.seen import GENERATION_MS, GENERATION_SIZE, Seen


def test_seen_remembers_as_long_as_needed_and_no_longer() -> None:
    seen = Seen()
    seen.restart(0)
    assert seen.add("u1", 0)
    assert not seen.add("u1", 10 * GENERATION_MS)
    assert seen.add("u2", GENERATION_MS)
    assert not seen.add("u1", GENERATION_MS)
    assert seen.add("u3", 2 * GENERATION_MS)
    assert seen.add("u1", 2 * GENERATION_MS)


def test_seen_is_bounded() -> None:
    seen = Seen()
    for number in range(5 * GENERATION_SIZE):
        assert seen.add(f"u{number}", 0)
    assert len(seen) <= 2 * GENERATION_SIZE
    assert not seen.add(f"u{4 * GENERATION_SIZE}", 0)
