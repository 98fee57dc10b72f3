"""When the executor looks at what its tasks use, and what it says of it."""

from barter.agent.executor.actions import TaskUsage
from barter.agent.executor.events import Sample, TaskKey

# Sooner than that after its start, what it took to start it looks like much use.
SETTLED_MS = 1_000


class Meter:
    """Off until the agent asks. One measurement at a time; the first of a found task tells nothing, being a sum."""

    def __init__(self) -> None:
        self._every_ms = 0
        self._due_ms: int | None = None
        self._last: dict[TaskKey, tuple[int, int]] = {}
        self._fresh: set[TaskKey] = set()

    def start(self, every_ms: int, now: int) -> None:
        self._every_ms = max(every_ms, 1)
        self._due_ms = now

    def stop(self) -> None:
        """What was measured is kept: the same agent is likely to ask again."""
        self._every_ms, self._due_ms = 0, None

    def began(self, key: TaskKey, now: int) -> None:
        """The task has started: nothing is used yet."""
        self._last[key] = (0, now)
        self._fresh.add(key)

    def forget(self, key: TaskKey) -> None:
        """The task has ended."""
        self._last.pop(key, None)
        self._fresh.discard(key)

    def begin(self, now: int) -> bool:
        """Whether to measure now; it is then under way until `result`."""
        if self._due_ms is None or now < self._due_ms:
            return False
        self._due_ms = None
        return True

    def result(self, samples: tuple[Sample, ...], now: int) -> tuple[TaskUsage, ...]:
        """What tasks used between their last sample and this one, where both are known."""
        before = {each.key: self._before(each.key, now) for each in samples}
        self._last.update({each.key: (each.cpu_us, now) for each in samples})
        self._fresh.difference_update(before)
        if not self._every_ms:
            return ()
        self._due_ms = now + self._every_ms
        return tuple(
            TaskUsage(max(each.cpu_us - cpu_us, 0) // (now - at_ms), each)
            for each in samples
            for cpu_us, at_ms in (before[each.key],)
            if now > at_ms
        )

    def _before(self, key: TaskKey, now: int) -> tuple[int, int]:
        cpu_us, at_ms = self._last.get(key, (0, now))
        return (0, now) if key in self._fresh and now < at_ms + SETTLED_MS else (cpu_us, at_ms)

    def wakeup(self) -> int | None:
        return self._due_ms
