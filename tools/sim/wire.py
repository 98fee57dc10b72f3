"""What is said on streams: each side's own words, and their translation into the events of the other side's core."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from barter.agent import actions as agent_act
from barter.agent import events as agent_ev
from barter.agent.executor import actions as executor_act
from barter.agent.executor import events as executor_ev
from barter.core.cluster import AgentInfo
from barter.core.ids import AgentId, FrameworkId, TaskId
from barter.core.reservations import ReservationsHeld
from barter.core.tasks import TaskInfo
from barter.master import events as master_ev
from barter.master import messages as master_msg
from barter.sdk import calls
from barter.sdk import messages as sdk_msg

Spent = Callable[[FrameworkId, list[TaskId]], Mapping[TaskId, int]]
"""Those of the ids that were used before, with how many updates they had."""


FromAgent = (
    agent_act.SendRegister
    | agent_act.SendUpdates
    | agent_act.SendHeartbeat
    | agent_act.SendSlack
    | agent_act.SendVolumes
    | agent_act.SendToScheduler
    | agent_act.SendUnregister
)


@dataclass(frozen=True, slots=True)
class AgentCall:
    """`info` describes the agent; `said` is what its core wants sent; `unreachable` as in `FirstCall`."""

    info: AgentInfo
    said: FromAgent
    unreachable: str = ""


@dataclass(frozen=True, slots=True)
class FrameworkCall:
    framework_id: FrameworkId
    said: calls.Call
    unreachable: str = ""


@dataclass(frozen=True, slots=True)
class NoMoreCalls:
    """The peer has said all, and still listens."""


@dataclass(frozen=True, slots=True)
class Leader:
    """What a master says of itself."""

    cluster_id: str
    epoch: int
    heartbeat_ms: int


@dataclass(frozen=True, slots=True)
class FromMaster:
    """`said` is None for a heartbeat."""

    leader: Leader
    said: master_msg.ToAgent | master_msg.ToFramework | None


@dataclass(frozen=True, slots=True)
class OperatorCall:
    """The only one on its stream, which ends with the answer."""

    said: master_ev.OperatorCall
    unreachable: str = ""


@dataclass(frozen=True, slots=True)
class NotLeader:
    """The answer of a master that does not lead, and the end of the stream; `leader`: who does, or empty."""

    leader: str
    reason: str


@dataclass(frozen=True, slots=True)
class OperatorAnswer:
    """An empty refusal: it is done."""

    refusal: str


FirstCall = AgentCall | FrameworkCall | OperatorCall
"""`unreachable`: the master that should lead, but does not answer whoever calls."""


@dataclass(frozen=True, slots=True)
class ExecutorCall:
    """`identity` is what the agent's kernel says of the process at the other end."""

    identity: str
    said: executor_act.SendHello | executor_act.SendUsage | tuple[executor_act.ExecutorStatus, ...]


def agent_call(session: int, call: AgentCall) -> master_ev.Event:
    agent_id = call.info.agent_id
    match call.said:
        case agent_act.SendRegister(tasks, updates, slack, volumes):
            told = tuple((task.framework_id, task.task, task.status) for task in tasks)
            return master_ev.AgentRegister(session, call.info, told, updates, volumes, slack)
        case agent_act.SendUpdates(updates):
            return master_ev.AgentUpdates(session, agent_id, updates)
        case agent_act.SendHeartbeat():
            return master_ev.AgentHeartbeat(session, agent_id)
        case agent_act.SendSlack(revocable):
            return master_ev.AgentSlack(session, agent_id, revocable)
        case agent_act.SendVolumes(volumes):
            return master_ev.AgentVolumes(session, agent_id, volumes)
        case agent_act.SendToScheduler(framework_id, executor_id, data):
            return master_ev.AgentMessage(session, agent_id, framework_id, executor_id, b64encode(data).decode())
        case agent_act.SendUnregister(reason):
            return master_ev.AgentUnregister(session, agent_id, reason)


def framework_call(session: int, call: FrameworkCall) -> master_ev.Event:
    match call.said:
        case calls.Subscribe(framework, demands_only):
            return master_ev.Subscribe(session, framework, demands_only)
        case calls.Launch(offer_ids, tasks, filters, operations):
            return master_ev.Accept(session, offer_ids, tasks, filters, (), operations)
        case calls.Decline(offer_ids, filters):
            return master_ev.Decline(session, offer_ids, filters)
        case calls.Revive(roles):
            return master_ev.Revive(session, roles)
        case calls.Suppress(roles):
            return master_ev.Suppress(session, roles)
        case calls.Release(task_ids):
            return master_ev.Release(session, task_ids)
        case calls.ReconcileReservations(endings):
            return master_ev.ReconcileReservations(session, endings)
        case calls.Keep(task_ids):
            return master_ev.Keep(session, task_ids)
        case calls.Kill(task_id, grace_ms):
            return master_ev.KillTask(session, task_id, -1 if grace_ms is None else grace_ms)
        case calls.Message(agent_id, executor_id, data):
            return master_ev.FrameworkMessage(session, agent_id, executor_id, b64encode(data).decode())
        case calls.Reconcile(task_ids):
            return master_ev.Reconcile(session, task_ids)
        case calls.SetDemands(demands):
            return master_ev.SetDemands(session, demands)
        case calls.SetServices(services):
            return master_ev.SetServices(session, services)
        case calls.Acknowledge(acks):
            told = tuple((call.framework_id, task_id, uuid) for task_id, uuid in acks)
            return master_ev.AcknowledgeUpdates(session, told)
        case calls.Teardown():
            return master_ev.Teardown(session)


def to_agent(heard: FromMaster, spent: Spent) -> agent_ev.Event | None:
    """`spent` looks up task ids in the agent's ledger."""
    epoch = heard.leader.epoch
    match heard.said:
        case None:
            return agent_ev.MasterHeartbeat(epoch)
        case master_msg.Registered(heartbeat_ms):
            return agent_ev.Registered(epoch, heard.leader.cluster_id, heartbeat_ms)
        case master_msg.Run(framework_id, tasks):
            return agent_ev.RunTasks(
                epoch, framework_id, tasks, {}, spent(framework_id, [task.task_id for task in tasks])
            )
        case master_msg.Kill(framework_id, task_id, grace_ms, reason, cause):
            return agent_ev.KillTask(epoch, framework_id, task_id, grace_ms, reason, cause)
        case master_msg.Acknowledge(acks):
            return agent_ev.Acknowledged(epoch, acks)
        case master_msg.KillFramework(framework_id, reason):
            return agent_ev.KillFramework(epoch, framework_id, reason)
        case master_msg.ToExecutor(framework_id, executor_id, data):
            return agent_ev.SchedulerMessage(epoch, framework_id, executor_id, b64decode(data))
        case master_msg.DestroyVolume(volume_id):
            return agent_ev.DestroyVolume(epoch, volume_id)
        case master_msg.Shutdown(reason):
            return agent_ev.Shutdown(epoch, reason)
        case master_msg.Error(message, fatal):
            return agent_ev.MasterError(epoch, message, fatal)
        case _:
            return None


def to_framework(heard: FromMaster) -> sdk_msg.MasterEvent:
    match heard.said:
        case master_msg.Subscribed(framework_id):
            return sdk_msg.Subscribed(framework_id, heard.leader.epoch, heard.leader.heartbeat_ms)
        case master_msg.Offers(offers):
            return sdk_msg.Offers(offers)
        case master_msg.Rescind(offer_ids, reason):
            return sdk_msg.Rescind(offer_ids, reason)
        case master_msg.InverseOffers(inverse_offers):
            return sdk_msg.InverseOffers(inverse_offers)
        case master_msg.RescindInverse(ids, reason):
            return sdk_msg.RescindInverse(ids, reason)
        case master_msg.Update(statuses):
            return sdk_msg.Update(statuses)
        case master_msg.ServicesServed(services):
            return sdk_msg.ServicesServed(tuple(each.update() for each in services))
        case master_msg.Failure(agent_id, reason, executor_id, exit_code):
            return sdk_msg.Failure(agent_id, reason, executor_id, exit_code)
        case master_msg.FromExecutor(agent_id, executor_id, data):
            return sdk_msg.Message(agent_id, executor_id, b64decode(data))
        case ReservationsHeld():
            return heard.said
        case master_msg.Error(message, fatal):
            return sdk_msg.Refusal(message, fatal)
        case _:
            return sdk_msg.Heartbeat()


def order(host: str, agent_id: AgentId, framework_id: FrameworkId, task: TaskInfo) -> executor_ev.Order:
    sandbox = f"/{host}/sandboxes/{framework_id}/{task.task_id}"
    container = executor_ev.container_name(agent_id, framework_id, task.task_id)
    return executor_ev.Order(framework_id, task, sandbox, container)


def kill(action: agent_act.KillAtExecutor) -> executor_ev.Kill:
    key = executor_ev.TaskKey(action.framework_id, action.task_id)
    return executor_ev.Kill(key, action.grace_ms if action.grace_ms >= 0 else None, action.reason)


def reports(statuses: tuple[executor_act.ExecutorStatus, ...]) -> tuple[agent_ev.Reported, ...]:
    return tuple(agent_ev.Reported(each.framework_id, each.status, each.sequence) for each in statuses)


def executor_call(
    call: ExecutorCall,
) -> agent_ev.ExecutorHello | agent_ev.ExecutorReports | agent_ev.ExecutorUsage:
    if isinstance(call.said, executor_act.SendHello):
        return agent_ev.ExecutorHello(call.identity, reports(call.said.tasks), reports(call.said.statuses))
    if isinstance(call.said, executor_act.SendUsage):
        tasks = (
            agent_ev.TaskUsage(*each.key, each.cpus, each.sample.mem, each.sample.cpu_us) for each in call.said.tasks
        )
        return agent_ev.ExecutorUsage(call.identity, tuple(tasks))
    return agent_ev.ExecutorReports(call.identity, reports(call.said))
