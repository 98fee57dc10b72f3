"""What is said in a simulated world, in few words."""

from collections.abc import Iterable

from barter.agent.executor import events as executor_ev
from barter.core.resources import format_scalar
from barter.core.roles import RoleConfig
from barter.core.tasks import TaskStatus
from barter.master import events as master_ev
from barter.sdk import callbacks as told
from barter.sdk import calls

MOST = 8


def listed(names: Iterable[object]) -> str:
    """The first few, in their order, and how many more."""
    all_of_them = [str(name) for name in names]
    more = f" and {len(all_of_them) - MOST} more" if len(all_of_them) > MOST else ""
    return (", ".join(all_of_them[:MOST]) or "nothing") + more


def said(status: TaskStatus) -> str:
    mark = f" ({status.uuid})" if status.uuid else f" (by the {status.source})"
    why = " ".join(part for part in (status.reason, status.message) if part)
    return f"{status.task_id} {status.state}{mark}" + (f": {why}" if why else "")


def call(asked: calls.Call) -> str:
    """What a framework asks of its master."""
    match asked:
        case calls.Launch(offer_ids, tasks):
            return f"accepts {listed(offer_ids)} for {listed(task.task_id for task in tasks)}"
        case calls.Decline(offer_ids, filters):
            return f"declines {listed(offer_ids)} for {filters.refuse_ms} ms"
        case calls.Kill(task_id):
            return f"kills {task_id}"
        case calls.Release(task_ids):
            return f"releases {listed(task_ids)}"
        case calls.Keep(task_ids):
            return f"keeps {listed(task_ids)}"
        case calls.ReconcileReservations(endings):
            return f"ends reservations {listed(name for _, name in endings)} and asks for those left"
        case calls.Reconcile(task_ids):
            return f"asks for {listed(task_ids)}" if task_ids else "asks for all its tasks"
        case calls.SetDemands(demands):
            return f"demands {listed(f'{demand.count} of {demand.demand_id}' for demand in demands)}"
        case calls.SetServices(services):
            return f"has services {listed(service.service_id for service in services)}"
        case calls.Acknowledge(acks):
            return f"acknowledges {listed(uuid for _, uuid in acks)}"
        case _:
            return f"says {type(asked).__name__.lower()}"


def operator_call(asked: master_ev.OperatorCall) -> str:
    """What an operator asks of a master."""
    match asked:
        case master_ev.SetRoles(roles=roles, force=force):
            return f"{'insists on ' if force else ''}{listed(map(role, roles))}"
        case master_ev.Operate(agent_id=agent_id, operation=operation):
            return f"{operation} on {agent_id}"
        case master_ev.Drain(agent_id=agent_id, start_ms=start_ms, grace_ms=grace_ms):
            when = f"from {start_ms} on" if start_ms else "now"
            return f"drain {agent_id} {when}, within {grace_ms} ms"
        case master_ev.HoldRemovals() | master_ev.ResumeRemovals():
            return type(asked).__name__.lower()
        case _:
            return f"{type(asked).__name__.lower()} {asked.agent_id}"


def role(config: RoleConfig) -> str:
    """What is set for a role."""
    parts = [f"weight {config.weight_milli / 1000:g}"]
    for word, amounts in (("at least", config.guarantee), ("at most", config.limit)):
        parts += [f"{word} {format_scalar(name, amount)} {name}" for name, amount in amounts.items()]
    return f"{config.role}: {', '.join(parts)}"


def callback(heard: told.Callback) -> str:
    """What a scheduler is told."""
    match heard:
        case told.StatusUpdate(status):
            return said(status)
        case told.Offered(offers):
            return f"offers {listed(f'{offer.offer_id} on {offer.agent_id}' for offer in offers)}"
        case told.Rescinded(offer_id):
            return f"{offer_id} is rescinded"
        case told.Registered(framework_id):
            return f"it is registered as {framework_id}"
        case told.AgentLost(agent_id, reason):
            return f"{agent_id} is lost: {reason}"
        case told.InverseOffered(inverse_offers):
            named = (f"{each.agent_id} with {listed(each.tasks)}" for each in inverse_offers)
            return f"to be given up: {listed(named)}"
        case told.InverseRescinded(inverse_offer_id):
            return f"{inverse_offer_id} is rescinded"
        case told.ReservationsTold(held):
            return f"reservations {listed(each.reservation_id for each in held.reservations)}"
        case told.Error(message):
            return f"an error: {message}"
        case _:
            return f"it is {type(heard).__name__.lower()}"


def order(event: executor_ev.Event) -> str:
    """What an executor is ordered; empty where the event is no order."""
    match event:
        case executor_ev.Launch(orders):
            return f"is to launch {listed(each.task.task_id for each in orders)}"
        case executor_ev.Kill(key, _, reason):
            return f"is to kill {key.task_id}: {reason}"
        case executor_ev.Stop(kill):
            return "is to end, and its tasks with it" if kill else "is to end"
        case _:
            return ""
