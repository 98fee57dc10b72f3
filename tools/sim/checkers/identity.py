"""A framework stays who it is."""

from collections.abc import Sequence

from barter.core.ids import FrameworkId
from barter.master import actions as act
from barter.master import events as ev
from barter.master.facts import Fact, FrameworkRemoved
from barter.master.messages import Subscribed
from barter.sdk.callbacks import Callback, Registered
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.master import SimMaster


class Identity(Checker):
    """Once a scheduler was told its framework id, every later process on the same store registers under it, unless a
    master removed that framework durably. One that was removed so never has a session again.
    """

    name = "identity"

    def __init__(self) -> None:
        super().__init__()
        self._ids: dict[str, FrameworkId] = {}
        self._removed: set[FrameworkId] = set()

    def master_committed(self, master: SimMaster, facts: Sequence[Fact]) -> None:
        self._removed |= {fact.framework_id for fact in facts if isinstance(fact, FrameworkRemoved)}

    def master_stepped(self, master: SimMaster, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        for action in actions:
            match action:
                case act.SendToFramework(session, framework_id, Subscribed()) if framework_id in self._removed:
                    self.fail(f"{framework_id} was removed, and has session {session} now")
                case _:
                    pass

    def called(self, framework: SimFramework, callback: Callback) -> None:
        if not isinstance(callback, Registered):
            return
        known = self._ids.get(framework.name, callback.framework_id)
        if known != callback.framework_id and known not in self._removed:
            self.fail(f"{framework.name} was {known}, which was not removed, and is {callback.framework_id} now")
        self._ids[framework.name] = callback.framework_id
