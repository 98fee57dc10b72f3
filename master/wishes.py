"""What a framework says it wants: demands and services, offers or none."""

from collections import Counter
from collections.abc import Iterable

from barter.master import offers, waiting
from barter.master.cluster import Cluster
from barter.master.events import Revive, SetDemands, SetServices, Suppress
from barter.master.messages import Error
from barter.master.state import Framework


def revive(cluster: Cluster, framework: Framework, event: Revive, now: int) -> None:
    """Forget its filters, and its suppression of these roles; of all where none is named."""
    if (unknown := _not_its_own(framework, event.roles)) is not None:
        _refuse(cluster, framework, f"revive: {unknown}", now)
        return
    framework.suppressed -= frozenset(event.roles or framework.suppressed)
    cluster.allocator.clear_refusals(framework.framework_id)
    cluster.touch(framework=framework)
    left = f", but for {', '.join(sorted(framework.suppressed))}" if framework.suppressed else ""
    reason = f"filters and suppression are cleared{left}"
    cluster.history.record(now, "framework_revived", framework.framework_id, reason)


def suppress(cluster: Cluster, framework: Framework, event: Suppress, now: int) -> None:
    """No more offers for these roles; for any where none is named."""
    if (unknown := _not_its_own(framework, event.roles)) is not None:
        _refuse(cluster, framework, f"suppress: {unknown}", now)
        return
    framework.suppressed |= frozenset(event.roles or framework.info.roles)
    cluster.touch(framework=framework)
    which = f" for {', '.join(event.roles)}" if event.roles else ""
    cluster.history.record(now, "framework_suppressed", framework.framework_id, f"it wants no offers{which}")


def _not_its_own(framework: Framework, roles: Iterable[str]) -> str | None:
    unknown = [role for role in roles if role not in framework.info.roles]
    own = ", ".join(framework.info.roles)
    return f"the framework is not subscribed to {', '.join(unknown)}, only to {own}" if unknown else None


def set_demands(cluster: Cluster, framework: Framework, event: SetDemands, now: int) -> None:
    """Replace all demands; offers made for those that are gone are rescinded. One for a role that is not the
    framework's waits until it is, and the framework is told."""
    twice = _repeated(demand.demand_id for demand in event.demands)
    if twice:
        _refuse(cluster, framework, f"demands: {twice} is named twice", now)
        return
    wanted = {demand.demand_id: demand for demand in event.demands if demand.resources or demand.port_count}
    if void := [demand.demand_id for demand in event.demands if demand.demand_id not in wanted]:
        more = f" and {len(void) - 1} more" if len(void) > 1 else ""
        _refuse(cluster, framework, f"demands: {void[0]}{more} asks for nothing: give it cpus and mem", now)
    before, framework.demands = framework.demands, wanted
    waiting.demands_told(cluster, framework, before, now)
    unwanted = [
        opened
        for opened in framework.offers.values()
        if opened.offer.demand_id
        and ((demand := framework.demands.get(opened.offer.demand_id)) is None or demand.count == 0)
    ]
    offers.rescind(cluster, unwanted, "offer_rescinded", "its demand is gone", now)
    for opened in unwanted:
        offers.left_unused(cluster, opened)
    cluster.touch(framework=framework)
    said = ", ".join(f"{demand.count} of {demand.demand_id}" for demand in wanted.values() if demand.count)
    cluster.history.record(now, "demands_set", framework.framework_id, said or "nothing is wanted")
    if (unknown := _not_its_own(framework, dict.fromkeys(demand.role for demand in event.demands))) is not None:
        message = f"demands: {unknown}: what is wanted for others is not offered"
        cluster.to_framework(framework, Error(message), "a demand is for a role that is not its framework's")


def set_services(cluster: Cluster, framework: Framework, event: SetServices, now: int) -> None:
    """Replace all services; one that another connected framework tells is refused, and the others are taken."""
    twice = _repeated(service.service_id for service in event.services)
    if twice:
        _refuse(cluster, framework, f"services: {twice} is named twice", now)
        return
    taken = {}
    for service in event.services:
        owner = cluster.endpoints.owner(service.service_id)
        other = cluster.frameworks.get(owner) if owner and owner != framework.framework_id else None
        if other is not None and other.connected:
            taken[service.service_id] = f"{other.framework_id} ({other.info.name})"
    for service_id, other_name in taken.items():
        _refuse(cluster, framework, f"services: {service_id} belongs to framework {other_name}: choose another id", now)
    own = tuple(service for service in event.services if service.service_id not in taken)
    cluster.endpoints.tell(framework.framework_id, own, framework.services)
    names = dict.fromkeys(service.service_id for service in own)
    cluster.edges.forget(gone.service_id for gone in framework.services if gone.service_id not in names)
    cluster.edges.look_again(names, framework.session)
    framework.services = own
    cluster.framework_settled(framework.framework_id)


def _refuse(cluster: Cluster, framework: Framework, message: str, now: int) -> None:
    cluster.history.record(now, "call_refused", framework.framework_id, message)
    cluster.to_framework(framework, Error(message), "a call was refused")


def _repeated(names: Iterable[str]) -> str:
    return next((name for name, count in Counter(names).items() if count > 1), "")
