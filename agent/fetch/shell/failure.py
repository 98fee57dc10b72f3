"""How a fetch ends badly, in the words of a task's status."""

import errno

from barter.core.tasks import Reason

_FULL = (errno.ENOSPC, errno.EDQUOT)


class FetchFailure(Exception):
    """The text says what happened, why and what to do."""

    def __init__(
        self, text: str, *, reason: Reason = Reason.FETCH_FAILED, too_large: bool = False, corrupt: bool = False
    ) -> None:
        super().__init__(text)
        self.reason, self.too_large, self.corrupt = reason, too_large, corrupt


def disk_failure(what: str, error: OSError) -> FetchFailure:
    if error.errno in _FULL:
        return FetchFailure(f"{what}: the agent's disk is full; free space on it", reason=Reason.DISK_FULL)
    return FetchFailure(f"{what}: {error.strerror or error}")
