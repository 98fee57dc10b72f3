"""Why nothing that is offered is used for what waits, in Marathon's words, out of what the master's filters compared.

With demands a master offers only what fits. So what counts as a processed offer is an agent that the master has looked
at for the app, and the offer that Marathon would have had and declined is what is free there.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from barter.core.resources import Resources
from barter.core.units import MIB, MILLI
from barter.frameworks.service.schema import Json
from barter.frameworks.service.timestamps import iso

FUNNEL = (
    "UnfulfilledRole",
    "UnfulfilledConstraint",
    "NoCorrespondingReservationFound",
    "AgentMaintenance",
    "InsufficientCpus",
    "InsufficientMemory",
    "InsufficientDisk",
    "InsufficientGpus",
    "InsufficientPorts",
    "DeclinedScarceResources",
)
"""Of several reasons the first one is counted."""
_REASONS = {
    "active": "AgentMaintenance",
    "public": "UnfulfilledRole",
    "volume": "NoCorrespondingReservationFound",
    "cpus": "InsufficientCpus",
    "mem": "InsufficientMemory",
    "disk": "InsufficientDisk",
    "gpus": "InsufficientGpus",
    "ports": "InsufficientPorts",
    "free ports": "InsufficientPorts",
}
_OTHERS = ("runtime", "containers", "refused")


@dataclass(frozen=True, slots=True)
class Refusal:
    """The `filters` that say no to `agents` of the agents."""

    filters: tuple[str, ...]
    agents: int


@dataclass(frozen=True, slots=True)
class UnusedOffer:
    """An agent with what is `free` there; `verdicts` are a filter that says no and what it compared."""

    agent_id: str
    hostname: str
    free: Resources
    attributes: tuple[tuple[str, str], ...]
    verdicts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Of what waits: all agents the master looked at by what refuses them, and where asked for each that is refused.

    `summary` is the master's sentence.
    """

    agents: int
    refusals: tuple[Refusal, ...]
    summary: str
    unused: tuple[UnusedOffer, ...] = ()


def reason_of(name: str) -> str:
    """Marathon's name of a filter of the master; those of no name it knows are constraints."""
    return _REASONS.get(name) or (FUNNEL[-1] if name in _OTHERS else "UnfulfilledConstraint")


def summary_view(standing: Standing, now: int, used_ms: int) -> Json:
    """`processedOffersSummary`; `used_ms` is when an offer was used last, 0 for never."""
    unused = sum(each.agents for each in standing.refusals)
    steps = _steps(standing.agents, standing.refusals)
    view: Json = {
        "processedOffersCount": standing.agents,
        "unusedOffersCount": unused,
        "rejectSummaryLastOffers": steps,
        "rejectSummaryLaunchAttempt": steps,
    }
    if unused:
        view["lastUnusedOfferAt"] = iso(now)
    if used_ms:
        view["lastUsedOfferAt"] = iso(used_ms)
    return view


def unused_view(offer: UnusedOffer, now: int) -> Json:
    """One of `lastUnusedOffers`; `details` are the master's own words, which Marathon does not have."""
    reasons = dict.fromkeys(reason_of(name) for name, _ in offer.verdicts)
    return {
        "offer": {
            "id": f"free-on-{offer.agent_id}",
            "hostname": offer.hostname,
            "agentId": offer.agent_id,
            "resources": list(_resources(offer.free)),
            "attributes": [{"name": name, "text": text} for name, text in offer.attributes],
        },
        "timestamp": iso(now),
        "reason": sorted(reasons, key=FUNNEL.index),
        "details": [f"{name}: {compared}" for name, compared in offer.verdicts],
    }


def _steps(agents: int, refusals: Sequence[Refusal]) -> list[Json]:
    """Each reason with how many were left to it and how many of those it declined."""
    declined: Counter[str] = Counter()
    for each in refusals:
        declined[min((reason_of(name) for name in each.filters), key=FUNNEL.index)] += each.agents
    steps: list[Json] = []
    for reason in FUNNEL:
        steps.append({"reason": reason, "declined": declined[reason], "processed": agents})
        agents -= declined[reason]
    return steps


def _resources(free: Resources) -> Iterable[Json]:
    for name, amount in free.scalars.items():
        scalar = amount / MIB if name in ("mem", "disk") else amount / MILLI
        yield {"name": name, "role": "*", "scalar": scalar}
    for name, ranges in free.ranges.items():
        yield {"name": name, "role": "*", "ranges": [{"begin": low, "end": high} for low, high in ranges]}
    for name, members in free.sets.items():
        yield {"name": name, "role": "*", "set": sorted(members)}
