"""What the event stream is told of a status: the status itself, and what became another by it."""

from barter.core.task_state import TaskState
from barter.frameworks.service import published as told
from barter.frameworks.service.app import App
from barter.frameworks.service.book import Book
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.paths import app_id_of
from barter.frameworks.service.pod_render import pod_check_json
from barter.frameworks.service.render import checks_json
from barter.frameworks.service.schema import Json
from barter.frameworks.service.state import AppState
from barter.sdk import Reason, TaskStatus


def announce(
    book: Book, state: AppState, instance: Instance, before: tuple[TaskState, bool | None], status: TaskStatus
) -> None:
    """`before` is the instance's state and health until this status."""
    was, healthy = before
    book.publish(told.status_update(instance, status))
    if instance.state is not was:
        book.publish(told.instance_changed(instance))
        if instance.state is TaskState.KILLING and status.reason is Reason.KILLED_BY_HEALTH_CHECK:
            for each in told.unhealthy_kill(instance, status.message):
                book.publish(each)
    if instance.healthy is not healthy:
        book.publish(told.instance_health_changed(instance))
        book.publish(told.health_status_changed(instance))
        if instance.healthy is False and (check := _check(state.app, instance, status)):
            book.publish(told.failed_health_check(instance, check))


def _check(app: App, instance: Instance, status: TaskStatus) -> Json | None:
    """That of the app, or of the container whose status it is."""
    member = instance.members.get(status.task_id)
    if app.pod is None or member is None:
        return next(iter(checks_json(app)), None)
    container = app.pod.container(member.member.name)
    return pod_check_json(container.check) if container and container.check else None


def announce_unknown(book: Book, status: TaskStatus) -> None:
    if status.terminal:
        book.publish(told.unknown_instance_terminated(status.task_id, status.state, app_id_of(status.task_id)))
