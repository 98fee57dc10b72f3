"""Carries out an agent's actions: one transaction and one message per peer for a whole batch."""

import asyncio
from collections.abc import Callable

from barter.agent import actions as act
from barter.agent.events import Event, LaunchFailed
from barter.agent.shell.executors import ExecutorSessions
from barter.agent.shell.ledger import Ledger
from barter.agent.shell.process import ExecutorProcess
from barter.agent.shell.sandbox import Sandboxes
from barter.agent.shell.session import MasterSession
from barter.agent.shell.wire import Wires
from barter.core.cluster import AgentInfo
from barter.core.ids import FrameworkId
from barter.core.tasks import TaskInfo, TaskStatus
from barter.proto import codec
from barter.proto.v1 import agent_pb2, executor_pb2
from barter.shell.log import logger

FLUSH_S = 1.0
LAUNCHES_PER_MESSAGE = 500
_log = logger("agent")


class Performer:
    """`exited` is done once the core wants the process to end."""

    def __init__(
        self,
        info: AgentInfo,
        ledger: Ledger,
        sandboxes: Sandboxes,
        process: ExecutorProcess,
        executors: ExecutorSessions,
        session: MasterSession,
        socket: str,
        post: Callable[[Event], None],
    ) -> None:
        self._info = info
        self._wire_info = codec.agent_to_wire(info)
        self._ledger = ledger
        self._sandboxes = sandboxes
        self._process = process
        self._executors = executors
        self._session = session
        self._socket = socket
        self._post = post
        self._loop = asyncio.get_running_loop()
        self._flush_planned = False
        self.launched = self.updates_sent = self.batches = 0
        self.exited: asyncio.Future[act.Exit] = self._loop.create_future()

    async def perform(self, actions: list[act.Action]) -> None:
        wires = Wires()
        self._record(actions, wires)
        calls: list[agent_pb2.AgentCall] = []
        recorded = 0
        for action in actions:
            match action:
                case act.Record():
                    pass
                case act.SendUpdates():
                    self._add_updates(calls, action, wires)
                case act.SendRecorded():
                    recorded = action.sequence
                case act.LaunchTasks():
                    self._session.send(calls)
                    calls = []
                    await self._launch(action, wires)
                case act.TaskEnded():
                    self._sandboxes.ended(action.framework_id, action.task_id)
                case act.SendRegister() | act.SendHeartbeat() | act.SendUnregister():
                    calls.append(self._call(action, wires))
                case _:
                    self._do(action)
        self._session.send(calls)
        if recorded:
            acknowledgement = executor_pb2.ExecutorEvent.Recorded(sequence=recorded)
            self._executors.send([executor_pb2.ExecutorEvent(recorded=acknowledgement)])

    def _record(self, actions: list[act.Action], wires: Wires) -> None:
        facts = [fact for action in actions if isinstance(action, act.Record) for fact in action.facts]
        if not facts:
            return
        self.batches += 1
        self._ledger.write(facts, wires)
        if self._ledger.unflushed and not self._flush_planned:
            self._flush_planned = True
            self._loop.call_later(FLUSH_S, self._flush)

    def _flush(self) -> None:
        self._flush_planned = False
        self._ledger.flush()

    def _add_updates(self, calls: list[agent_pb2.AgentCall], action: act.SendUpdates, wires: Wires) -> None:
        """Into the last message where that is one of updates too."""
        if not calls or not calls[-1].HasField("updates"):
            calls.append(agent_pb2.AgentCall(updates=agent_pb2.AgentCall.Updates()))
        calls[-1].updates.updates.extend(_update(wires, *update) for update in action.updates)
        self.updates_sent += len(action.updates)

    def _call(
        self, action: act.SendRegister | act.SendHeartbeat | act.SendUnregister, wires: Wires
    ) -> agent_pb2.AgentCall:
        match action:
            case act.SendHeartbeat():
                return agent_pb2.AgentCall(heartbeat=agent_pb2.AgentCall.Heartbeat())
            case act.SendUnregister():
                return agent_pb2.AgentCall(unregister=agent_pb2.AgentCall.Unregister(reason=action.reason))
            case act.SendRegister():
                tasks = [
                    agent_pb2.AgentTask(
                        framework_id=each.framework_id, task=wires.task(each.task), status=wires.status(each.status)
                    )
                    for each in action.tasks
                ]
                updates = [_update(wires, *update) for update in action.updates]
                register = agent_pb2.AgentCall.Register(agent=self._wire_info, tasks=tasks, updates=updates)
                return agent_pb2.AgentCall(register=register)

    async def _launch(self, action: act.LaunchTasks, wires: Wires) -> None:
        """In messages of a bounded size, so that the executor begins while the rest is prepared."""
        for start in range(0, len(action.tasks), LAUNCHES_PER_MESSAGE):
            launch = executor_pb2.ExecutorEvent.Launch()
            for framework_id, task in action.tasks[start : start + LAUNCHES_PER_MESSAGE]:
                self._add_launch(launch, framework_id, task, wires)
            self._executors.send([executor_pb2.ExecutorEvent(launch=launch)])
            self.launched += len(launch.tasks)
            await asyncio.sleep(0)

    def _add_launch(
        self, launch: executor_pb2.ExecutorEvent.Launch, framework_id: FrameworkId, task: TaskInfo, wires: Wires
    ) -> None:
        try:
            sandbox = self._sandboxes.make(framework_id, task.task_id)
        except (OSError, ValueError) as error:
            problem = f"cannot make its sandbox: {error}; free space or inodes below the agent's work dir"
            self._post(LaunchFailed(framework_id, task.task_id, problem))
            return
        launch.tasks.add(
            framework_id=framework_id,
            task=wires.task(task),
            sandbox=sandbox,
            container_name=f"barter.{self._info.agent_id}.{framework_id}.{task.task_id}",
        )

    def _do(self, action: act.Action) -> None:
        match action:
            case act.KillAtExecutor():
                kill = executor_pb2.ExecutorEvent.Kill(
                    framework_id=action.framework_id,
                    task_id=action.task_id,
                    grace_ms=action.grace_ms,
                    reason=action.reason,
                )
                self._executors.send([executor_pb2.ExecutorEvent(kill=kill)])
            case act.Note():
                (_log.warning if action.problem else _log.info)(action.message)
            case act.ConnectMaster():
                self._session.connect(action.link, action.address)
            case act.LeaveMaster():
                _log.warning("leaving this master", why=action.reason)
                self._session.leave(action.reason)
            case act.StartExecutor():
                self._process.start(self._socket)
            case act.StopExecutor():
                stop = executor_pb2.ExecutorEvent.Stop(kill=True)
                self._executors.send([executor_pb2.ExecutorEvent(stop=stop)])
            case act.Exit():
                if not self.exited.done():
                    self.exited.set_result(action)
            case _:
                raise AssertionError(f"no way to perform {action}")


def _update(wires: Wires, framework_id: FrameworkId, status: TaskStatus) -> agent_pb2.FrameworkUpdate:
    return agent_pb2.FrameworkUpdate(framework_id=framework_id, status=wires.status(status))
