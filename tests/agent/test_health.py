"""The rules of health checks by plain calls."""

from dataclasses import replace

from barter.agent.executor.health import FIRST_PROBE_MS, Health, Readiness
from barter.core.tasks import CheckKind, HealthCheck, ReadinessCheck

CHECK = HealthCheck(CheckKind.TCP, port=80, grace_ms=10_000, interval_ms=2_000, timeout_ms=500, max_failures=3)


def probe(health: Health, ok: bool) -> tuple[bool | None, bool, bool]:
    """Run the next check when it is due."""
    assert health.next_ms is not None
    now = health.next_ms
    assert health.begin(now)
    verdict = health.result(ok, now)
    return verdict.healthy, verdict.changed, verdict.kill


def test_the_first_check_is_at_once_and_the_next_after_the_interval() -> None:
    health = Health(CHECK, 100)
    assert health.next_ms == 100
    assert health.begin(100)
    assert not health.begin(100)
    assert health.result(True, 150).changed
    assert health.next_ms == 150 + CHECK.interval_ms
    assert probe(health, True) == (True, False, False)


def test_within_the_grace_failures_are_forgiven_and_probes_come_fast() -> None:
    health = Health(CHECK, 0)
    assert probe(health, False) == (None, False, False)
    assert health.next_ms == FIRST_PROBE_MS
    assert probe(health, False) == (None, False, False)
    assert health.next_ms == 3 * FIRST_PROBE_MS
    assert probe(health, True) == (True, True, False)


def test_after_the_grace_failures_a_whole_interval_apart_count() -> None:
    health = Health(replace(CHECK, grace_ms=0), 0)
    verdicts: list[tuple[int, tuple[bool | None, bool, bool]]] = []
    while not any(kill for _, (_, _, kill) in verdicts):
        assert health.next_ms is not None
        verdicts.append((health.next_ms, probe(health, False)))
    killed_at = verdicts[-1][0]
    assert killed_at >= CHECK.max_failures * CHECK.interval_ms
    assert [healthy for _, (healthy, changed, _) in verdicts if changed] == [False]


def test_a_success_starts_the_count_anew() -> None:
    health = Health(replace(CHECK, grace_ms=0), 0)
    probe(health, True)
    for _ in range(2):
        assert probe(health, False)[2] is False
    assert probe(health, True) == (True, True, False)
    assert probe(health, False) == (False, True, False)
    assert probe(health, False) == (False, False, False)
    assert probe(health, False) == (False, False, True)


def test_zero_failures_never_kill() -> None:
    health = Health(replace(CHECK, grace_ms=0, max_failures=0), 0)
    probe(health, True)
    assert not any(probe(health, False)[2] for _ in range(50))


def test_a_delay_is_waited_for_before_the_first_check() -> None:
    assert Health(CHECK, 100, delay_ms=1_500).next_ms == 1_600


READY = ReadinessCheck(CheckKind.HTTP, port=80, delay_ms=1_000, interval_ms=300, timeout_ms=500)


def test_readiness_is_checked_until_the_first_success() -> None:
    readiness = Readiness(READY, 0, found=False)
    assert (readiness.ready, readiness.next_ms) == (False, 1_000)
    waits: list[int] = []
    now = 1_000
    for _ in range(4):
        assert not readiness.begin(now - 1)
        assert readiness.begin(now)
        assert not readiness.begin(now)
        readiness.result(False, now)
        assert readiness.next_ms is not None
        waits.append(readiness.next_ms - now)
        now = readiness.next_ms
    assert waits == [FIRST_PROBE_MS, 2 * FIRST_PROBE_MS, READY.interval_ms, READY.interval_ms]
    assert readiness.begin(now)
    readiness.result(True, now)
    assert (readiness.ready, readiness.next_ms) == (True, None)


def test_of_a_found_task_nobody_knows_whether_it_was_ready() -> None:
    readiness = Readiness(READY, 7, found=True)
    assert (readiness.ready, readiness.next_ms) == (None, 7)


def test_a_check_that_could_not_be_run_says_nothing_of_the_task() -> None:
    health = Health(replace(CHECK, grace_ms=0, max_failures=1), 0)
    probe(health, True)
    for _ in range(5):
        assert health.next_ms is not None
        now = health.next_ms
        health.begin(now)
        verdict = health.result(None, now)
        assert (verdict.healthy, verdict.changed, verdict.kill) == (True, False, False)
        assert health.next_ms == now + CHECK.interval_ms
    readiness = Readiness(READY, 0, found=False)
    readiness.begin(1_000)
    readiness.result(None, 1_000)
    assert (readiness.ready, readiness.next_ms) == (False, 1_000 + FIRST_PROBE_MS)
