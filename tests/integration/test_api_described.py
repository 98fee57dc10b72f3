"""The running API does what its own description says: it is asked all that the description allows, and more."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.integration.service_world import ServiceWorld, service_world

pytestmark = pytest.mark.integration

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXISTING = {"app_id": "/shop/web", "group_id": "shop", "pod_id": "shop/pod"}
SHOP = {"id": "/shop", "apps": [{"id": "web", "cmd": "sleep 600", "cpus": 0.1, "mem": 16, "instances": 2}]}
EXAMPLES, EXAMPLES_OF_BODIES = 12, 4


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceWorld]:
    with service_world(tmp_path_factory.mktemp("described"), "service") as made:
        yield made


def operations(world: ServiceWorld) -> list[Any]:
    description = httpx.get(f"http://{world.api}/v2/openapi.json", trust_env=False).json()
    group = description["components"]["schemas"]["GroupUpdate"]["properties"]
    # Deeper trees are allowed, and take seconds each to make up.
    group["apps"]["maxItems"], group["groups"]["maxItems"] = 2, 1
    schema = schemathesis.openapi.from_dict(description)
    schema.config.update(base_url=f"http://{world.api}")
    found: Any = schema.get_all_operations()
    return [each.ok() for each in found if each.ok().path != "/v2/events"]


def test_it_answers_as_it_is_described(world: ServiceWorld) -> None:
    found = operations(world)
    assert len(found) > 30
    for operation in found:
        world.call("PUT", "/v2/groups", SHOP)
        drive(operation)
    assert world.call("GET", "/v2/apps")[0] == 200


def likely(body: dict[str, Any]) -> dict[str, Any]:
    """A definition that is right but for some of what was made up."""
    made_up = [(name, value) for name, value in body.items() if name not in ("id", "cmd", "args", "version", "groups")]
    return {"id": "/shop/web", "cmd": "sleep 600", "instances": 0, **dict(made_up[:3])}


def drive(operation: Any) -> None:
    """Some of what is made up is about what exists."""

    examples = EXAMPLES_OF_BODIES if operation.body else EXAMPLES

    @settings(max_examples=examples, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy(), known=st.booleans())
    def ask(case: Any, known: bool) -> None:
        if known:
            for name in EXISTING.keys() & (case.path_parameters or {}).keys():
                case.path_parameters[name] = EXISTING[name]
            if isinstance(case.body, dict) and "ids" not in case.body:
                case.body = likely(case.body)
        response = case.call()
        case.validate_response(response, checks=CHECKS)

    ask()
