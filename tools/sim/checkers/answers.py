"""What operators were told is done stays done."""

from typing import Any

from barter.core.maintenance import Mode
from barter.core.operations import CreateVolume, DestroyVolume, Reserve, Unreserve
from barter.core.removals import RemovalMode
from barter.core.roles import RoleConfig
from barter.master import events as ev
from barter.master.cluster import Cluster
from barter.master.events import OperatorCall
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process

OF_DRAINS = (Mode.ACTIVE, Mode.DRAINING, Mode.DRAINED)


class Answers(Checker):
    """A change that was answered as done is there at each later start of a master, unless the same subject was asked
    something else since: a role's config, an agent's maintenance, a reservation, a volume. Who was marked gone stays
    away. What was asked and not answered may be done or not, and what belongs to an agent goes with it.
    """

    name = "answers"

    def __init__(self) -> None:
        super().__init__()
        self._done: dict[str, OperatorCall] = {}
        self._open: dict[str, set[int]] = {}
        self._latest: dict[str, int] = {}

    def operator_asked(self, call: OperatorCall) -> None:
        for subject in _subjects(call):
            self._open.setdefault(subject, set()).add(call.call)
            self._latest[subject] = call.call

    def operator_answered(self, call: OperatorCall, refusal: str) -> None:
        for subject in _subjects(call):
            self._open.setdefault(subject, set()).discard(call.call)
            if not refusal and self._latest[subject] == call.call and not self._open[subject]:
                self._done[subject] = call
            elif not refusal:
                self._done.pop(subject, None)

    def process_started(self, process: Process[Any, Any]) -> None:
        if not isinstance(process, SimMaster):
            return
        books = process.machine.cluster
        for subject, calls in self._open.items():
            if calls:
                self._done.pop(subject, None)
                calls.clear()
        for subject, call in self._done.items():
            if missing := _missing(books, call, subject):
                told = f"the operator was told that {type(call).__name__} ({call.call}) is done"
                self.fail(f"{told}; the master of epoch {books.epoch} starts with {missing}")


def _subjects(call: OperatorCall) -> list[str]:
    """What it changes, by names no two of which are the same."""
    match call:
        case ev.SetRoles():
            return [f"role {config.role}" for config in call.roles]
        case ev.Operate(operation=Reserve(reservation_id=name) | Unreserve(reservation_id=name)):
            return [f"reservation {name} of {call.agent_id}"]
        case ev.Operate(operation=CreateVolume(volume_id=name) | DestroyVolume(volume_id=name)):
            return [f"volume {name} of {call.agent_id}"]
        case ev.HoldRemovals() | ev.ResumeRemovals():
            return ["removals"]
        case _:
            return [f"agent {call.agent_id}"]


def _missing(books: Cluster, call: OperatorCall, subject: str) -> str:
    """What is not as it was promised; empty where all is."""
    if isinstance(call, ev.SetRoles):
        wanted = next(config for config in call.roles if subject == f"role {config.role}")
        found = books.roles.get(wanted.role) or RoleConfig(wanted.role)
        return "" if found == wanted else f"{found}"
    if isinstance(call, ev.HoldRemovals | ev.ResumeRemovals):
        held = books.reach.removals.mode is RemovalMode.HELD
        return "" if held is isinstance(call, ev.HoldRemovals) else f"{subject} {books.reach.removals.mode}"
    if isinstance(call, ev.MarkGone):
        return "" if call.agent_id in books.gone and call.agent_id not in books.agents else f"{call.agent_id} not gone"
    agent = books.agents.get(call.agent_id)
    if agent is None:
        return ""
    match call:
        case ev.Operate(operation=Reserve(reservation_id=name)):
            return "" if name in agent.reservations else f"no {subject}"
        case ev.Operate(operation=Unreserve(reservation_id=name)):
            return f"{subject}" if name in agent.reservations else ""
        case ev.Operate(operation=CreateVolume(volume_id=name)):
            return "" if name in agent.volumes else f"no {subject}"
        case ev.Operate(operation=DestroyVolume(volume_id=name)):
            return f"{subject}" if name in agent.volumes else ""
        case ev.Drain():
            kept = agent.maintenance is not None and agent.maintenance.start_ms > 0 and agent.mode in OF_DRAINS
            return "" if kept else f"{subject} {agent.mode}"
        case ev.Deactivate():
            return "" if agent.mode is Mode.DEACTIVATED else f"{subject} {agent.mode}"
        case _:
            return "" if agent.maintenance is None else f"{subject} {agent.mode}"
