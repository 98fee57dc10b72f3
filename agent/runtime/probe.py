"""Health check commands of process tasks, run by the keeper where the task runs."""

import asyncio
from itertools import count

from barter.agent.runtime.keeper import wire
from barter.agent.runtime.keeper.wire import Message
from barter.agent.runtime.keeping import Keeping
from barter.agent.runtime.ran import Ran, exited

_NOBODY = Ran(None, "could not be run: the keeper of process tasks was gone")


class Probes:
    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping
        self._numbers = count()
        self._results: dict[bytes, asyncio.Future[Ran]] = {}

    async def run(self, wanted: tuple[bytes, ...], timeout_ms: int) -> Ran:
        """Its process group is killed when the time is over.

        None where no keeper is there to run it, or could.
        """
        if not self._keeping.ready:
            return _NOBODY
        number = wire.number(next(self._numbers))
        future = self._results[number] = asyncio.get_running_loop().create_future()
        self._keeping.send(b"check", number, *wanted)
        try:
            return await asyncio.wait_for(future, timeout_ms / 1000)
        except TimeoutError:
            if not self._keeping.ready:
                return _NOBODY
            return Ran(False, f"no result within {timeout_ms} ms")
        finally:
            if self._results.pop(number, None) is not None and not (future.done() and not future.cancelled()):
                self._keeping.send(b"drop", number)

    def checked(self, message: Message) -> None:
        if (future := self._results.get(message[1])) is None or future.done():
            return
        if message[2]:
            future.set_result(exited(int(message[2])))
        else:
            future.set_result(Ran(None, f"could not be started ({message[3].decode()})"))

    def lost(self) -> None:
        """Their keeper is gone: nobody will say how they ended."""
        for future in self._results.values():
            if not future.done():
                future.set_result(_NOBODY)
