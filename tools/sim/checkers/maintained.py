"""What operators want of agents, by what masters made durable; for the checkers of maintenance."""

from collections.abc import Iterable, Sequence

from barter.core.ids import AgentId
from barter.core.maintenance import Maintenance, Mode
from barter.master import actions as act
from barter.master.facts import AgentLeft, Fact, MaintenanceSet


class Maintained:
    """`now` holds from the step on in which a master decides it; one that dies before its write has decided nothing."""

    def __init__(self) -> None:
        self.now: dict[AgentId, Maintenance] = {}
        self._durable: dict[AgentId, Maintenance] = {}

    def started(self) -> None:
        self.now = dict(self._durable)

    def committed(self, facts: Sequence[Fact]) -> None:
        _apply(self._durable, facts)

    def stepped(self, actions: Sequence[act.Action]) -> list[Maintenance]:
        """What was set."""
        return _apply(self.now, (action.fact for action in actions if isinstance(action, act.Persist)))


def _apply(known: dict[AgentId, Maintenance], facts: Iterable[Fact]) -> list[Maintenance]:
    found: list[Maintenance] = []
    for fact in facts:
        if isinstance(fact, AgentLeft):
            known.pop(fact.agent_id, None)
        elif isinstance(fact, MaintenanceSet):
            found.append(fact.maintenance)
            if fact.maintenance.mode is Mode.ACTIVE and not fact.maintenance.start_ms:
                known.pop(fact.maintenance.agent_id, None)
            else:
                known[fact.maintenance.agent_id] = fact.maintenance
    return found
