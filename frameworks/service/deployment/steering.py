"""What operators do with a deployment that is under way: go back, give it up, pause, resume, promote."""

from dataclasses import replace

from barter.frameworks.service.actions import Action, Answer, SaveDeployment
from barter.frameworks.service.book import Book
from barter.frameworks.service.deployment import mix, running
from barter.frameworks.service.deployment.canary import promote
from barter.frameworks.service.deployment.failing import give_up
from barter.frameworks.service.deployment.keeping import keep
from barter.frameworks.service.deployment.rollback import NoWayBack, roll_back
from barter.frameworks.service.events import Pause, Promote, Resume, Rollback
from barter.frameworks.service.state import Deployment

Steering = Rollback | Pause | Resume | Promote


def steer(book: Book, event: Steering, now: int) -> list[Action]:
    deployment = book.deployments.get(event.deployment_id)
    if deployment is None:
        message = f"DeploymentPlan {event.deployment_id} does not exist"
        return [Answer(event.request, status=404, message=message)]
    match event:
        case Rollback():
            return _roll_back(book, event, deployment, now)
        case Pause():
            actions = _pause(book, deployment, now)
        case Resume():
            actions = _resume(book, deployment)
        case Promote():
            actions = [] if deployment.paused else promote(book, deployment)
            if not actions:
                why = "it is paused: resume it first" if deployment.paused else "it has no canaries now"
                return [Answer(event.request, status=409, message=f"Nothing to promote: {why}")]
    return [*actions, Answer(event.request, deployment.version, deployment.deployment_id)]


def _roll_back(book: Book, event: Rollback, deployment: Deployment, now: int) -> list[Action]:
    if event.force:
        given_up = give_up(book, deployment, "given up by an operator", now)
        return [*given_up, Answer(event.request, deployment.version, deployment.deployment_id)]
    try:
        actions = roll_back(book, deployment, event.new_id, "rolled back by an operator", now)
    except NoWayBack as why:
        message = f"It cannot go back, as {why}. With force it is given up as it is."
        return [Answer(event.request, status=409, message=message)]
    return [*actions, Answer(event.request, book.version, event.new_id)]


def _pause(book: Book, deployment: Deployment, now: int) -> list[Action]:
    """Apps whose step has come stay as they are now; the others were held anyway."""
    if deployment.paused:
        return []
    changed = replace(deployment, paused=True)
    book.deployments[deployment.deployment_id] = changed
    actions: list[Action] = [SaveDeployment(changed)]
    for app_id in book.pending[deployment.deployment_id]:
        actions += keep(book, mix.paused(book.apps[app_id], now))
    return actions


def _resume(book: Book, deployment: Deployment) -> list[Action]:
    if not deployment.paused:
        return []
    changed = replace(deployment, paused=False)
    book.deployments[deployment.deployment_id] = changed
    actions: list[Action] = [SaveDeployment(changed)]
    for app_id in book.pending[deployment.deployment_id]:
        actions += keep(book, mix.resumed(book.apps[app_id].stored))
    return [*actions, *running.go_on(book, changed)]
