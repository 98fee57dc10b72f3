"""Whether a deployment gets on: what it waits for has to come nearer within the app's deadline.

Nearer is: more ready instances, fewer outdated ones, or fewer in all, than ever since the app's step began. While all
canaries are ready nothing is late; those that fail before they proved good have brought it no nearer. After Nomad's
progress_deadline. A new process gives the whole deadline again.
"""

import hashlib

from barter.frameworks.service.actions import Action
from barter.frameworks.service.book import Book
from barter.frameworks.service.deployment.failing import give_up
from barter.frameworks.service.deployment.rollback import NoWayBack, roll_back
from barter.frameworks.service.rollout import Plan
from barter.frameworks.service.state import AppState, Deployment, Progress


def watch(book: Book, state: AppState, plan: Plan, now: int) -> list[Action]:
    """Note how far the app is; past its deadline the deployment fails, or goes back."""
    app_id, allowed = state.stored.app_id, state.app.upgrade.progress_ms
    deployment = book.deployment_of(app_id)
    if deployment is None or deployment.paused or app_id not in book.pending[deployment.deployment_id]:
        return []
    progress = state.progress = state.progress or Progress(plan.fresh, plan.outdated, plan.total, now)
    progress.note(plan.fresh, plan.outdated, plan.total, now)
    if not allowed or state.tried_since:
        return []
    due = progress.at_ms + allowed
    if now >= due:
        return _fail(book, deployment, state, now)
    if progress.alarm_ms <= now:
        progress.alarm_ms = due
        book.alarm(due, app_id)
    return []


def revert_id(deployment_id: str) -> str:
    """The id of the deployment by which another goes back of itself; a core draws none."""
    digest = hashlib.sha256(f"{deployment_id}/revert".encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))


def _fail(book: Book, deployment: Deployment, state: AppState, now: int) -> list[Action]:
    app_id, upgrade = state.stored.app_id, state.app.upgrade
    reason = f"{app_id} came no nearer for {upgrade.progress_ms // 1000} s: {state.waiting}"
    existed = any(before.app_id == app_id and before.versions for before in deployment.before)
    if upgrade.auto_revert and existed and not deployment.reverts and not state.stored.deleting:
        try:
            return roll_back(book, deployment, revert_id(deployment.deployment_id), reason, now)
        except NoWayBack as why:
            reason = f"{reason}; it does not go back, as {why}"
    return give_up(book, deployment, reason, now)
