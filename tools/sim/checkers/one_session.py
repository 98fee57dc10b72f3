"""One live session for each framework id and each agent id."""

from collections.abc import Iterable, Sequence
from typing import Any

from barter.core.ids import AgentId, FrameworkId
from barter.master import actions as act
from barter.master import events as ev
from barter.master.messages import Kill, Registered, Shutdown, Subscribed, Update
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.master import SimMaster
from barter.tools.sim.process import Process

Peer = AgentId | FrameworkId
ENDS = ev.AgentDisconnected | ev.FrameworkDisconnected


class OneSession(Checker):
    """A session is live from the Registered or Subscribed sent on it until the master closes it, or hears its end.

    - All that a master sends to an agent or framework goes to its live session.
    - A new one begins only as the older one is closed in the same batch, or after it has ended.
    - The end of an older session ends no newer one; what is killed or told on an older one after the newer one began
      has no effect (an Accept: see offer_used_once).
    - The master's own record of sessions says the same.
    """

    name = "one_session"

    def __init__(self) -> None:
        super().__init__()
        self._live: dict[Peer, int] = {}
        self._peers: dict[int, Peer] = {}
        self._replaced: dict[int, int] = {}

    def process_started(self, process: Process[Any, Any]) -> None:
        if isinstance(process, SimMaster):
            self._live.clear()
            self._peers.clear()

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        closed = [action.session for action in actions if isinstance(action, act.CloseSession)]
        ended = [event.session for event in events if isinstance(event, ENDS)]
        self._follow(actions, closed, ended)
        for event in events:
            if isinstance(event, ev.AgentUnregister) and self._live.get(event.agent_id) == event.session:
                self._end(event.session)
        if closed or ended:
            self._compare(master, (*closed, *ended))
        if self._replaced:
            self._unheard(events, actions)
            self._replaced.clear()

    def _follow(self, actions: Sequence[act.Action], closed: list[int], ended: list[int]) -> None:
        for action in actions:
            match action:
                case act.SendToAgent(session, agent_id, Registered()):
                    self._begin(session, agent_id, closed, ended)
                case act.SendToFramework(session, framework_id, Subscribed()):
                    self._begin(session, framework_id, closed, ended)
                case act.SendToAgent(message=Shutdown()):
                    pass
                case act.SendToAgent(session, agent_id, message):
                    self._sent(session, agent_id, message)
                case act.SendToFramework(session, framework_id, message):
                    self._sent(session, framework_id, message)
                case _:
                    pass
        for session in (*closed, *ended):
            self._end(session)

    def _begin(self, session: int, peer: Peer, closed: list[int], ended: list[int]) -> None:
        before = self._live.get(peer)
        if before is not None and before != session and before not in closed and before not in ended:
            self.fail(f"{peer} has a session {session} now, and its session {before} was not closed")
        if before is not None and before != session:
            self._replaced[session] = before
        self._live[peer] = session
        self._peers[session] = peer

    def _sent(self, session: int, peer: Peer, message: object) -> None:
        live = self._live.get(peer)
        if live != session:
            what = type(message).__name__
            self.fail(f"{what} for {peer} goes to session {session}, its live one is {live or 'none'}")

    def _end(self, session: int) -> None:
        peer = self._peers.get(session)
        if peer is not None and self._live.get(peer) == session:
            del self._live[peer]

    def _compare(self, master: SimMaster, over: Sequence[int]) -> None:
        """After sessions have ended: whose they were, the master has either no session or the live one."""
        books = master.machine.cluster
        for session in over:
            if session in books.sessions:
                self.fail(f"session {session} is over, and counts as {books.sessions[session]}'s")
            peer = self._peers.get(session)
            if peer is None:
                continue
            known = books.agents.get(AgentId(peer)) or books.frameworks.get(FrameworkId(peer))
            live, told = self._live.get(peer, 0), known.session if known is not None else 0
            if live != told:
                said = f"its live session is {live or 'none'}, the master keeps {told or 'none'}"
                self.fail(f"session {session} of {peer} has ended; {said}")

    def _unheard(self, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        """Of the events that came in one batch with a newer session and after it."""
        over: set[int] = set()
        late: list[ev.KillTask | ev.AgentUpdates] = []
        heard: list[ev.Event] = []
        for event in events:
            if isinstance(event, ev.Subscribe | ev.AgentRegister) and event.session in self._replaced:
                over.add(self._replaced[event.session])
            if isinstance(event, ev.KillTask | ev.AgentUpdates) and event.session in over:
                late.append(event)
            else:
                heard.append(event)
        if late:
            done, caused = _killed_and_told(actions), _asked_and_told(heard)
            for event in late:
                for what in sorted(_asked_and_told([event])):
                    if what in done and what not in caused:
                        self.fail(f"{type(event).__name__} of session {event.session}, which is over, is heard: {what}")


def _killed_and_told(actions: Iterable[act.Action]) -> set[str]:
    found: set[str] = set()
    for action in actions:
        match action:
            case act.SendToAgent(message=Kill(task_id=task_id)):
                found.add(f"kill of {task_id}")
            case act.SendToFramework(message=Update(statuses)):
                found |= {f"update {status.uuid}" for status in statuses if status.uuid}
            case _:
                pass
    return found


def _asked_and_told(events: Iterable[ev.Event]) -> set[str]:
    found: set[str] = set()
    for event in events:
        match event:
            case ev.KillTask(task_id=task_id):
                found.add(f"kill of {task_id}")
            case ev.AgentUpdates(updates=updates) | ev.AgentRegister(updates=updates):
                found |= {f"update {status.uuid}" for _, status in updates}
            case _:
                pass
    return found
