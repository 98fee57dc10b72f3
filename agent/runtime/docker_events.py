"""One stream of the engine's events for all containers: their ends, without a thread for each."""

import threading
from collections.abc import Callable
from typing import Any

from barter.agent.runtime.engine import Engine, Failures, run_thread
from barter.shell.log import logger

_log = logger("executor")
_FIRST_PAUSE_S, _LAST_PAUSE_S = 0.1, 2.0


class Events:
    """In its thread calls `connected()` after each connect, before events that follow, and `died(labels, code)`."""

    def __init__(
        self,
        engine: Engine,
        label: str,
        connected: Callable[[], None],
        died: Callable[[dict[str, str], int], None],
    ) -> None:
        self._engine = engine
        self._filters = {"type": ["container"], "event": ["die"], "label": [label]}
        self._connected = connected
        self._died = died
        self._closed = threading.Event()
        self._stream: Any = None
        self._since: int | None = None

    def open(self) -> None:
        run_thread("engine-events", self._run)

    def close(self) -> None:
        self._closed.set()
        if self._stream is not None:
            self._stream.close()

    def _run(self) -> None:
        pause = _FIRST_PAUSE_S
        while not self._closed.is_set():
            try:
                # The engine answers once it listens, so a list made after that misses no end.
                self._stream = self._engine.client.events(since=self._since, filters=self._filters, decode=True)
                if pause > _FIRST_PAUSE_S:
                    _log.info("the Docker Engine answers again")
                pause = _FIRST_PAUSE_S
                self._connected()
                for event in self._stream:
                    self._hear(event)
            except (*Failures, ValueError) as error:
                if pause == _FIRST_PAUSE_S and not self._closed.is_set():
                    _log.warning("lost the Docker Engine, trying on", why=str(error))
            self._closed.wait(pause)
            pause = min(pause * 2, _LAST_PAUSE_S)

    def _hear(self, event: dict[str, Any]) -> None:
        self._since = int(event["time"])
        attributes = event["Actor"]["Attributes"]
        self._died(attributes, int(attributes.get("exitCode", 0)))
