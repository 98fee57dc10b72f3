"""How few instances of an app are to stay ready, and how many may be there, by what is durable of it."""

from dataclasses import dataclass

from barter.frameworks.service.app import Upgrade
from barter.frameworks.service.state import StoredApp


@dataclass(frozen=True, slots=True)
class Bounds:
    """`fewest` stay ready, `most` may be there; `fresh` are wanted of the last definition, `earlier` of one before."""

    fewest: int
    most: int
    fresh: int
    earlier: int


def bounds(stored: StoredApp) -> Bounds:
    """Where two definitions stand side by side the stricter of both policies does not hold. Canaries come beside what
    is there. Where the earlier one is not to be had any more, the last one takes its places.
    """
    app, standing = stored.app, stored.standing
    if standing is None:
        count = app.instances
        return Bounds(app.upgrade.fewest_ready(count), app.upgrade.most(count), count, 0)
    if stored.fallback is None:
        count = standing.fresh + standing.outdated
        return Bounds(app.upgrade.fewest_ready(standing.count), app.upgrade.most(standing.count), count, 0)
    policies, count = _policies(stored), standing.count
    most = max(policy.most(count) for policy in policies)
    most = max(most, standing.fresh + standing.outdated) if standing.trial is not None else most
    return Bounds(min(policy.fewest_ready(count) for policy in policies), most, standing.fresh, standing.outdated)


def _policies(stored: StoredApp) -> list[Upgrade]:
    earlier = stored.fallback
    return [stored.app.upgrade, earlier[1].upgrade] if earlier else [stored.app.upgrade]
