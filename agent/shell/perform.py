"""Carries out an agent's actions, batch by batch in the steps that `agent/steps.py` makes of them."""

import asyncio
from collections.abc import Callable

from barter.agent import actions as act
from barter.agent.events import Event, LaunchFailed, VolumeDeleted
from barter.agent.executor.events import container_name
from barter.agent.facts import Fact, Home
from barter.agent.shell.executors import ExecutorSessions
from barter.agent.shell.ledger import Ledger
from barter.agent.shell.own_executors import OwnExecutorSessions
from barter.agent.shell.process import ExecutorProcess
from barter.agent.shell.sandbox import Sandboxes, mode_of
from barter.agent.shell.session import MasterSession
from barter.agent.shell.volumes import VolumeFolders
from barter.agent.shell.wire import Wires
from barter.agent.steps import steps
from barter.core.cluster import AgentInfo
from barter.core.ids import FrameworkId
from barter.core.tasks import TaskInfo, TaskStatus
from barter.proto import codec
from barter.proto.v1 import agent_pb2, executor_pb2
from barter.shell.log import logger

FLUSH_S = 1.0
_log = logger("agent")


class Performer:
    """`exited` is done once the core wants the process to end; `registering` comes before each registration."""

    def __init__(
        self,
        info: AgentInfo,
        ledger: Ledger,
        sandboxes: Sandboxes,
        volumes: VolumeFolders,
        process: ExecutorProcess,
        executors: ExecutorSessions,
        own_executors: OwnExecutorSessions,
        session: MasterSession,
        socket: str,
        post: Callable[[Event], None],
    ) -> None:
        self._info = info
        self._wire_info = codec.agent_to_wire(info)
        self._ledger = ledger
        self._sandboxes, self._volumes = sandboxes, volumes
        self._process = process
        self._executors, self._own_executors = executors, own_executors
        self._session = session
        self._socket = socket
        self._post = post
        self._loop = asyncio.get_running_loop()
        self._flush_planned = False
        self.registering: Callable[[], None] = lambda: None
        self.launched = self.updates_sent = self.batches = 0
        self.exited: asyncio.Future[act.Exit] = self._loop.create_future()

    async def perform(self, actions: list[act.Action]) -> None:
        wires = Wires()
        for step in steps(actions):
            match step:
                case act.Record():
                    self._record(step.facts, wires)
                case (
                    act.SendUpdates()
                    | act.SendRegister()
                    | act.SendHeartbeat()
                    | act.SendSlack()
                    | act.SendVolumes()
                    | act.SendToScheduler()
                    | act.SendUnregister()
                ):
                    self._session.send(self._call(step, wires))
                case act.LaunchTasks():
                    self._launch(step, wires)
                    # Messages leave only when the loop runs.
                    await asyncio.sleep(0)
                case act.TaskEnded():
                    self._sandboxes.ended(step.framework_id, step.task_id)
                case act.KillAtExecutor() | act.SendRecorded():
                    self._to_executor(step.home, _executor_event(step))
                case act.StopExecutor() | act.MeasureTasks():
                    self._executors.send(_executor_event(step))
                case act.SendToExecutor():
                    self._own_executors.say(step.executor, step.data)
                case _:
                    self._do(step)

    def _record(self, facts: tuple[Fact, ...], wires: Wires) -> None:
        self.batches += 1
        self._ledger.write(facts, wires)
        self._plan_flush()

    def _plan_flush(self) -> None:
        if self._ledger.unflushed and not self._flush_planned:
            self._flush_planned = True
            self._loop.call_later(FLUSH_S, self._flush)

    def _flush(self) -> None:
        self._flush_planned = False
        self._ledger.flush()
        self._plan_flush()

    def _call(
        self,
        action: act.SendUpdates
        | act.SendRegister
        | act.SendHeartbeat
        | act.SendSlack
        | act.SendVolumes
        | act.SendToScheduler
        | act.SendUnregister,
        wires: Wires,
    ) -> agent_pb2.AgentCall:
        match action:
            case act.SendUpdates():
                self.updates_sent += len(action.updates)
                updates = [_update(wires, *update) for update in action.updates]
                return agent_pb2.AgentCall(updates=agent_pb2.AgentCall.Updates(updates=updates))
            case act.SendHeartbeat():
                return agent_pb2.AgentCall(heartbeat=agent_pb2.AgentCall.Heartbeat())
            case act.SendSlack():
                slack = codec.resources_to_wire(action.revocable)
                return agent_pb2.AgentCall(slack=agent_pb2.AgentCall.Slack(revocable=slack))
            case act.SendVolumes():
                return agent_pb2.AgentCall(volumes=agent_pb2.AgentCall.Volumes(volumes=action.volumes))
            case act.SendToScheduler():
                message = agent_pb2.AgentCall.Message(
                    framework_id=action.framework_id, executor_id=action.executor_id, data=action.data
                )
                return agent_pb2.AgentCall(message=message)
            case act.SendUnregister():
                return agent_pb2.AgentCall(unregister=agent_pb2.AgentCall.Unregister(reason=action.reason))
            case act.SendRegister():
                self.registering()
                tasks = [
                    agent_pb2.AgentTask(
                        framework_id=each.framework_id, task=wires.task(each.task), status=wires.status(each.status)
                    )
                    for each in action.tasks
                ]
                updates = [_update(wires, *update) for update in action.updates]
                slack = codec.resources_to_wire(action.slack)
                register = agent_pb2.AgentCall.Register(
                    agent=self._wire_info, tasks=tasks, updates=updates, slack=slack, volumes=action.volumes
                )
                return agent_pb2.AgentCall(register=register)

    def _launch(self, action: act.LaunchTasks, wires: Wires) -> None:
        launch = executor_pb2.ExecutorEvent.Launch()
        for framework_id, task in action.tasks:
            self._add_launch(launch, framework_id, task, wires)
        self._to_executor(action.home, executor_pb2.ExecutorEvent(launch=launch))
        self.launched += len(launch.tasks)

    def _to_executor(self, home: Home, event: executor_pb2.ExecutorEvent) -> None:
        if home is None:
            self._executors.send(event)
        else:
            self._own_executors.send(home, event)

    def _add_launch(
        self, launch: executor_pb2.ExecutorEvent.Launch, framework_id: FrameworkId, task: TaskInfo, wires: Wires
    ) -> None:
        try:
            sandbox = self._sandboxes.make(framework_id, task.task_id, mode_of(task))
            for mount in task.volumes:
                self._volumes.make(mount.volume_id)
        except (OSError, ValueError) as error:
            problem = f"cannot make its folders: {error}; free space or inodes below the agent's work dir"
            self._post(LaunchFailed(framework_id, task.task_id, problem))
            return
        launch.tasks.add(
            framework_id=framework_id,
            task=codec.task_to_wire(self._own_executors.prepared(framework_id, task))
            if task.is_executor
            else wires.task(task),
            sandbox=sandbox,
            container_name=container_name(self._info.agent_id, framework_id, task.task_id),
        )

    def _do(self, action: act.Action) -> None:
        match action:
            case act.Note():
                (_log.warning if action.problem else _log.info)(action.message)
            case act.ConnectMaster():
                self._session.connect(action.link, action.address, action.unreachable)
            case act.LeaveMaster():
                _log.warning("leaving this master", why=action.reason)
                self._session.leave(action.reason)
            case act.DeleteVolume():
                self._post(VolumeDeleted(action.volume_id, self._volumes.delete(action.volume_id)))
            case act.StartExecutor():
                self._process.start(self._socket)
            case act.Exit():
                if not self.exited.done():
                    self.exited.set_result(action)
            case _:
                raise AssertionError(f"no way to perform {action}")


def _executor_event(
    action: act.KillAtExecutor | act.StopExecutor | act.SendRecorded | act.MeasureTasks,
) -> executor_pb2.ExecutorEvent:
    match action:
        case act.KillAtExecutor():
            kill = executor_pb2.ExecutorEvent.Kill(
                framework_id=action.framework_id,
                task_id=action.task_id,
                grace_ms=action.grace_ms,
                reason=action.reason,
            )
            return executor_pb2.ExecutorEvent(kill=kill)
        case act.StopExecutor():
            return executor_pb2.ExecutorEvent(stop=executor_pb2.ExecutorEvent.Stop(kill=action.kill))
        case act.SendRecorded():
            recorded = executor_pb2.ExecutorEvent.Recorded(sequence=action.sequence)
            return executor_pb2.ExecutorEvent(recorded=recorded)
        case act.MeasureTasks():
            measure = executor_pb2.ExecutorEvent.Measure(every_ms=action.every_ms)
            return executor_pb2.ExecutorEvent(measure=measure)


def _update(wires: Wires, framework_id: FrameworkId, status: TaskStatus) -> agent_pb2.FrameworkUpdate:
    return agent_pb2.FrameworkUpdate(framework_id=framework_id, status=wires.status(status))
