"""However an engine goes away, what the callers hear of it is one of our own errors."""

import http.client
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from barter.agent.containers.events import Event, PullFailed
from barter.agent.runtime.images import Images
from barter.agent.runtime.settings import SettingsFile
from barter.core.tasks import Reason


class HangsUp:
    """A pull that breaks off."""

    def lines(self, repository: str, version: str, credentials: str) -> Iterator[dict[str, Any]]:
        yield {"status": "Pulling"}
        raise http.client.IncompleteRead(b"")


def test_an_engine_that_dies_while_it_pulls_is_no_riddle(tmp_path: Path) -> None:
    client = SimpleNamespace(inspect_image=lambda image: {"Id": ""})
    engine: Any = SimpleNamespace(client=client, new_pull=HangsUp)
    told: list[Event] = []
    answer = Images(lambda: engine, SettingsFile(), tmp_path, told.append).pull(1, "web:1")
    assert isinstance(answer, PullFailed)
    assert answer.reason is Reason.IMAGE_FAILED
    assert "IncompleteRead" in answer.message
