"""How often something may happen: a steady rate, and so many at once after a time of quiet."""


class TokenBucket:
    """Holds at most `burst` tokens and gains `per_second`; times are integer milliseconds that never run backwards.

    A token may be taken before it is there: whoever takes it waits for it, and those after it longer. So nothing is
    refused, over any time at most `burst` plus the rate passes, and after a wait there is no new burst.
    """

    def __init__(self, per_second: int, burst: int, now: int) -> None:
        """Raises ValueError where nothing would ever pass."""
        if per_second < 1 or burst < 1:
            raise ValueError(f"a rate of {per_second} per second with bursts of {burst} lets nothing pass")
        self._per_second = per_second
        self._most = burst * 1_000
        self._milli = self._most
        self._now = now

    def take(self, now: int) -> int:
        """Take a token; the milliseconds to wait until it is there."""
        self._gain(now)
        self._milli -= 1_000
        return -(self._milli // self._per_second) if self._milli < 0 else 0

    def full(self, now: int) -> bool:
        """Whether it is as good as a new one."""
        self._gain(now)
        return self._milli == self._most

    def _gain(self, now: int) -> None:
        # Tokens a second are thousandths of a token a millisecond.
        self._milli = min(self._milli + max(now - self._now, 0) * self._per_second, self._most)
        self._now = max(now, self._now)
