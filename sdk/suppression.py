"""For which roles a framework wants no offers, as far as a new session has to be told."""

from collections.abc import Iterator

from barter.sdk.calls import Revive, Suppress


class Suppression:
    """A master forgets it, and all filters, when a framework subscribes."""

    def __init__(self) -> None:
        self._all = False
        self._roles: dict[str, None] = {}

    def note(self, call: Suppress | Revive) -> None:
        """`_roles` are those suppressed, or, where all are, those that are not."""
        adds = isinstance(call, Suppress)
        if not call.roles:
            self._all, self._roles = adds, {}
            return
        for role in call.roles:
            if adds is self._all:
                self._roles.pop(role, None)
            else:
                self._roles[role] = None

    def retell(self) -> Iterator[Suppress | Revive]:
        if self._all:
            yield Suppress()
            if self._roles:
                yield Revive(tuple(self._roles))
        elif self._roles:
            yield Suppress(tuple(self._roles))
