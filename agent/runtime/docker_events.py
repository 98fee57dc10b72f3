"""One stream of the engine's events for all containers, without a thread for each: their ends, and short memory."""

from collections.abc import Callable
from typing import Any

from barter.agent.containers.events import Died, EngineConnected, EngineLost, Event, OutOfMemory
from barter.agent.runtime.container_spec import key_of
from barter.agent.runtime.engine import Engine


class News:
    """Posts EngineConnected, then what containers meet, then EngineLost; or EngineLost alone."""

    def __init__(self, label: str, post: Callable[[Event], None]) -> None:
        self._filters = {"type": ["container"], "event": ["die", "oom"], "label": [label]}
        self._post = post
        self._stream: Any = None
        self._since: int | None = None

    def close(self) -> None:
        """End the stream, from another thread."""
        if self._stream is not None:
            self._stream.close()

    def hear(self, reach: Callable[[], Engine]) -> None:
        """Until the stream ends, or cannot be had."""
        try:
            # The engine answers once it listens, so a list made after that misses no end.
            self._stream = reach().client.events(since=self._since, filters=self._filters, decode=True)
            self._post(EngineConnected())
            for event in self._stream:
                self._since = int(event["time"])
                attributes = event["Actor"]["Attributes"]
                key, now_ms = key_of(attributes), int(event["timeNano"]) // 1_000_000
                if event["Action"] == "oom":
                    self._post(OutOfMemory(key))
                else:
                    self._post(Died(key, int(attributes.get("exitCode", 0)), now_ms))
        except Exception as error:
            self._post(EngineLost(str(error)))
        else:
            self._post(EngineLost("it ended its stream of events"))
