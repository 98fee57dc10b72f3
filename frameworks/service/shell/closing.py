"""Connections to the master that are closed while somebody asks through them: the driver has a new one by then."""

import asyncio
import contextlib
from collections.abc import Iterator

from grpc.aio import UsageError


class ConnectionGone(Exception):
    """It was closed, by now or meanwhile."""


@contextlib.contextmanager
def told_when_closed() -> Iterator[None]:
    """Raises ConnectionGone for what grpc says then: that the call was cancelled, or is no use."""
    try:
        yield
    except UsageError:
        raise ConnectionGone("its connection is closed") from None
    except asyncio.CancelledError:
        asker = asyncio.current_task()
        if asker is not None and asker.cancelling():
            raise
        raise ConnectionGone("its connection was closed") from None
