"""What operators ask for and are answered: each handler says why not, or nothing when it is done."""

from barter.master import events as ev
from barter.master import frameworks, maintenance, operations, removals, roles
from barter.master.actions import Answer
from barter.master.cluster import Cluster


def answer(cluster: Cluster, event: ev.OperatorCall | ev.TeardownByOperator, now: int) -> None:
    """The answer leaves after the facts of its batch are durable."""
    notes: tuple[str, ...] = ()
    if isinstance(event, ev.SetRoles):
        refusal, notes = roles.set_roles(cluster, event, now)
    else:
        refusal = _handle(cluster, event, now)
    reason = refusal or f"{type(event).__name__} is done"
    if refusal:
        said = refusal.replace("\n", "; ")
        cluster.history.record(now, "call_refused", "operator", f"{type(event).__name__}: {said}")
    cluster.out.append(Answer(event.call, refusal, reason, notes))


def _handle(
    cluster: Cluster,
    event: ev.Operate
    | ev.Drain
    | ev.Deactivate
    | ev.Activate
    | ev.MarkGone
    | ev.HoldRemovals
    | ev.ResumeRemovals
    | ev.TeardownByOperator,
    now: int,
) -> str:
    match event:
        case ev.Operate():
            return operations.operate(cluster, event, now)
        case ev.Drain() | ev.Deactivate() | ev.Activate() | ev.MarkGone():
            return maintenance.maintain(cluster, event, now)
        case ev.HoldRemovals() | ev.ResumeRemovals():
            return removals.change(cluster, event, now)
        case ev.TeardownByOperator():
            return frameworks.teardown_by_operator(cluster, event.framework_id, now)
