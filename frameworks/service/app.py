"""The application as an operator defines it: Marathon's model in integers.

Amounts are milli-cpus, bytes, milliseconds and millionths; `definition` reads it from JSON, `render` writes it back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from barter.core.constraints import Constraint
from barter.core.tasks import Artifact, CheckKind, Limits, Network, Rlimit, Volume
from barter.core.units import MIB
from barter.frameworks.service.pod import Pod

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Port:
    """One port of every instance: a portDefinition (host network) or a portMapping (bridge, own address).

    `host_port` and `container_port` of 0 are chosen from the offer, a `container_port` of 0 equals the host port.
    With an address of its own an instance has no host ports.
    `service_port` is where the edge listens for it, 0 for nowhere. `protocol` is tcp, udp or "udp,tcp".
    """

    name: str = ""
    host_port: int = 0
    container_port: int = 0
    service_port: int = 0
    protocol: str = "tcp"
    labels: Mapping[str, str] = field(default_factory=dict)

    def name_at(self, index: int) -> str:
        """Its name, or one made of its place among the ports."""
        return self.name or f"port{index}"


@dataclass(frozen=True, slots=True)
class Image:
    """A Docker image; `engine` is the container type it was defined with, DOCKER or MESOS.

    `parameters` are pairs of key and value, as `parameters` reads them.
    """

    name: str
    engine: str = "DOCKER"
    force_pull: bool = False
    volumes: tuple[Volume, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A health check: `protocol` as defined, `port_index` into the app's ports, or a fixed `port` where > 0.

    Answers of 1xx are ignored in any case; `ignores_1xx` is whether the definition asks for it.
    """

    kind: CheckKind
    protocol: str
    path: str = "/"
    command: str = ""
    port_index: int = 0
    port: int = 0
    grace_ms: int = 300_000
    interval_ms: int = 60_000
    timeout_ms: int = 20_000
    max_failures: int = 3
    delay_ms: int = 0
    ignores_1xx: bool = False


@dataclass(frozen=True, slots=True)
class Readiness:
    """A readiness check of the port at `port_index`; `statuses` are the answers that mean ready."""

    name: str
    kind: CheckKind
    path: str = "/"
    port_index: int = 0
    interval_ms: int = 30_000
    timeout_ms: int = 10_000
    statuses: tuple[int, ...] = (200,)


@dataclass(frozen=True, slots=True)
class GenericCheck:
    """Marathon's `check`: its result is told, and nothing follows from it."""

    kind: CheckKind
    path: str = "/"
    command: str = ""
    port_index: int = 0
    port: int = 0
    interval_ms: int = 60_000
    timeout_ms: int = 20_000
    delay_ms: int = 15_000


@dataclass(frozen=True, slots=True)
class PersistentVolume:
    """Disk of `size` bytes on one agent that outlives the task; `mode` is RW or RO."""

    container_path: str
    size: int
    mode: str = "RW"


@dataclass(frozen=True, slots=True)
class Residency:
    """An instance waits for its agent for ever, or with RELAUNCH_AFTER_TIMEOUT for so long: then it is given up with
    its data, and another takes its place elsewhere. Marathon documents both, and honours them no more."""

    escalation_s: int = 3_600
    lost_behavior: str = "WAIT_FOREVER"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """How far an upgrade may go: the healthy share it keeps, the extra share it may add, in millionths.

    It fails, or goes back with `auto_revert`, when nothing got on for `progress_ms` (0: never). First `canary` new
    instances run beside the old ones; once ready for `min_healthy_ms` the rest follows, by itself with `auto_promote`.
    `canary_weights` are per cent of the edge's traffic, one after another, each for `min_healthy_ms`.
    """

    minimum_health: int = MILLION
    maximum_over: int = MILLION
    progress_ms: int = 600_000
    auto_revert: bool = False
    canary: int = 0
    auto_promote: bool = True
    min_healthy_ms: int = 10_000
    canary_weights: tuple[int, ...] = ()

    def fewest_ready(self, instances: int) -> int:
        return -(-instances * self.minimum_health // MILLION)

    def most(self, instances: int) -> int:
        return instances + instances * self.maximum_over // MILLION


@dataclass(frozen=True, slots=True)
class Delays:
    """The wait before the next launch after failures: it grows by `factor` (millionths) up to `longest_ms`."""

    first_ms: int = 1_000
    factor: int = 1_150_000
    longest_ms: int = 300_000


class KillSelection(StrEnum):
    """Of instances that are too many, and alike otherwise, who ends first."""

    YOUNGEST_FIRST = "YOUNGEST_FIRST"
    OLDEST_FIRST = "OLDEST_FIRST"


@dataclass(frozen=True, slots=True)
class Unreachable:
    """An instance out of reach is replaced after `inactive_ms` and given up after `expunge_ms`; None: never."""

    inactive_ms: int = 0
    expunge_ms: int = 0


@dataclass(frozen=True, slots=True)
class App:
    """`app_id` is an absolute path. Exactly one of `cmd`, `args` and the image's own entry point is run.

    `network_name` is the engine's network in which each instance has an address of its own. `role` is the
    framework's own where empty. `secrets` are sources by name; `secret_env` are names of secrets by variable.
    `dependencies` are absolute ids, of apps or groups. With a `pod` its containers are run instead; `cpus`, `mem`,
    `disk` and `ports` are theirs together.
    """

    app_id: str
    cmd: str = ""
    args: tuple[str, ...] = ()
    cpus: int = 1_000
    mem: int = 128 * MIB
    disk: int = 0
    instances: int = 1
    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    constraints: tuple[Constraint, ...] = ()
    image: Image | None = None
    network: Network = Network.HOST
    ports: tuple[Port, ...] = (Port(name="default"),)
    require_ports: bool = False
    checks: tuple[Check, ...] = ()
    upgrade: Upgrade = Upgrade()
    delays: Delays = Delays()
    unreachable: Unreachable | None = Unreachable()
    kill_grace_ms: int = 3_000
    on_public: bool = False
    user: str = ""
    rlimits: tuple[Rlimit, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    network_name: str = ""
    readiness: Readiness | None = None
    kill_selection: KillSelection = KillSelection.YOUNGEST_FIRST
    role: str = ""
    limits: Limits | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    secret_env: Mapping[str, str] = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    residency: Residency | None = None
    volumes_persistent: tuple[PersistentVolume, ...] = ()
    generic_check: GenericCheck | None = None
    pod: Pod | None = None

    def fewest_ready(self, instances: int) -> int:
        """How many an upgrade keeps ready; where none may be added, one has to end before the next begins."""
        fewest = self.upgrade.fewest_ready(instances)
        return min(fewest, max(instances - 1, 0)) if self.volumes_persistent else fewest

    def same_tasks_as(self, other: "App") -> bool:
        """Whether an instance of `other` is an instance of this: a change of scale or of policy restarts nothing."""
        adjusted = replace(
            self,
            instances=other.instances,
            upgrade=other.upgrade,
            delays=other.delays,
            unreachable=other.unreachable,
            kill_grace_ms=other.kill_grace_ms,
            kill_selection=other.kill_selection,
            dependencies=other.dependencies,
            residency=other.residency,
        )
        return adjusted == other
