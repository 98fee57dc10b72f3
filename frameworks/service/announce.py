"""What the event stream is told of a status: the status itself, and what became another by it."""

from barter.core.task_state import TaskState
from barter.frameworks.service import published as told
from barter.frameworks.service.book import Book
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.paths import app_id_of
from barter.frameworks.service.render import checks_json
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
        if instance.healthy is False and (checks := checks_json(state.app)):
            book.publish(told.failed_health_check(instance, checks[0]))


def announce_unknown(book: Book, status: TaskStatus) -> None:
    if status.terminal:
        book.publish(told.unknown_instance_terminated(status.task_id, status.state, app_id_of(status.task_id)))
