"""The API described in OpenAPI 3.1: `/v2/openapi.json`."""

from barter.frameworks.service.openapi.components import components
from barter.frameworks.service.openapi.paths import paths
from barter.frameworks.service.schema import Json


def document(version: str) -> Json:
    """`version` is that of the software."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Barter's service framework", "version": version, "description": "Marathon's /v2"},
        "paths": paths(),
        "components": {"schemas": components()},
    }
