"""What operators do with a deployment that is under way: go back, give it up, pause, resume, promote."""

from dataclasses import replace

from barter.frameworks.service.actions import Action, Answer, SaveDeployment
from barter.frameworks.service.book import Book
from barter.frameworks.service.deployment import running
from barter.frameworks.service.deployment.rollback import roll_back
from barter.frameworks.service.events import Pause, Promote, Resume, Rollback
from barter.frameworks.service.state import Deployment


def steer(book: Book, event: Rollback | Pause | Resume | Promote, now: int) -> list[Action]:
    deployment = book.deployments.get(event.deployment_id)
    if deployment is None:
        message = f"DeploymentPlan {event.deployment_id} does not exist"
        return [Answer(event.request, status=404, message=message)]
    match event:
        case Rollback() if event.force:
            answer = Answer(event.request, deployment.version, deployment.deployment_id)
            return [*running.end(book, deployment), answer]
        case Rollback():
            return roll_back(book, deployment, event.request, event.new_id, now)
        case Pause():
            return _paused(book, event, deployment, paused=True)
        case Resume():
            return _paused(book, event, deployment, paused=False)
        case Promote():
            return [Answer(event.request, deployment.version, deployment.deployment_id)]


def _paused(book: Book, event: Pause | Resume, deployment: Deployment, *, paused: bool) -> list[Action]:
    book.deployments[deployment.deployment_id] = changed = replace(deployment, paused=paused)
    return [SaveDeployment(changed), Answer(event.request, deployment.version, deployment.deployment_id)]
