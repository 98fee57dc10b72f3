"""A pod as an operator defines it: containers that are started, placed and ended together, as one task group.

Amounts are milli-cpus, bytes and milliseconds. What a pod shares with an app (its id, scale, constraints, labels,
environment) is in the App that has it; `App.ports` are the endpoints of all containers, in their order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from barter.core.tasks import Artifact, CheckKind, Limits


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A port of a container. `container_port` is None in the host's network, 0 for the same number as the host's."""

    name: str
    container_port: int | None = None
    host_port: int = 0
    protocols: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PodCheck:
    """A health check: of the `endpoint` of its container, or a command, by `shell` or `argv`."""

    kind: CheckKind
    endpoint: str = ""
    path: str = "/"
    shell: str = ""
    argv: tuple[str, ...] = ()
    grace_ms: int = 300_000
    interval_ms: int = 60_000
    timeout_ms: int = 20_000
    max_failures: int = 3
    delay_ms: int = 0


@dataclass(frozen=True, slots=True)
class Mount:
    """The pod's `volume` in a container; a relative `path` is below its sandbox."""

    volume: str
    path: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class PodVolume:
    """A folder of the machine (`host`), or one that comes and goes with each instance."""

    name: str
    host: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """Resources: of a container, or what is set aside for who runs them."""

    cpus: int
    mem: int
    disk: int = 0


@dataclass(frozen=True, slots=True)
class PodContainer:
    """Either `shell` or `argv` is run, or with neither the image's own entry point.

    With `override_entrypoint` argv[0] is the program instead of the image's entry point, and not its first argument.
    `kill_grace_ms` is None where the default holds. `secret_env` are names of the pod's secrets by variable.
    """

    name: str
    share: Share
    shell: str = ""
    argv: tuple[str, ...] = ()
    override_entrypoint: bool | None = None
    endpoints: tuple[Endpoint, ...] = ()
    image: str = ""
    force_pull: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    check: PodCheck | None = None
    mounts: tuple[Mount, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    kill_grace_ms: int | None = None
    limits: Limits | None = None
    secret_env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pod:
    """`executor` is charged beside the containers, where it is given."""

    containers: tuple[PodContainer, ...]
    volumes: tuple[PodVolume, ...] = ()
    executor: Share | None = None

    def container(self, name: str) -> PodContainer | None:
        return next((one for one in self.containers if one.name == name), None)
