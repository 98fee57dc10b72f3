"""A deployment that is given up, or fails: its apps go on in the mix they have reached."""

from barter.frameworks.service.actions import Action
from barter.frameworks.service.book import Book
from barter.frameworks.service.deployment import mix, running, telling
from barter.frameworks.service.deployment.keeping import keep
from barter.frameworks.service.state import Deployment


def give_up(book: Book, deployment: Deployment, reason: str, now: int) -> list[Action]:
    """Nothing reverts. What was held for a later step stays as it is, where it would be another definition."""
    book.publish(telling.step_failure(deployment, reason))
    book.publish(telling.failed(deployment, reason))
    actions: list[Action] = []
    for app_id, turn in deployment.turns().items():
        state = book.apps.get(app_id)
        if state is not None:
            actions += keep(book, mix.left(state, now, was_held=turn > deployment.current))
    return [*actions, *running.end(book, deployment)]
