"""What a simulated cluster is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from barter.agent.slack import LENDER_MEASURES_MS
from barter.core.resources import Resources, resources
from barter.core.units import GIB


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """One machine: its name is its host's and its agent's."""

    name: str
    resources: Resources
    attributes: Mapping[str, str] = field(default_factory=dict)
    public: bool = False
    docker: bool = True
    oversubscribe: bool = False


@dataclass(frozen=True, slots=True)
class Timing:
    """In milliseconds: a master's options, how often agents that lend measure, and a session with ZooKeeper."""

    agent_timeout_ms: int = 30_000
    offer_timeout_ms: int = 30_000
    heartbeat_ms: int = 5_000
    measure_ms: int = LENDER_MEASURES_MS
    removal_ms: int = 900_000
    loss_window_ms: int = 600_000
    session_ms: int = 10_000


def usual_agents(count: int) -> tuple[AgentSpec, ...]:
    """Machines of 8 cpus, 16 GiB, 64 GiB of disk and a hundred ports in zones a, b and c; every fifth is public,
    every tenth lends."""
    has = resources(cpus=8_000, mem=16 * GIB, disk=64 * GIB, ports=((31_000, 31_099),))
    return tuple(
        AgentSpec(
            f"agent-{number}", has, {"zone": "abc"[number % 3]}, public=number % 5 == 4, oversubscribe=number % 10 == 3
        )
        for number in range(count)
    )
