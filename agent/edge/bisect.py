"""Which services break a configuration: groups of them are checked alone, a broken group in halves."""

from collections.abc import Iterable


class Bisect:
    """`group` is the next to check; once it is empty, `culprits` has HAProxy's words by service."""

    def __init__(self, suspects: Iterable[str]) -> None:
        self.culprits: dict[str, str] = {}
        self._suspects = tuple(sorted(suspects))
        self._groups = [self._suspects] if self._suspects else []

    @property
    def group(self) -> tuple[str, ...]:
        return self._groups[-1] if self._groups else ()

    def answer(self, words: str) -> None:
        """What the check of `group` said; empty words mean that it passed."""
        group = self._groups.pop()
        if not words:
            if group == self._suspects:
                # Each is sound alone: what breaks is how they meet the rest, so none of the new ones may come in.
                self.culprits = dict.fromkeys(group, "it does not go together with the services already served")
        elif len(group) == 1:
            self.culprits[group[0]] = words
        else:
            middle = len(group) // 2
            self._groups += [group[middle:], group[:middle]]
