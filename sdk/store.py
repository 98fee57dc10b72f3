"""Where a framework keeps what must outlive its process."""

from abc import ABC, abstractmethod
from collections.abc import Mapping


class StoreLost(Exception):
    """This process may write no more, for another may have taken the framework over: stop, and exit."""


class StoreRefused(Exception):
    """What is kept cannot be read: damaged, or a newer version's. Nothing of it was changed."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where, self.why = where, why


class StateStore(ABC):
    """Values by key. The driver keeps its own under keys that start with `barter.`."""

    @abstractmethod
    def get(self, key: str) -> bytes | None: ...

    @abstractmethod
    def keys(self, prefix: str = "") -> list[str]:
        """The keys that start with `prefix`, sorted."""

    @abstractmethod
    def update(self, values: Mapping[str, bytes | None]) -> None:
        """Set each key to its value, or delete it where that is None: all of it, or nothing. Durable on return.

        Deleting a key that is not there is no error.
        """

    def held(self) -> bool:
        """Whether the framework is still this process's. The driver asks before it acts; once it is not, it stops."""
        return True

    def set(self, key: str, value: bytes) -> None:
        """Durable on return."""
        self.update({key: value})

    def delete(self, key: str) -> None:
        """Durable on return; a key that is not there is no error."""
        self.update({key: None})


class MemoryStore(StateStore):
    """Outlives a driver, not the process: for tests."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self._values.get(key)

    def keys(self, prefix: str = "") -> list[str]:
        return sorted(key for key in self._values if key.startswith(prefix))

    def update(self, values: Mapping[str, bytes | None]) -> None:
        for key, value in values.items():
            if value is None:
                self._values.pop(key, None)
            else:
                self._values[key] = bytes(value)
