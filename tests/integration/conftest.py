"""Fixtures for the tests with real parts."""

from tests.integration.engine import busybox, engine

__all__ = ["busybox", "engine"]
