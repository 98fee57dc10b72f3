"""Canaries: a few new instances beside all of the earlier ones, until they have proved good.

Where the app has canaryWeights they get these shares of the edge's traffic, one after another. As many canaries as
instances, with weights, are a blue/green deployment.
"""

from dataclasses import replace

from barter.frameworks.service.actions import Action
from barter.frameworks.service.book import Book
from barter.frameworks.service.deployment.keeping import keep
from barter.frameworks.service.rollout import Plan
from barter.frameworks.service.state import AppState, Deployment

GOOD = "the canaries are good, and wait to be promoted"


def try_out(book: Book, state: AppState, plan: Plan, now: int) -> list[Action]:
    """The next share, or all the rest, once all canaries have been ready for long enough."""
    stored, upgrade = state.stored, state.app.upgrade
    standing, deployment = stored.standing, book.deployment_of(stored.app_id)
    if standing is None or standing.trial is None or deployment is None or deployment.paused:
        return []
    proved = state.tried_since > 0 and now >= state.tried_since + upgrade.min_healthy_ms
    if plan.fresh < standing.fresh:
        if proved and state.progress is not None:
            state.progress.at_ms = now
        state.tried_since = 0
        return []
    if not state.tried_since:
        state.tried_since = now
        book.alarm(now + upgrade.min_healthy_ms, stored.app_id)
    if now < state.tried_since + upgrade.min_healthy_ms:
        return []
    if standing.trial + 1 < len(upgrade.canary_weights):
        further = replace(standing, trial=standing.trial + 1)
        return keep(book, replace(stored, standing=further))
    if not upgrade.auto_promote:
        state.waiting = GOOD
        return []
    return keep(book, replace(stored, standing=None))


def promote(book: Book, deployment: Deployment) -> list[Action]:
    """All of its canaries; nothing where it has none."""
    tried = [state.stored for app_id in deployment.app_ids if (state := book.apps.get(app_id)) is not None]
    promoted = [stored for stored in tried if stored.standing is not None and stored.standing.trial is not None]
    return [action for stored in promoted for action in keep(book, replace(stored, standing=None))]
