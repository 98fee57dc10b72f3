"""Why an app is not going on to its new definition."""

from barter.frameworks.service.book import Book
from barter.frameworks.service.state import StoredApp


def standing_why(book: Book, stored: StoredApp) -> str:
    """Empty where nothing holds it back."""
    standing, deployment = stored.standing, book.deployment_of(stored.app_id)
    if standing is None:
        return ""
    if deployment is None:
        there = f"{standing.fresh} of {standing.fresh + standing.outdated} instances have the new definition"
        return f"its deployment was given up when {there}: change it again, or restart it"
    name = f"deployment {deployment.deployment_id}"
    if deployment.paused:
        return f"{name} is paused"
    if standing.trial is None or stored.app_id not in book.pending[deployment.deployment_id]:
        return f"held for a later step of {name}, which is at {deployment.current + 1} of {len(deployment.steps)}"
    weights = stored.app.upgrade.canary_weights
    share = f" with {weights[standing.trial]} % of the traffic" if standing.trial < len(weights) else ""
    return f"canaries: {standing.fresh} beside {standing.outdated}{share}"
