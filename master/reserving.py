"""RESERVE and UNRESERVE: resources of an agent kept for a role, until they are not."""

from collections.abc import Callable
from dataclasses import dataclass

from barter.core.operations import Reserve, Unreserve
from barter.core.reservations import STATIC, Reservation
from barter.core.resources import Resources, format_scalar
from barter.core.roles import DEFAULT_ROLE, check_role, is_within, lineage
from barter.master import offers, placement
from barter.master.allocator.model import AgentSlot
from barter.master.cluster import Cluster
from barter.master.facts import ReservationEnded, ReservationMade
from barter.master.hand import Hand
from barter.master.holdings import total_of
from barter.master.quota_offers import keep_quotas
from barter.master.roles import Held
from barter.master.state import Agent, OpenOffer

MOST_OF_AN_AGENT = 100


@dataclass(frozen=True, slots=True)
class Actor:
    """Who operates: a framework uses what its offers held, under their role; an operator what is free, as he likes."""

    principal: str
    role: str = ""
    hand: Hand | None = None

    def may_not_use(self, reservation: Reservation) -> str:
        """Why its role has no part in a reservation."""
        if self.hand is None or is_within(self.role, reservation.role):
            return ""
        name = reservation.reservation_id
        return f"reservation {name} is for role {reservation.role}, and the offers are for {self.role}"

    def may_not_end(self, what: str, principal: str) -> str:
        if self.hand is None or self.principal == principal:
            return ""
        return f"{what} is of principal {principal or '(none)'}: only that one or an operator may end it"


def reserve(cluster: Cluster, agent: Agent, operation: Reserve, actor: Actor, now: int) -> str:
    role, name, resources = operation.role or actor.role, operation.reservation_id, operation.resources
    if why := _wrong_role(role, actor):
        return why
    agent_id, labels = agent.info.agent_id, dict(operation.labels)
    reservation = Reservation(name, agent_id, role, resources, actor.principal, labels, exclusive=operation.exclusive)
    known = agent.reservations.get(name)
    if known is not None:
        return "" if known == reservation else f"{agent.info.hostname} has another of that id: {_said(known)}"
    if name.startswith(STATIC):
        return f"ids that begin with {STATIC} are of what agents reserve at their start: choose another"
    if len(agent.reservations) >= MOST_OF_AN_AGENT:
        return f"{agent.info.hostname} has {MOST_OF_AN_AGENT} reservations already: end some first"
    free = _plain_if_returned(agent) if actor.hand is None else actor.hand.plain
    if resources not in free:
        held = "is free of the agent" if actor.hand is None else "the offers hold"
        return f"more than {held}, {free} without what is reserved: {'; '.join(free.shortfalls(resources))}"
    if why := over_limit(cluster, role, resources, counting_offers=actor.hand is not None):
        return why
    if actor.hand is None:
        take_back(cluster, agent, resources, lambda slot: slot.free, f"{name} is reserved by an operator", now)
    else:
        actor.hand.reserve(name, resources, usable=is_within(actor.role, role))
    agent.reservations[name] = reservation
    reason = f"{resources} of {agent.info.hostname} for role {role}, by {actor.principal or 'an operator'}"
    cluster.persist(ReservationMade(reservation), reason)
    cluster.history.record(now, "reserved", name, reason)
    cluster.touch(agent)
    if actor.hand is None and cluster.roles:
        keep_quotas(cluster, now)
    return ""


def unreserve(cluster: Cluster, agent: Agent, operation: Unreserve, actor: Actor, now: int) -> str:
    name = operation.reservation_id
    reservation = agent.reservations.get(name)
    if reservation is None:
        return f"{agent.info.hostname} has no reservation {name}: see `barter reservations`"
    if reservation.static:
        return f"{name} was reserved at the agent's start: change its --reserve and start it again"
    why = actor.may_not_use(reservation) or actor.may_not_end(f"reservation {name}", reservation.principal)
    if why := why or _still_needed(agent, reservation):
        return why
    taken_back = [each for each in agent.offers.values() if name in each.offer.reserved]
    offers.rescind(cluster, taken_back, "offer_rescinded", f"reservation {name} is ended", now)
    del agent.reservations[name]
    reason = f"{reservation.resources} of {agent.info.hostname} is for all again"
    cluster.persist(ReservationEnded(agent.info.agent_id, name), reason)
    cluster.history.record(now, "unreserved", name, reason)
    cluster.touch(agent)
    if actor.hand is not None:
        plain = total_of([actor.hand.plain, actor.hand.reserved(name)])
        actor.hand.unreserve(name, usable=not over_limit(cluster, actor.role, plain, counting_offers=True))
    return ""


def over_limit(cluster: Cluster, role: str, more: Resources, *, counting_offers: bool) -> str:
    """Why the role, or one above it, may not have so much more; with the arithmetic. Offers may be taken back."""
    limited = [cluster.roles[each] for each in lineage(role) if each in cluster.roles and cluster.roles[each].limit]
    if not limited:
        return ""
    if away := len(cluster.expected_agents):
        agents = "1 agent is" if away == 1 else f"{away} agents are"
        return f"role {limited[0].role} is limited, and {agents} not back since the master's start, with tasks perhaps"
    placement.tell(cluster)
    consumption = cluster.allocator.consumption if counting_offers else Held(cluster).of
    for config in limited:
        consumed = consumption(config.role)
        for name, amount in more.scalars.items():
            has, limit = consumed.get(name, 0), config.limit.get(name)
            if limit is not None and has + amount > limit:
                most, taken, wanted = (format_scalar(name, each) for each in (limit, has, amount))
                return f"role {config.role} is limited to {name} {most}: {taken} taken and {wanted} more are over it"
    return ""


def take_back(
    cluster: Cluster, agent: Agent, need: Resources, free: Callable[[AgentSlot], Resources], reason: str, now: int
) -> None:
    """Rescind offers of the agent, the newest first, until so much is free of what `free` looks at."""
    for opened in reversed(tuple(agent.offers.values())):
        if need in free(placement.slot(agent)):
            return
        if free(placement.slot(agent, (opened,))) != free(placement.slot(agent)):
            offers.rescind(cluster, (opened,), "offer_rescinded", reason, now)


def _plain_if_returned(agent: Agent) -> Resources:
    every: tuple[OpenOffer, ...] = tuple(agent.offers.values())
    return placement.slot(agent, every).free


def _wrong_role(role: str, actor: Actor) -> str:
    if not role:
        return "for which role is it reserved? name one"
    try:
        check_role(role)
    except ValueError as error:
        return str(error)
    if role == DEFAULT_ROLE:
        return f"role {DEFAULT_ROLE} is everybody's, so nothing is reserved for it: name another"
    if actor.hand is not None and not is_within(role, actor.role):
        return f"the offers are for role {actor.role}: reserve for that or one below it, not for {role}"
    return ""


def _still_needed(agent: Agent, reservation: Reservation) -> str:
    name = reservation.reservation_id
    if volumes := [each for each, volume in agent.volumes.items() if volume.reservation_id == name]:
        return f"it has volumes: {', '.join(volumes)}; destroy them first, with their data"
    if users := [task.info.task_id for task in agent.tasks.values() if name in task.info.reserved]:
        more = f" and {len(users) - 3} more" if len(users) > 3 else ""
        return f"tasks use it: {', '.join(users[:3])}{more}; end them first"
    return ""


def _said(reservation: Reservation) -> str:
    labels = ",".join(f"{key}={value}" for key, value in sorted(reservation.labels.items()))
    whose = f" by {reservation.principal}" if reservation.principal else ""
    return f"{reservation.resources} for role {reservation.role}{whose}{f' ({labels})' if labels else ''}"
