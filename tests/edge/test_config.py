"""The configuration as a whole: a golden file, and what makes its structure another."""

import os
from pathlib import Path

import pytest

from barter.agent.edge.adopted import read_routes
from barter.agent.edge.config import (
    CONFIG,
    ROUTES,
    Settings,
    map_name,
    read_structure,
    render,
    socket_name,
    structure_of,
)
from barter.agent.edge.model import Address, Route, Targets
from barter.core.cluster import Service, ServicePort

GOLDEN = Path(__file__).parents[1] / "golden" / "edge_haproxy.cfg"
SETTINGS = Settings(8000, 9090, "0.0.0.0", drop_to=65534)
ROUTES_TOLD = (
    Route("/prod/db", ":prod:db::sql", "tcp", 10_001),
    Route("web", "web::http", "http", 10_000, ("web.localhost", "www.example.com")),
)
TARGETS = {
    "web::http": Targets(
        frozenset({Address("10.0.0.2", 31000), Address("10.0.0.1", 31001)}), frozenset({Address("10.0.0.9", 1)})
    ),
    ":prod:db::sql": Targets(frozenset({Address("fd00::1", 5432)})),
}


def test_the_configuration_is_the_golden_one() -> None:
    """BARTER_REWRITE_GOLDEN=1 writes it anew."""
    candidate = render(SETTINGS, ROUTES_TOLD, TARGETS)
    text = candidate.files[CONFIG].replace(candidate.structure, "STRUCTURE")
    text += "".join(f"# {line}\n" for line in candidate.files[map_name(candidate.structure)].splitlines())
    if os.environ.get("BARTER_REWRITE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_rendering_is_deterministic_and_only_structure_changes_the_structure() -> None:
    first, second = render(SETTINGS, ROUTES_TOLD, TARGETS), render(SETTINGS, ROUTES_TOLD, TARGETS)
    assert first == second
    assert render(SETTINGS, ROUTES_TOLD, {}).structure == first.structure
    others = {
        structure_of(SETTINGS, ROUTES_TOLD[:1]),
        structure_of(SETTINGS, ()),
        structure_of(Settings(8000, 9090), ROUTES_TOLD),
        structure_of(Settings(8000, 9090, prometheus=False), ROUTES_TOLD),
        first.structure,
    }
    assert len(others) == 5


def test_what_it_listens_on_is_told() -> None:
    assert render(SETTINGS, ROUTES_TOLD, {}).binds == {
        Address("0.0.0.0", 8000),
        Address("127.0.0.1", 9090),
        Address("0.0.0.0", 10_000),
        Address("0.0.0.0", 10_001),
    }


def test_a_later_edge_reads_back_what_was_served() -> None:
    candidate = render(SETTINGS, ROUTES_TOLD, TARGETS)
    assert read_structure(candidate.files[CONFIG]) == candidate.structure
    assert read_structure("global\n") == ""
    assert read_routes(candidate.files[ROUTES]) == (
        Service("/prod/db", (ServicePort("sql", 10_001, "tcp"),)),
        Service("web", (ServicePort("http", 10_000, "http", ("web.localhost", "www.example.com")),)),
    )


@pytest.mark.parametrize("text", ["", "[]", "{", '{"web": 3}', '{"web": [["http", "x", "http", []]]}'])
def test_damaged_routes_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is damaged"):
        read_routes(text)


def test_socket_names_are_short() -> None:
    assert len(socket_name(render(SETTINGS, (), {}).structure)) < 40
