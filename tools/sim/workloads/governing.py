"""What operators ask of the master: quotas and weights, maintenance, reservations and volumes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from barter.core.ids import ReservationId, VolumeId
from barter.core.operations import CreateVolume, DestroyVolume, Operation, Reserve, Unreserve
from barter.core.resources import resources
from barter.core.roles import RoleConfig
from barter.core.units import GIB, MIB
from barter.master import events as ev
from barter.tools.sim import telling
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.operators import Operators
from barter.tools.sim.workloads.workload import Act

ROLES = ("eng", "eng/web", "eng/batch", "ops", "ops/day")
RESERVING = ("eng/web", "eng/batch", "ops", "ops/day", "ops/day")
PRINCIPAL = "operator"
LOOK_AGAIN_US, PATIENCE, OFF_US = 5_000_000, 40, 60_000_000
OPEN_AGAIN_US = 100_000_000
"""After the last fault: so long the agents that are drained then stay it."""


@dataclass(frozen=True, slots=True)
class SetRole(Act):
    config: RoleConfig
    force: bool

    def __str__(self) -> str:
        return f"{'insist on ' if self.force else 'set '}{telling.role(self.config)}"


@dataclass(frozen=True, slots=True)
class Drain(Act):
    agent: str
    start_in_ms: int
    grace_ms: int


@dataclass(frozen=True, slots=True)
class Deactivate(Act):
    agent: str


@dataclass(frozen=True, slots=True)
class Activate(Act):
    agent: str


@dataclass(frozen=True, slots=True)
class MarkGone(Act):
    """Of the agents out of reach the one with this number, as soon as there is one in some minutes.

    Its machine is switched off first: who says that of one that lives has its tasks run twice.
    """

    chosen: int


@dataclass(frozen=True, slots=True)
class SetRemovals(Act):
    """Of agents out of reach: hold them, or resume them also where the master has frozen them."""

    held: bool

    def __str__(self) -> str:
        return f"{'hold' if self.held else 'resume'} removals"


@dataclass(frozen=True, slots=True)
class Operate(Act):
    agent: str
    operation: Operation


def draw_acts(rng: Random, duration_ms: int, agents: Sequence[str], taken: Sequence[int]) -> list[Act]:
    """`taken` is when somebody takes all there is: mostly others are guaranteed something then."""
    acts: list[Act] = []
    for at_ms in taken:
        acts += _squeeze(rng, at_ms)
    for number in range(3 + duration_ms // 240_000):
        draw = rng.choices([each for each, _ in _USUAL], [weight for _, weight in _USUAL])[0]
        acts += draw(rng, rng.randrange(duration_ms), rng.choice(agents), number)
    return sorted((act for act in acts if act.at_ms < duration_ms), key=lambda act: act.at_ms)


def _quota(rng: Random, at_ms: int, agent: str, number: int) -> list[Act]:
    """Mostly changed again or lifted later."""
    role = rng.choice(ROLES)
    return [
        SetRole(at_ms, _config(rng, role), rng.random() < 0.4),
        SetRole(at_ms + rng.randrange(30_000, 400_000), rng.choice((RoleConfig(role), _config(rng, role))), True),
    ]


def _squeeze(rng: Random, at_ms: int) -> list[Act]:
    role = rng.choice(("eng", "eng/web", "eng/batch"))
    guaranteed = RoleConfig(role, guarantee={"cpus": rng.randrange(2_000, 9_000, 500)})
    begins = at_ms + rng.randrange(5_000, 40_000)
    acts: list[Act] = [SetRole(begins, guaranteed, force=True), SetRole(begins + 200_000, RoleConfig(role), force=True)]
    if rng.random() < 0.4:
        theirs = RoleConfig("ops", guarantee={"cpus": rng.randrange(20_000, 70_000, 5_000)})
        acts += [SetRole(begins - 1_000, theirs, force=True), SetRole(begins + 150_000, RoleConfig("ops"), force=True)]
    return acts


def _config(rng: Random, role: str) -> RoleConfig:
    limit = rng.choice(({}, {"cpus": rng.randrange(200, 4_000, 100)}, {"mem": rng.randrange(256, 4_096, 128) * MIB}))
    least = {name: amount // 2 for name, amount in limit.items()}
    guarantee = rng.choice(({}, {}, least, least or {"cpus": rng.randrange(500, 8_000, 500)}))
    return RoleConfig(role, rng.choice((500, 1_000, 1_000, 2_000, 4_000)), guarantee, limit)


def _drain(rng: Random, at_ms: int, agent: str, number: int) -> list[Act]:
    start_in_ms = rng.choice((0, 0, rng.randrange(10_000, 120_000)))
    return [
        Drain(at_ms, agent, start_in_ms, rng.randrange(10_000, 240_000)),
        Activate(at_ms + rng.randrange(30_000, 500_000), agent),
    ]


def _deactivate(rng: Random, at_ms: int, agent: str, number: int) -> list[Act]:
    return [Deactivate(at_ms, agent), Activate(at_ms + rng.randrange(10_000, 200_000), agent)]


def _gone(rng: Random, at_ms: int, agent: str, number: int) -> list[Act]:
    return [MarkGone(at_ms, rng.randrange(1_000))]


def _removals(rng: Random, at_ms: int, agent: str, number: int) -> list[Act]:
    held = [SetRemovals(at_ms, held=True)] if rng.random() < 0.5 else []
    return [*held, SetRemovals(at_ms + rng.randrange(30_000, 300_000), held=False)]


def _reserve(rng: Random, at_ms: int, agent: str, number: int) -> list[Act]:
    """A reservation with a volume, maybe given up again in the right order, maybe while they are used."""
    kept, volume = ReservationId(f"kept-{number}"), VolumeId(f"volume-{number}")
    has = resources(cpus=rng.randrange(500, 2_001, 500), mem=rng.randrange(256, 1_025, 256) * MIB, disk=2 * GIB)
    after = sorted(at_ms + rng.randrange(1_000, 600_000) for _ in range(4))
    operations: list[tuple[int, Operation]] = [
        (at_ms, Reserve(kept, has, rng.choice(RESERVING), {"made": "by hand"})),
        (after[0], CreateVolume(volume, kept, GIB)),
    ]
    if rng.random() < 0.5:
        operations += [(after[2], DestroyVolume(volume)), (after[3], Unreserve(kept))]
    elif rng.random() < 0.5:
        operations += [(after[1], Unreserve(kept))]
    return [Operate(when, agent, operation) for when, operation in operations]


_USUAL: tuple[tuple[Callable[[Random, int, str, int], list[Act]], int], ...] = (
    (_quota, 6),
    (_drain, 4),
    (_deactivate, 2),
    (_gone, 2),
    (_removals, 1),
    (_reserve, 4),
)


class Governing:
    """Asks through `operators`; when calm it lifts all quotas, and some time later gives all agents back."""

    def __init__(self, operators: Operators) -> None:
        self.operators = operators

    @property
    def _cluster(self) -> SimCluster:
        return self.operators.cluster

    def act(self, act: Act) -> None:
        if isinstance(act, MarkGone):
            self._mark_gone(act, PATIENCE)
        elif (call := self._call(act)) is not None:
            self.operators.ask(call)

    def calm(self) -> None:
        self.operators.insist(ev.SetRoles(0, tuple(RoleConfig(role) for role in ROLES), force=True))
        self.operators.insist(ev.ResumeRemovals(0, "all is mended"))
        for name in self._cluster.agents:
            self._cluster.world.after(OPEN_AGAIN_US, partial(self._open, name))

    def _open(self, name: str) -> None:
        self.operators.insist(ev.Activate(0, self.operators.agent_id(name)))

    def _call(self, act: Act) -> ev.OperatorCall | None:
        agent_id = self.operators.agent_id
        match act:
            case SetRole(_, config, force):
                return ev.SetRoles(0, (config,), force)
            case Drain(_, agent, start_in_ms, grace_ms):
                start_ms = self._cluster.world.now_ms + start_in_ms if start_in_ms else 0
                return ev.Drain(0, agent_id(agent), start_ms, grace_ms, "new disks")
            case Deactivate(_, agent):
                return ev.Deactivate(0, agent_id(agent), "something is odd")
            case Activate(_, agent):
                return ev.Activate(0, agent_id(agent), "all is well")
            case Operate(_, agent, operation):
                return ev.Operate(0, agent_id(agent), PRINCIPAL, operation)
            case SetRemovals(_, held):
                return ev.HoldRemovals(0, "let us see") if held else ev.ResumeRemovals(0, "they burnt")
            case _:
                return None

    def _mark_gone(self, act: MarkGone, looks: int) -> None:
        cluster = self._cluster
        books = cluster.master.machine.cluster
        known, removed = books.agents, books.reach.removed
        names = {self.operators.agent_id(name): name for name in cluster.agents}
        away = [each for each in names if (agent := known.get(each)) and agent.registered_ms and not agent.connected]
        away += [each for each in names if each in removed and each not in known]
        if away and cluster.master.up:
            agent_id = away[act.chosen % len(away)]
            cluster.crash_machine(names[agent_id], OFF_US)
            self.operators.ask(ev.MarkGone(0, agent_id, "it burnt"))
        elif looks:
            cluster.world.after(LOOK_AGAIN_US, partial(self._mark_gone, act, looks - 1))
