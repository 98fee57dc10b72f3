"""An offer is used at most once, by whom it was made to, while it is open."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from barter.core.ids import AgentId, FrameworkId, OfferId
from barter.master import actions as act
from barter.master import events as ev
from barter.master.messages import Offers, Rescind, Run, Subscribed
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process


class OfferUsedOnce(Checker):
    """Every Run answers one Accept of the same batch, and launches only tasks that it names, on the agent whose open
    offers it names. Open to a session is an offer that was sent on it and has since been neither named by an Accept or
    a Decline of it, nor rescinded, nor outlived by its session. A master's end is the end of all its offers.
    """

    name = "offer_used_once"

    def __init__(self) -> None:
        super().__init__()
        self._open: dict[int, dict[OfferId, AgentId]] = {}
        self._sessions: dict[FrameworkId, int] = {}

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimMaster):
            self._open.clear()
            self._sessions.clear()

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        answers = [event for event in events if isinstance(event, ev.Accept | ev.Decline)]
        for action in actions:
            match action:
                case act.SendToFramework(session, framework_id, Subscribed()):
                    self._open.pop(self._sessions.get(framework_id, session), None)
                    self._sessions[framework_id] = session
                    self._open[session] = {}
                case act.SendToFramework(session, _, Offers(offers)):
                    opened = self._open.setdefault(session, {})
                    opened.update((offer.offer_id, offer.agent_id) for offer in offers)
                case act.SendToFramework(session, _, Rescind(offer_ids)):
                    self._close(session, offer_ids)
                case act.SendToAgent(_, agent_id, Run() as run):
                    self._answer(agent_id, run, answers)
                case _:
                    pass
        for event in answers:
            self._close(event.session, event.offer_ids)
        for over in events:
            if isinstance(over, ev.FrameworkDisconnected | ev.Teardown):
                self._open.pop(over.session, None)

    def _answer(self, agent_id: AgentId, run: Run, answers: list[ev.Accept | ev.Decline]) -> None:
        """Find the Accept that brought it; what its framework said before is over with that."""
        ran = {task.task_id for task in run.tasks}
        what = f"agent {agent_id} is to run {', '.join(sorted(ran))} of {run.framework_id}"
        while answers:
            event = answers.pop(0)
            if isinstance(event, ev.Accept) and ran <= {task.task_id for task in event.tasks}:
                self._judge(what, agent_id, run, event)
                self._close(event.session, event.offer_ids)
                return
            self._close(event.session, event.offer_ids)
        self.fail(f"{what}, which no framework accepted an offer for")

    def _judge(self, what: str, agent_id: AgentId, run: Run, accept: ev.Accept) -> None:
        if self._sessions.get(run.framework_id) != accept.session:
            self.fail(f"{what}, accepted on session {accept.session}, which is not its own present one")
        opened = self._open.get(accept.session, {})
        for offer_id in accept.offer_ids:
            if offer_id not in opened:
                self.fail(f"{what} on offer {offer_id}, which is not open to it")
            if opened[offer_id] != agent_id:
                self.fail(f"{what} on offer {offer_id} of agent {opened[offer_id]}")
        if len(set(accept.offer_ids)) < len(accept.offer_ids) or not accept.offer_ids:
            self.fail(f"{what} on offers {accept.offer_ids}: none, or one of them twice")
        asked = {task.task_id: task for task in accept.tasks}
        for task in run.tasks:
            wanted = asked[task.task_id]
            if replace(wanted, role=task.role, reserved=task.reserved, revocable=task.revocable) != task:
                self.fail(f"{what}, and {task.task_id} is not what was accepted")

    def _close(self, session: int, offer_ids: Iterable[OfferId]) -> None:
        opened = self._open.get(session)
        if opened:
            for offer_id in offer_ids:
                opened.pop(offer_id, None)
