"""Garbage from outside is excluded by itself and never reaches the configuration."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.agent.edge.config import CONFIG, Settings, map_name, render
from barter.agent.edge.desired import Desired
from barter.agent.edge.model import (
    Address,
    Rejected,
    Route,
    Targets,
    read_endpoints,
    read_service,
    settle_claims,
)
from barter.agent.edge.view import ServiceEndpoints
from barter.core.cluster import Endpoint, Service, ServicePort
from barter.core.ids import AgentId, FrameworkId

SETTINGS = Settings(8000, 9090)
NASTY = st.sampled_from(
    [
        "",
        "web",
        "/prod/web",
        "a b",
        "web\n",
        "x\n    bind :1",
        "web;quit",
        "we'b",
        '"',
        "%[env(PATH)]",
        "..",
        "a/../b",
        "web.localhost",
        "*.com",
        "-x.com",
        "x" * 300,
        "é.com",
        "http",
        "tcp",
        "udp",
        "10.0.0.1",
        "::1",
        "a#b",
        "{{x}}",
    ]
)
TEXT = st.one_of(NASTY, st.text(max_size=20))
NUMBER = st.integers(-1, 65537)
PORTS = st.builds(ServicePort, TEXT, NUMBER, st.one_of(st.sampled_from(["http", "tcp"]), TEXT), st.tuples(TEXT))
SERVICES = st.builds(Service, TEXT, st.lists(PORTS, max_size=3).map(tuple))
ENDPOINTS = st.builds(
    Endpoint,
    TEXT,
    TEXT,
    TEXT,
    st.just(FrameworkId("f")),
    st.just(AgentId("a")),
    TEXT,
    NUMBER,
    st.sampled_from(["tcp", "udp", "x"]),
    st.booleans(),
)
_NAME = r"[A-Za-z0-9_.:-]+"
# Every line a configuration may have besides those without anything from outside.
_FROM_OUTSIDE = re.compile(
    rf"frontend port-\d{{1,5}}|    bind (?:127\.0\.0\.1):\d{{1,5}}|    default_backend {_NAME}|backend {_NAME}"
    rf"|    server s\d+ (?:[0-9.]+|\[[0-9a-f:.]+\]):\d{{1,5}} weight \d{{1,3}}(?: disabled)?|# structure [0-9a-f]{{16}}"
    rf"|    stats socket unix@run-[0-9a-f]{{16}}\.sock mode 600 level admin expose-fd listeners"
    r"|    use_backend %\[req\.hdr\(host\),host_only,lower,rtrim\(\.\),"
    r"map_str\(vhosts-[0-9a-f]{16}\.map,no-service\)\]"
)
_FIXED = set(render(SETTINGS, (), {}).files[CONFIG].splitlines()) | {
    "    mode tcp",
    "    timeout client 1h",
    "    timeout server 1h",
    "    http-request disable-l7-retry if !METH_GET",
}


@given(st.lists(st.tuples(SERVICES, st.lists(ENDPOINTS, max_size=4)), max_size=5))
def test_garbage_never_leaks_into_the_configuration(told: list[tuple[Service, list[Endpoint]]]) -> None:
    desired = Desired(SETTINGS)
    entries = [ServiceEndpoints(service, tuple(endpoints)) for service, endpoints in told]
    desired.refresh(desired.view.tell(entries, (), snapshot=True, settled=True))
    desired.resolve({})
    candidate = render(SETTINGS, desired.routes, desired.targets)
    for line in candidate.files[CONFIG].split("\n"):
        assert line in _FIXED or line == "" or _FROM_OUTSIDE.fullmatch(line), line
    for line in candidate.files[map_name(candidate.structure)].split("\n"):
        assert line == "" or re.fullmatch(rf"[a-z0-9.-]+ {_NAME}", line), line
    served = {route.service_id for route in desired.routes}
    assert not served & desired.excluded.keys()


@given(st.lists(SERVICES, max_size=6, unique_by=lambda service: service.service_id))
def test_no_claim_has_two_holders(services: list[Service]) -> None:
    parsed: dict[str, tuple[Route, ...]] = {}
    for service in services:
        with contextlib.suppress(Rejected):
            parsed[service.service_id] = read_service(service, SETTINGS.reserved)
    routes, excluded = settle_claims(parsed, {})
    claims = [claim for route in routes for claim in route.claims]
    assert len(claims) == len(set(claims))
    assert {route.service_id for route in routes} | excluded.keys() == {key for key, own in parsed.items() if own}


def web(service_id: str = "web", **port: object) -> Service:
    return Service(service_id, (ServicePort("http", **port),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("service", "words"),
    [
        (web("a b", vhosts=("x",)), "service id 'a b'"),
        (web("web", vhosts=("x y",)), "virtual host 'x y' is not a host name"),
        (web(number=70000), "number 70000 is outside"),
        (web(number=8000), "number 8000 is the edge's own http port"),
        (web(number=9090), "number 9090 is the edge's statistics port"),
        (web(number=1, protocol="udp"), "protocol 'udp' is not http or tcp"),
        (web(number=1, protocol="tcp", vhosts=("x",)), "virtual hosts need protocol http"),
        (web(vhosts=("x", "X")), "claim 'host x' is given twice"),
        (Service("web", (ServicePort("a b", 1),)), "port name 'a b'"),
    ],
)
def test_a_refusal_names_the_field(service: Service, words: str) -> None:
    with pytest.raises(Rejected, match=re.escape(words)):
        read_service(service, SETTINGS.reserved)


def test_a_port_without_number_and_hosts_has_no_route() -> None:
    assert read_service(web("/prod/web"), {}) == ()
    assert read_service(web("/prod/web", vhosts=("Web.Localhost",)), {}) == (
        Route("/prod/web", ":prod:web::http", "http", 0, ("web.localhost",)),
    )


def test_backends_of_distinct_services_are_distinct() -> None:
    names = {
        route.backend
        for service_id in ("a/b", "/a/b", "a.b", "a-b", "a_b", "a")
        for route in read_service(web(service_id, number=80), {})
    }
    assert len(names) == 6


def endpoint(host: str, port: int, *, draining: bool = False, protocol: str = "tcp") -> Endpoint:
    return Endpoint("web", "http", "t", FrameworkId("f"), AgentId("a"), host, port, protocol, draining)


def test_a_bad_endpoint_is_left_out_by_itself() -> None:
    routes = read_service(web(vhosts=("x",)), {})
    told = [
        endpoint("10.0.0.1", 1),
        endpoint("10.0.0.1", 0),
        endpoint("nowhere.example", 1),
        endpoint("10.0.0.2", 1, protocol="udp"),
        endpoint("10.0.0.3", 1, draining=True),
        endpoint("10.0.0.1", 1, draining=True),
        endpoint("0:0::1", 1),
    ]
    targets, notes = read_endpoints(routes, told)
    assert targets == {
        "web::http": Targets(
            frozenset({Address("10.0.0.1", 1), Address("::1", 1)}), frozenset({Address("10.0.0.3", 1)})
        )
    }
    assert len(notes) == 3


def test_who_is_served_keeps_its_claim() -> None:
    first, second = web("a", vhosts=("x",)), web("b", vhosts=("x",))
    parsed = {service.service_id: read_service(service, {}) for service in (first, second)}
    routes, excluded = settle_claims(parsed, {"host x": "b"})
    assert [route.service_id for route in routes] == ["b"]
    assert excluded == {"a": "host x already belongs to service b"}
    routes, excluded = settle_claims(parsed, {})
    assert [route.service_id for route in routes] == ["a"]
