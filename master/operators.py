"""What operators ask for and are answered: each handler returns why not, or nothing when it is done."""

from barter.master import events as ev
from barter.master import maintenance, operations, roles
from barter.master.actions import Answer
from barter.master.cluster import Cluster


def answer(cluster: Cluster, event: ev.OperatorCall, now: int) -> None:
    """The answer leaves after the facts of its batch are durable."""
    refusal = _handle(cluster, event, now)
    reason = refusal or f"{type(event).__name__} is done"
    if refusal:
        cluster.history.record(now, "call_refused", "operator", f"{type(event).__name__}: {refusal}")
    cluster.out.append(Answer(event.call, refusal, reason))


def _handle(cluster: Cluster, event: ev.OperatorCall, now: int) -> str:
    match event:
        case ev.SetRoles():
            return roles.set_roles(cluster, event, now)
        case ev.Operate():
            return operations.operate(cluster, event, now)
        case ev.Drain() | ev.Deactivate() | ev.Activate() | ev.MarkGone():
            return maintenance.maintain(cluster, event, now)
