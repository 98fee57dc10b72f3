"""What operators set for roles, by what masters made durable; for the checkers of quotas."""

from collections.abc import Mapping, Sequence

from barter.core.roles import RoleConfig
from barter.master import actions as act
from barter.master import events as ev
from barter.master.facts import Fact, RoleSet


class SetRoles:
    """Holds from the step on in which a master decides it; one that dies before its write has decided nothing.

    `changed` says whether the last step set anything. Each of several checkers may tell it of a step first.
    """

    def __init__(self) -> None:
        self.limits: dict[str, Mapping[str, int]] = {}
        self.guarantees: dict[str, Mapping[str, int]] = {}
        self.changed = False
        self._durable: dict[str, RoleConfig] = {}
        self._noted: Sequence[ev.Event] | None = None

    def started(self) -> None:
        self.limits, self.guarantees = {}, {}
        for config in self._durable.values():
            self._set(config)

    def committed(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            if isinstance(fact, RoleSet):
                self._durable[fact.config.role] = fact.config

    def note(self, events: Sequence[ev.Event], actions: Sequence[act.Action]) -> None:
        if events is self._noted:
            return
        self._noted, self.changed = events, False
        for action in actions:
            if isinstance(action, act.Persist) and isinstance(action.fact, RoleSet):
                self.changed = True
                self._set(action.fact.config)

    def _set(self, config: RoleConfig) -> None:
        self.limits.pop(config.role, None)
        self.guarantees.pop(config.role, None)
        if config.limit:
            self.limits[config.role] = config.limit
        if config.guarantee:
            self.guarantees[config.role] = config.guarantee
