"""What is rendered is read back to the same app, whatever it says."""

import json
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barter.core.constraints import Constraint, Operator
from barter.core.tasks import UNLIMITED, Artifact, CheckKind, Limits, Network, Rlimit, Volume
from barter.core.units import MIB
from barter.frameworks.service.app import (
    MILLION,
    App,
    Check,
    Delays,
    GenericCheck,
    Image,
    KillSelection,
    PersistentVolume,
    Port,
    Readiness,
    Residency,
    Unreachable,
    Upgrade,
)
from barter.frameworks.service.definition import parse_app
from barter.frameworks.service.render import app_json

NAMES = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
IDS = st.lists(NAMES.filter(lambda name: name not in ("restart", "tasks", "versions")), min_size=1, max_size=3).map(
    lambda names: "/" + "/".join(names)
)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
SOME = TEXT.filter(bool)
VARIABLES = SOME.filter(lambda name: "=" not in name)
LABELS = st.dictionaries(SOME.filter(lambda name: not name.startswith("HAPROXY_")), TEXT, max_size=3)
MS = st.integers(0, 600_000)
PERIODS = st.integers(100, 600_000)
SHARES = st.integers(0, MILLION)
PATHS = st.from_regex(r"/[a-z/]{0,8}", fullmatch=True)
LINES = st.text(min_size=1, max_size=20, alphabet="abc $'\"|&")
LIMITED = st.none() | st.just(UNLIMITED)
UPGRADES = st.builds(
    Upgrade, SHARES, SHARES, MS, st.booleans(), st.integers(0, 9), st.booleans(), MS,
    st.lists(st.integers(0, 100), max_size=3).map(tuple),
)  # fmt: skip
UNREACHABLE = st.none() | st.tuples(MS, MS).map(lambda both: Unreachable(min(both), max(both)))
CONSTRAINTS = st.lists(
    st.sampled_from(
        [
            Constraint("@zone", Operator.GROUP_BY, "3"),
            Constraint("hostname", Operator.UNIQUE),
            Constraint("rack", Operator.CLUSTER),
            Constraint("rack", Operator.LIKE, "a.*"),
            Constraint("@region", Operator.IS, "north-1"),
            Constraint("rack", Operator.MAX_PER, "2"),
        ]
    ),
    unique=True,
    max_size=3,
).map(tuple)
COMMAND_CHECKS = st.builds(
    Check, st.just(CheckKind.COMMAND), st.just("COMMAND"), command=LINES, grace_ms=MS, interval_ms=PERIODS,
    timeout_ms=PERIODS, max_failures=st.integers(0, 9), delay_ms=MS,
)  # fmt: skip
NET_CHECKS = st.builds(
    lambda kind, mesos, check: replace(check, kind=kind, protocol=f"MESOS_{kind}" if mesos else kind.value),
    st.sampled_from([CheckKind.HTTP, CheckKind.HTTPS, CheckKind.TCP]),
    st.booleans(),
    st.builds(
        Check, st.just(CheckKind.HTTP), st.just("HTTP"), path=PATHS, interval_ms=PERIODS, ignores_1xx=st.booleans()
    ),
)
GENERIC = st.none() | st.one_of(
    st.builds(GenericCheck, st.just(CheckKind.COMMAND), command=LINES, interval_ms=PERIODS, delay_ms=MS),
    st.builds(GenericCheck, st.sampled_from([CheckKind.HTTP, CheckKind.HTTPS]), PATHS, port=st.integers(0, 65535)),
    st.builds(GenericCheck, st.just(CheckKind.TCP), timeout_ms=PERIODS),
)
READINESS = st.none() | st.builds(
    Readiness, SOME, st.sampled_from([CheckKind.HTTP, CheckKind.HTTPS]), PATHS, st.just(0), PERIODS, PERIODS,
    st.sets(st.integers(100, 999), min_size=1, max_size=3).map(lambda found: tuple(sorted(found))),
)  # fmt: skip
APPS = st.builds(
    App,
    IDS,
    cmd=LINES,
    cpus=st.integers(1, 64_000),
    mem=st.integers(0, 1 << 40),
    disk=st.integers(0, 1 << 40),
    instances=st.integers(0, 1000),
    env=st.dictionaries(VARIABLES, TEXT, max_size=3),
    labels=LABELS,
    constraints=CONSTRAINTS,
    checks=st.lists(COMMAND_CHECKS | NET_CHECKS, unique=True, max_size=3).map(tuple),
    upgrade=UPGRADES,
    delays=st.builds(Delays, MS, st.integers(MILLION, 9 * MILLION), MS),
    unreachable=UNREACHABLE,
    kill_grace_ms=MS,
    user=st.sampled_from(["", "nobody", "1000:1000"]),
    rlimits=st.sampled_from([(), (Rlimit("nofile", 10, UNLIMITED),)]),
    artifacts=st.sampled_from([(), (Artifact("http://host/x.zip", "", False, True, True, "y"),)]),
    readiness=READINESS,
    kill_selection=st.sampled_from(KillSelection),
    role=st.sampled_from(["", "dev", "eng/web"]),
    limits=st.none() | st.builds(Limits, LIMITED, LIMITED).filter(lambda limits: limits != Limits()),
    dependencies=st.lists(IDS.map(lambda app_id: f"/needed{app_id}"), unique=True, max_size=3).map(tuple),
    generic_check=GENERIC,
)


def ports(count: int) -> tuple[Port, ...]:
    return tuple(Port(f"p{index}", 0, 8000 + index, 9000 + index, "udp,tcp", {"a": "b"}) for index in range(count))


def networked(app: App, network: Network, count: int) -> App:
    """With one port at least, as the checks ask the first."""
    made = ports(count)
    if network is Network.HOST:
        return replace(app, ports=tuple(replace(one, container_port=0) for one in made))
    volumes = (Volume("/d", "/e", True), Volume("/n", name="v"))
    image = Image("registry/x:1", "MESOS", True, volumes, (("init", "true"),))
    name = "lan" if network is Network.OWN else ""
    return replace(_unplaced(app), image=image, network=network, network_name=name, ports=made)


def _unplaced(app: App) -> App:
    """A bridge has no port beside its mappings to ask."""
    check = app.generic_check
    return replace(app, generic_check=replace(check, port=0) if check is not None else None)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(APPS, st.sampled_from([Network.HOST, Network.BRIDGE, Network.OWN]), st.integers(1, 3))
def test_what_is_rendered_is_read_back(plain: App, network: Network, count: int) -> None:
    app = networked(plain, network, count)
    assert parse_app(json.loads(json.dumps(app_json(app), allow_nan=False))) == app


@settings(max_examples=30)
@given(IDS, UPGRADES, st.integers(1, 1 << 20))
def test_residents_are_read_back(app_id: str, upgrade: Upgrade, mib: int) -> None:
    app = App(
        app_id,
        cmd="x",
        upgrade=replace(upgrade, maximum_over=0, canary=0, canary_weights=()),
        unreachable=None,
        residency=Residency(),
        volumes_persistent=(PersistentVolume("data", mib * MIB),),
    )
    assert parse_app(app_json(app)) == app
