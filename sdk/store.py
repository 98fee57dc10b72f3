"""Where a framework keeps what must outlive its process."""

from abc import ABC, abstractmethod


class StateStore(ABC):
    """Small values by key. The driver keeps its own under keys that start with `barter.`."""

    @abstractmethod
    def get(self, key: str) -> bytes | None: ...

    @abstractmethod
    def set(self, key: str, value: bytes) -> None:
        """Durable on return."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Durable on return; a key that is not there is no error."""

    @abstractmethod
    def keys(self, prefix: str = "") -> list[str]:
        """The keys that start with `prefix`, sorted."""


class MemoryStore(StateStore):
    """Outlives a driver, not the process: for tests."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self._values.get(key)

    def set(self, key: str, value: bytes) -> None:
        self._values[key] = bytes(value)

    def delete(self, key: str) -> None:
        self._values.pop(key, None)

    def keys(self, prefix: str = "") -> list[str]:
        return sorted(key for key in self._values if key.startswith(prefix))
