"""One look at one app: what its plan asks for, what is overdue, and whether all is as wanted."""

from dataclasses import replace

from barter.core.task_state import TaskState
from barter.frameworks.service import draining, resident, rollout
from barter.frameworks.service.actions import Action, Kill, Reconcile, Release, SaveApp
from barter.frameworks.service.book import ORPHANS, Book
from barter.frameworks.service.deployment import running
from barter.frameworks.service.deployment.canary import try_out
from barter.frameworks.service.deployment.goal import goal_of
from barter.frameworks.service.deployment.progress import watch
from barter.frameworks.service.deployment.standing import standing_why
from barter.frameworks.service.going import stay_after_all
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.state import AppState

KILL_AGAIN_MS = 5_000
CONFIRM_MS = 30_000


def plan_app(book: Book, state: AppState, now: int) -> list[Action]:
    stored = state.stored
    doubted = stay_after_all(book, state, now)
    draining.look(book, state, now)
    places = resident.give_up_all(book, state) if stored.deleting else resident.give_up_lost(book, state, now)
    plan = rollout.plan(goal_of(stored), state.instances.values(), now)
    actions = [*doubted, *places, *book.roster.doom(plan.kills, now), *_overdue(book, state, now)]
    draining.weigh(book, state, now)
    state.ready, state.waiting = plan.ready, draining.said(state, plan.waiting)
    held_back = plan.launches > 0 and state.backoff.until > now
    if held_back:
        book.alarm(state.backoff.until, stored.app_id)
        state.waiting = f"waits after {state.backoff.failures} failures in a row: {_last(state)}"
    state.waiting = "; ".join(why for why in (state.waiting, standing_why(book, stored)) if why)
    launches = 0 if held_back else plan.launches
    new, vacant = resident.open_places(book, state, launches, now, lacking=plan.launches > 0)
    most = launches - new
    book.want(state, new, now, lacking=plan.launches > 0, earlier=plan.earlier, places=vacant, most=most)
    if tried := try_out(book, state, plan, now):
        return [*actions, *tried]
    return [*actions, *(_settle(book, state, now) if plan.settled else watch(book, state, plan, now))]


def kill_orphans(book: Book, now: int) -> list[Action]:
    """Tasks that no record has are killed until their end is heard of."""
    due = [task_id for task_id, when in book.orphans.items() if when <= now]
    for task_id in due:
        book.orphans[task_id] = now + KILL_AGAIN_MS
        book.alarm(now + KILL_AGAIN_MS, ORPHANS)
    return [Kill(task_id, -1, "no app has this task any more") for task_id in due]


def _overdue(book: Book, state: AppState, now: int) -> list[Action]:
    """Kills that are due, first or again, and questions about launches that nothing was heard of."""
    actions: list[Action] = []
    silent: list[str] = []
    app_id, grace_ms = state.stored.app_id, state.app.kill_grace_ms
    for instance in state.instances.values():
        if instance.kill_reason and instance.kill_due <= now and instance.lost_ms is None:
            if not draining.over(book, state, instance, now):
                continue
            instance.kill_due = now + grace_ms + KILL_AGAIN_MS
            book.alarm(instance.kill_due, app_id)
            actions += _end(state, instance, grace_ms)
        elif instance.state is TaskState.STAGING and instance.confirm_due <= now:
            if instance.confirm_due:
                silent += instance.silent_tasks()
            instance.confirm_due = now + CONFIRM_MS
            book.alarm(instance.confirm_due, app_id)
    if silent:
        actions.append(Reconcile(tuple(silent), "launched, and nothing heard since"))
    return actions


def _end(state: AppState, instance: Instance, grace_ms: int) -> list[Kill | Release]:
    """Of one whose agent stays after all the master takes no release. A pod's containers have each their own grace."""
    if instance.going and instance.kill_reason == rollout.MOVED:
        state.moved_from.add(instance.placed.agent_id)
        return [Release(task_id, instance.kill_reason) for task_id in instance.living_tasks()]
    grace = -1 if instance.members else grace_ms
    return [Kill(task_id, grace, instance.kill_reason) for task_id in instance.living_tasks()]


def _settle(book: Book, state: AppState, now: int) -> list[Action]:
    """All is as wanted: the deployment is done, and who is out of reach for too long is given up."""
    actions: list[Action] = []
    stored, strategy = state.stored, state.app.unreachable
    for instance in list(state.instances.values()):
        given_up = strategy and instance.lost_ms is not None and now >= instance.lost_ms + strategy.expunge_ms
        if stored.deleting or given_up:
            actions += [*book.roster.remove(state, instance), *book.roster.record(instance.record)]
    if stored.deleting and book.deployment_of(stored.app_id) is None:
        return [*running.drop(book, stored.app_id, book.version), *actions]
    if stored.standing is not None:
        return actions
    return [*actions, *_rolled_out(state), *running.done(book, stored.app_id)]


def _rolled_out(state: AppState) -> list[Action]:
    stored = state.stored
    if stored.deleting or (stored.stable and stored.stable[-1][1] == stored.version):
        return []
    versions = {instance.placed.version for instance in state.instances.values()}
    revived = tuple(span for span in stored.revived if any(span[0] <= version <= span[1] for version in versions))
    alike = (*revived, (stored.config_version, stored.version))
    state.stored = replace(stored, stable=alike, revived=revived)
    return [SaveApp(state.stored)]


def _last(state: AppState) -> str:
    failure = state.last_failure
    return f"{failure.state}, {failure.message or 'no message'}" if failure else "no message"
