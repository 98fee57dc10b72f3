"""The arithmetic of a refusal, in sentences that end with what would help."""

from collections import Counter

from barter.core import ranges as rng
from barter.core.constraints import Constraint, Operator, field_value
from barter.core.resources import format_scalar
from barter.frameworks.service.preflight.facts import ClusterFacts
from barter.frameworks.service.preflight.room import Room
from barter.frameworks.service.preflight.stages import Matching, matching, shortened
from barter.sdk import Demand


def nobody(found: Matching) -> tuple[str, str]:
    """Why no agent could ever take even one instance: the path to blame, and the sentence."""
    stage = found.stopped
    assert stage is not None
    among = f"none of the {agents(len(found.before))}" if len(found.before) != 1 else "the only agent"
    such = f" {' and '.join(found.wishes)}" if found.wishes else ""
    verb = "is one" if len(found.before) != 1 else "is none"
    return stage.path, f"one instance needs an agent {stage.wish}, {among}{such} {verb}: {stage.has(found.before)}"


def too_few(demand: Demand, wanted: int, cluster: ClusterFacts, room: Room, stay: int) -> tuple[str, str]:
    """Why so many instances could never be placed; `stay` of them are where they are already."""
    can, by, each = room.most + stay, room.by, one(demand)
    if isinstance(by, Constraint):
        return f"/constraints/{demand.constraints.index(by)}", _constrained(by, demand, wanted, can, cluster, room)
    if by:
        role, _, kind = by.rpartition(" ")
        amount, limited = demand.resources.scalars[kind], format_scalar(kind, cluster.limits[role][kind])
        needed, of_one = format_scalar(kind, amount * wanted), format_scalar(kind, amount)
        said = f"{wanted} instances of {of_one} {kind} need {needed}, the limit of role {role} is {limited}"
        return "/instances", f"{said}: raise it with `barter quota set`, or {_fewer(can)}"
    needs = f"needs room for {wanted} instances of {each}"
    held = f"{_who(demand, cluster)} hold {can} at most{_by_agent(room)}"
    return "/instances", f"{needs}, {held}: add agents for {wanted - can} more, or {_fewer(can)}"


def no_spare(demand: Demand, run: int, fewest: int, more: int, room: Room, lower: str) -> str:
    """Why a rolling update could never replace its first instance."""
    keeps = f"an update keeps {fewest} ready, so {more} of the new ones must run beside the {run} that are there"
    helps = f"add {agents(more - room.most)}, or set minimumHealthCapacity to {lower} or less"
    return f"{keeps}, and {_left(demand, room)}: {helps}"


def no_canary(demand: Demand, run: int, canaries: int, room: Room) -> str:
    """Why the canaries of an update could never run."""
    needs = f"the canaries, {canaries}, must run beside the {run} that are there"
    return f"{needs}, and {_left(demand, room)}: add {agents(canaries - room.most)}, or set canary to {room.most}"


def _left(demand: Demand, room: Room) -> str:
    why = f"one instance is {one(demand)}"
    if isinstance(room.by, Constraint):
        why = str(room.by)
    elif demand.resources.ports:
        why = f"host port {rng.render(demand.resources.ports)} is taken where one runs"
    return f"there is room for {room.most} ({why})"


def _constrained(by: Constraint, demand: Demand, wanted: int, can: int, cluster: ClusterFacts, room: Room) -> str:
    more, who = wanted - can, f"{_who(demand, cluster)} allow {can}"
    match by.operator:
        case Operator.UNIQUE:
            needs, helps = f"needs {wanted} agents with different {by.field}", f"add {agents(more)}"
        case Operator.MAX_PER:
            values = -(-wanted // int(by.value))
            needs = f"needs {values} different {by.field} for {wanted} instances, {by.value} on each"
            helps = f"add agents with another {by.field}"
        case Operator.CLUSTER:
            needs, helps = f"needs all {wanted} instances on one {by.field}", f"add agents for {more} more there"
        case _:
            needs = f"needs {wanted} instances level over {by.field}, 1 apart at most"
            helps = f"add agents for {more} more where there are fewest"
    return f"{needs}, {who}{_by_value(by, room)}: {helps}, or {_fewer(can)}"


def _who(demand: Demand, cluster: ClusterFacts) -> str:
    """`3 of 4 agents (private, cpus >= 2)`."""
    found = matching(demand, cluster)
    if not found.wishes:
        return f"the {agents(found.among)}"
    wishes = (each.removeprefix("that ").removeprefix("is ").removeprefix("with ") for each in found.wishes)
    return f"{len(found.agents)} of {agents(found.among)} ({', '.join(wishes)})"


def _by_agent(room: Room) -> str:
    told = [f"{count} on {room.agents[each].info.hostname}" for each, count in sorted(room.slots.items())]
    return f" ({shortened(told)})" if told else ""


def _by_value(by: Constraint, room: Room) -> str:
    values: Counter[str] = Counter()
    for agent_id, count in room.slots.items():
        values[field_value(room.agents[agent_id].attributes, by.field) or ""] += count
    if by.operator in (Operator.UNIQUE, Operator.MAX_PER):
        return f" ({by.field} is {shortened(sorted(values))})" if values else ""
    return f" (room: {shortened([f'{count} on {value}' for value, count in sorted(values.items())])})" if values else ""


def agents(count: int) -> str:
    return "1 agent" if count == 1 else f"{count} agents"


def one(demand: Demand) -> str:
    """What one instance takes."""
    parts = [f"{name} {format_scalar(name, amount)}" for name, amount in demand.resources.scalars.items()]
    if demand.resources.ports:
        parts.append(f"host port {rng.render(demand.resources.ports)}")
    if demand.port_count:
        parts.append(f"{demand.port_count} more {'port' if demand.port_count == 1 else 'ports'}")
    return ", ".join(parts) or "nothing"


def _fewer(can: int) -> str:
    return f"instances <= {can}"
