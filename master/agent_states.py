"""Agents counted by how they stand, for who asks why nothing is placed."""

from dataclasses import dataclass

from barter.core.ids import FrameworkId, VolumeId
from barter.core.maintenance import Mode
from barter.core.units import format_duration
from barter.master.allocator.explanation import EXAMPLES, Verdict
from barter.master.cluster import Cluster
from barter.master.pool import Tally
from barter.master.state import Agent


@dataclass(frozen=True, slots=True)
class AgentState:
    """`until_ms` is when the last of them is to be free of tasks or to leave; 0 where that is not known."""

    state: str
    agents: int
    until_ms: int
    examples: tuple[str, ...]


def states(cluster: Cluster) -> tuple[AgentState, ...]:
    """The most first."""
    found: dict[str, list[Agent]] = {}
    for agent in cluster.agents.values():
        found.setdefault(state_of(agent), []).append(agent)
    counted = (
        AgentState(
            state,
            len(agents),
            max(map(_until, agents)),
            tuple(sorted(each.info.hostname for each in agents)[:EXAMPLES]),
        )
        for state, agents in found.items()
    )
    return tuple(sorted(counted, key=lambda each: (-each.agents, each.state)))


def state_of(agent: Agent) -> str:
    if agent.unreachable:
        return "unreachable"
    if agent.leaving:
        return "leaving"
    if not agent.connected:
        return "disconnected"
    if agent.mode is Mode.ACTIVE and agent.maintenance is not None:
        return "announced"
    return agent.mode.value


def _until(agent: Agent) -> int:
    known = agent.maintenance
    if known is None:
        return 0
    return known.start_ms if known.mode is Mode.ACTIVE else known.deadline_ms


def offers_verdict(cluster: Cluster, framework_id: FrameworkId, now: int) -> Verdict | None:
    """What others' offers hold: it is not free, and in nobody's way for longer than until they expire."""
    others = [opened for opened in cluster.offers.values() if opened.offer.framework_id != framework_id]
    if not others:
        return None
    held = Tally()
    for opened in others:
        held.add(opened.offer.resources)
    names = sorted({cluster.frameworks[opened.offer.framework_id].info.name for opened in others})
    who = ", ".join(names[:EXAMPLES]) + (", ..." if len(names) > EXAMPLES else "")
    left = format_duration(max(max(opened.expires_ms for opened in others) - now, 0))
    many = "1 unanswered offer holds" if len(others) == 1 else f"{len(others)} unanswered offers hold"
    return Verdict("offers", True, f"{many} {held.value} ({who}), the last of them for another {left}")


def volume_verdict(cluster: Cluster, volume_id: VolumeId) -> Verdict:
    """Where the volume is, and whether it can be used there now."""
    agent = next((each for each in cluster.agents.values() if volume_id in each.volumes), None)
    if agent is None:
        return Verdict("volume", False, f"its volume {volume_id} is on no agent: create it, or it was destroyed")
    state, host = state_of(agent), agent.info.hostname
    user = next(
        (task for task in agent.tasks.values() if any(m.volume_id == volume_id for m in task.info.volumes)), None
    )
    if state not in ("active", "announced"):
        return Verdict("volume", False, f"its volume {volume_id} is on agent {host}, which is {state}")
    if user is not None:
        return Verdict("volume", False, f"its volume {volume_id} on agent {host} is used by task {user.info.task_id}")
    return Verdict("volume", True, f"its volume {volume_id} is on agent {host}")
