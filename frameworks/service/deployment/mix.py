"""Two definitions side by side: how an app is held for its step, let go, paused, and left by what failed."""

from dataclasses import replace

from barter.frameworks.service.state import AppState, Deployment, Standing, StoredApp


def held(before: StoredApp | None, after: StoredApp) -> StoredApp:
    """As it was, until its step comes; `after` is what was asked for."""
    if after.deleting:
        return replace(after, standing=None)
    if before is None or before.deleting:
        return replace(after, standing=Standing(0, 0, 0))
    there = before.standing or Standing(before.app.instances, before.app.instances, 0)
    if after.is_current(before.version):
        return replace(after, standing=Standing(there.count, there.fresh, there.outdated))
    earlier = before.fallback
    if earlier is not None and after.is_current(earlier[0]):
        return replace(after, standing=Standing(there.count, there.outdated, there.fresh))
    return replace(after, standing=Standing(there.count, 0, there.fresh + there.outdated))


def let_go(stored: StoredApp, deployment: Deployment) -> StoredApp:
    """Its step has come: canaries first, where it wants some and there is something to compare them with."""
    standing, canary = stored.standing, stored.app.upgrade.canary
    comparable = standing is not None and standing.outdated > 0 and stored.fallback is not None
    if standing is None or not comparable or not canary or deployment.reverts or not stored.app.instances:
        return replace(stored, standing=None)
    fresh = max(canary, standing.fresh)
    return replace(stored, standing=Standing(standing.count, fresh, standing.outdated, trial=0))


def paused(state: AppState, now: int) -> StoredApp:
    """As it is at this moment: nothing more ends or comes, but what dies is replaced by its like."""
    stored, (fresh, outdated, _) = state.stored, _alive(state, now)
    if stored.deleting:
        return stored
    if stored.standing is not None:
        return replace(stored, standing=replace(stored.standing, fresh=min(stored.standing.fresh, fresh)))
    return replace(stored, standing=Standing(stored.app.instances, fresh, max(outdated, _earlier(stored) - fresh, 0)))


def resumed(stored: StoredApp) -> StoredApp:
    if stored.standing is None or stored.standing.trial is None:
        return replace(stored, standing=None)
    canary = max(stored.app.upgrade.canary, stored.standing.fresh)
    return replace(stored, standing=replace(stored.standing, fresh=canary))


def left(state: AppState, now: int, *, was_held: bool) -> StoredApp:
    """What stays of an app whose deployment is given up: the new ones that serve, and earlier ones for the rest.

    Where there is but one definition there is nothing to hold: it goes on to the count it is to have.
    """
    stored, (_, outdated, ready) = state.stored, _alive(state, now)
    if stored.deleting:
        return stored
    if stored.fallback is None or (not was_held and not outdated):
        return replace(stored, standing=None)
    if was_held:
        return stored
    count = max(_earlier(stored), min(ready, stored.app.instances))
    return replace(stored, standing=Standing(count, min(ready, count), count - min(ready, count)))


def _earlier(stored: StoredApp) -> int:
    """How many there were and still are to be; none where there is no earlier definition."""
    return min(stored.fallback[1].instances, stored.app.instances) if stored.fallback else 0


def _alive(state: AppState, now: int) -> tuple[int, int, int]:
    """Instances of the definition of now, others, and how many of the first are ready; none that is to end."""
    strategy, stored = state.app.unreachable, state.stored
    alive = [one for one in state.instances.values() if not one.kill_reason and not one.out_of_reach(strategy, now)]
    fresh = [one for one in alive if stored.is_current(one.placed.version)]
    return len(fresh), len(alive) - len(fresh), sum(one.ready for one in fresh)


def fresh_share(stored: StoredApp) -> int | None:
    """Per cent of the edge's traffic for instances of the definition of now; None where all are alike."""
    trial, weights = stored.standing.trial if stored.standing else None, stored.app.upgrade.canary_weights
    return weights[min(trial, len(weights) - 1)] if weights and trial is not None else None
