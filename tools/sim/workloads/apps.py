"""Apps as operators of a small cluster define them. Each fits, also while it is upgraded, on eight private agents."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from barter.core.constraints import Constraint, Operator
from barter.core.tasks import CheckKind, Network
from barter.core.units import MIB
from barter.frameworks.service.app import MILLION, App, Check, Delays, Image, Port, Readiness, Unreachable, Upgrade

FOREVER = "sleep infinity"
_UPGRADES = (Upgrade(), Upgrade(MILLION, 0), Upgrade(MILLION // 2, 0), Upgrade(MILLION // 2, MILLION // 2))
_SPREADS = (
    (Constraint("@hostname", Operator.UNIQUE), 4),
    (Constraint("@hostname", Operator.MAX_PER, "2"), 6),
    (Constraint("@zone", Operator.GROUP_BY), 6),
    (Constraint("@zone", Operator.GROUP_BY, "3"), 6),
    (Constraint("@zone", Operator.MAX_PER, "4"), 6),
    (Constraint("@zone", Operator.UNIQUE), 2),
)


def most_instances(app: App) -> int:
    """How far it may be scaled up with its constraints."""
    return min([6, *(most for constraint, most in _SPREADS if constraint in app.constraints)])


def draw_app(rng: Random, number: int) -> App:
    """An app named after its kind and `number`; its fixed ports are no other app's."""
    kind = rng.choice(tuple(_KINDS))
    app = App(
        f"/{kind}-{number}",
        cmd=FOREVER,
        cpus=rng.randrange(100, 501, 50),
        mem=rng.randrange(64, 513, 64) * MIB,
        instances=rng.randint(1, 6),
        ports=tuple(Port(name=f"p{index}") for index in range(rng.randrange(3))),
        upgrade=_draw_upgrade(rng),
        delays=Delays(longest_ms=60_000),
        unreachable=rng.choice((Unreachable(), Unreachable(30_000, 90_000))),
    )
    return _KINDS[kind](rng, app, number)


def _draw_upgrade(rng: Random) -> Upgrade:
    return replace(
        rng.choice(_UPGRADES),
        progress_ms=rng.choice((600_000, 180_000, 60_000, 0)),
        auto_revert=rng.random() < 0.3,
        canary=rng.choice((0, 0, 0, 1, 2)),
        auto_promote=rng.random() < 0.7,
        min_healthy_ms=rng.choice((0, 10_000, 30_000)),
    )


def _plain(rng: Random, app: App, number: int) -> App:
    return app


def _checked(rng: Random, app: App, number: int) -> App:
    kind = rng.choice(tuple(CheckKind))
    check = Check(
        kind,
        kind.value,
        command="true" if kind is CheckKind.COMMAND else "",
        grace_ms=rng.randrange(5_000, 60_000, 1_000),
        interval_ms=rng.randrange(5_000, 90_000, 1_000),
        timeout_ms=2_000,
    )
    ports = app.ports or (Port(name="web"),)
    readiness = Readiness("up", CheckKind.HTTP, interval_ms=rng.randrange(2_000, 30_000, 1_000), timeout_ms=1_000)
    return replace(app, checks=(check,), ports=ports, readiness=readiness if rng.random() < 0.3 else None)


def _strict(rng: Random, app: App, number: int) -> App:
    """Never one instance more than wanted, whatever happens."""
    return replace(app, instances=rng.randint(1, 3), upgrade=Upgrade(0, 0), unreachable=None)


def _spread(rng: Random, app: App, number: int) -> App:
    constraint, most = rng.choice(_SPREADS)
    app = _checked(rng, app, number) if rng.random() < 0.5 else app
    return replace(app, constraints=(constraint,), instances=rng.randint(1, most))


def _image(rng: Random, app: App, number: int) -> App:
    bridge = rng.random() < 0.5
    image = Image(f"registry.example/app:{number}", force_pull=rng.random() < 0.2)
    ports = (Port(name="web", container_port=80),) if bridge else app.ports
    network = Network.BRIDGE if bridge else Network.HOST
    return replace(app, image=image, network=network, ports=ports, instances=rng.randint(1, 3))


def _public(rng: Random, app: App, number: int) -> App:
    return replace(app, on_public=True, instances=rng.randint(1, 2))


def _fixed(rng: Random, app: App, number: int) -> App:
    """On the same port everywhere, so that one instance at most fits on an agent."""
    host_port = 31_090 + number
    port = Port(name="web", host_port=host_port, service_port=host_port)
    return replace(app, ports=(port,), require_ports=True, instances=rng.randint(1, 3))


def _flaky(rng: Random, app: App, number: int) -> App:
    return replace(app, cmd=f"sleep {rng.randrange(120, 600)}; exit {rng.randrange(2)}")


_KINDS: dict[str, Callable[[Random, App, int], App]] = {
    "plain": _plain,
    "checked": _checked,
    "strict": _strict,
    "spread": _spread,
    "image": _image,
    "public": _public,
    "fixed": _fixed,
    "flaky": _flaky,
}
