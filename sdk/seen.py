"""Which status updates were delivered already, for as long as one may come again."""

GENERATION_MS = 600_000
GENERATION_SIZE = 50_000


class Seen:
    """The uuids of the last 10 minutes, or the last 50,000, whichever is less; at most twice as many are held.

    An update comes again only while its acknowledgement is on its way, or was lost with a link. So time
    counts only while the session stands: `restart` begins it anew after each registration.
    """

    def __init__(self) -> None:
        self._current: set[str] = set()
        self._previous: set[str] = set()
        self._since = 0

    def __len__(self) -> int:
        return len(self._current) + len(self._previous)

    def restart(self, now: int) -> None:
        self._since = now

    def add(self, uuid: str, now: int) -> bool:
        """Remember `uuid`; False when it is known already."""
        if uuid in self._current or uuid in self._previous:
            return False
        if len(self._current) >= GENERATION_SIZE or now - self._since >= GENERATION_MS:
            self._previous, self._current = self._current, set()
            self._since = now
        self._current.add(uuid)
        return True

    def forget(self, uuid: str) -> None:
        self._current.discard(uuid)
        self._previous.discard(uuid)
