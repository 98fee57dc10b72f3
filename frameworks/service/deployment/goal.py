"""What of an app is to run now: its definition in full, or two definitions side by side."""

from dataclasses import dataclass

from barter.frameworks.service.app import App
from barter.frameworks.service.state import StoredApp


@dataclass(frozen=True, slots=True)
class Goal:
    """`fresh` instances of the definition of now, and `outdated` ones of that before.

    `fewest` ready ones stay through our kills, `most` run through our launches. `app` has the policies in force.
    """

    stored: StoredApp
    app: App
    fresh: int
    outdated: int
    fewest: int
    most: int

    @property
    def deleting(self) -> bool:
        return self.stored.deleting

    @property
    def wanted(self) -> int:
        return self.fresh + self.outdated


def goal_of(stored: StoredApp) -> Goal:
    """Canaries come beside what the app has: so many more may run until they are promoted."""
    app, standing = stored.app, stored.standing
    if stored.deleting:
        return Goal(stored, app, 0, 0, 0, 0)
    if standing is None:
        count = app.instances
        return Goal(stored, app, count, 0, app.fewest_ready(count), app.upgrade.most(count))
    earlier = stored.fallback
    in_force = earlier[1] if earlier and not standing.fresh else app
    fewest, most = in_force.fewest_ready(standing.count), in_force.upgrade.most(standing.count)
    if standing.trial is not None:
        most = max(most, standing.outdated + standing.fresh)
    return Goal(stored, in_force, standing.fresh, standing.outdated, fewest, most)
