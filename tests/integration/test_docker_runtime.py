"""The docker runtime against a real engine."""

import pytest

from tests.integration.engine import Engine

pytestmark = [pytest.mark.integration, pytest.mark.docker]


def test_the_image_of_the_tests_is_there(engine: Engine, busybox: str) -> None:
    with engine.client() as client:
        assert client.images(busybox)
