"""What operators set for roles, by what masters made durable; for the checkers of quotas."""

from collections.abc import Iterable, Sequence

from barter.core.roles import RoleConfig
from barter.master import actions as act
from barter.master.facts import Fact, RoleSet


class SetRoles:
    """`now` holds from the step on in which a master decides it; one that dies before its write has decided nothing."""

    def __init__(self) -> None:
        self.now: dict[str, RoleConfig] = {}
        self._durable: dict[str, RoleConfig] = {}

    def started(self) -> None:
        self.now = dict(self._durable)

    def committed(self, facts: Sequence[Fact]) -> None:
        _apply(self._durable, facts)

    def stepped(self, actions: Sequence[act.Action]) -> bool:
        """Whether anything was set."""
        return _apply(self.now, (action.fact for action in actions if isinstance(action, act.Persist)))


def _apply(roles: dict[str, RoleConfig], facts: Iterable[Fact]) -> bool:
    changed = False
    for fact in facts:
        if isinstance(fact, RoleSet):
            changed = True
            roles[fact.config.role] = fact.config
    return changed
