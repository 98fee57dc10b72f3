"""The one way in which what is durable of an app changes."""

from barter.frameworks.service.actions import Action, SaveApp
from barter.frameworks.service.book import Book
from barter.frameworks.service.deployment.mix import fresh_share
from barter.frameworks.service.routes import service
from barter.frameworks.service.state import AppState, StoredApp


def keep(book: Book, stored: StoredApp) -> list[Action]:
    """Save it if it is another, and look at the app. A demand that is open may have another shape now."""
    app_id = stored.app_id
    state = book.apps.get(app_id)
    book.mark(app_id)
    if state is None:
        book.untold.services = True
        book.add(AppState(stored))
        return [SaveApp(stored)]
    before, state.stored = state.stored, stored
    book.unclaim(before.app)
    book.claim(stored.app)
    if before == stored:
        return []
    if service(before.app) != service(stored.app) or fresh_share(before) != fresh_share(stored):
        book.untold.services = True
    if before.config_version != stored.config_version:
        state.backoff.reset()
    state.progress, state.tried_since = None, 0
    book.untold.demands = book.untold.demands or app_id in book.wanting
    for instance in state.instances.values():
        book.watch_lost(state, instance)
    return [SaveApp(stored)]
