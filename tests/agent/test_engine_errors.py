"""However an engine goes away, what the callers hear of it is one of our own errors."""

from collections.abc import Iterator

import pytest
from urllib3.exceptions import ProtocolError

from barter.agent.runtime.base import ImageFailed
from barter.agent.runtime.engine import Engine


class HangsUp:
    """An engine's client whose stream of progress breaks off."""

    def pull(self, repository: str, tag: str, **how: object) -> Iterator[dict[str, str]]:
        yield {"status": "Pulling"}
        raise ProtocolError("Connection broken: IncompleteRead(0 bytes read)")


def test_an_engine_that_dies_while_it_pulls_is_no_riddle() -> None:
    engine = Engine.__new__(Engine)
    engine.client = HangsUp()  # type: ignore[assignment]
    with pytest.raises(ImageFailed, match="Connection broken"):
        engine.pull("web:1", lambda: False)
