"""Which tasks of an agent would have to end for one more task of a demand: the fewest, revocable and newest first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from barter.core.cluster import Demand
from barter.core.ranges import size
from barter.core.resources import PORTS, Resources
from barter.core.roles import RoleConfig, is_within, lineage
from barter.master.holdings import plain_of
from barter.master.state import Task

Amounts = Mapping[str, int]
Cost = tuple[int, int, float]


def amounts_of(resources: Resources) -> dict[str, int]:
    """Scalars, and how many ports."""
    amounts = dict(resources.scalars)
    if resources.ports:
        amounts[PORTS] = size(resources.ports)
    return amounts


def need_of(demand: Demand) -> dict[str, int]:
    """Of one task."""
    need = amounts_of(demand.resources)
    if demand.port_count:
        need[PORTS] = need.get(PORTS, 0) + demand.port_count
    return need


class Surplus:
    """What roles consume beyond their guarantees, less with each task that is given up."""

    def __init__(self, over: Mapping[str, Amounts]) -> None:
        self._over = {role: dict(amounts) for role, amounts in over.items()}

    @classmethod
    def of(cls, roles: Mapping[str, RoleConfig], consumed: Mapping[str, Amounts]) -> "Surplus":
        """`consumed` is by role, the roles below it included."""
        return cls(
            {
                role: {kind: consumed[role].get(kind, 0) - least for kind, least in config.guarantee.items()}
                for role, config in roles.items()
                if config.guarantee
            }
        )

    def copy(self) -> "Surplus":
        return Surplus(self._over)

    def give_up(self, role: str, freed: Amounts) -> None:
        for each in lineage(role):
            for kind in self._over.get(each, ()):
                self._over[each][kind] -= freed.get(kind, 0)

    def regain(self, role: str, kept: Amounts) -> None:
        self.give_up(role, {kind: -amount for kind, amount in kept.items()})

    def spares(self, role: str, freed: Amounts, against: str) -> bool:
        """Whether no role would be under its guarantee that does not hold for the role `against` too."""
        return not any(
            freed.get(kind, 0) > max(left, 0)
            for each in lineage(role)
            if each in self._over and not is_within(against, each)
            for kind, left in self._over[each].items()
        )

    def beyond(self, role: str, against: str) -> tuple[str, Amounts] | None:
        """The nearest role above with a guarantee of its own, and what it has beyond that."""
        for each in lineage(role):
            if each in self._over and not is_within(against, each):
                return each, {kind: left for kind, left in self._over[each].items() if left > 0}
        return None


@dataclass(frozen=True, slots=True)
class Choice:
    """`cost` orders choices: tasks that are not revocable, tasks, and the sum of their shares of the agent."""

    tasks: tuple[Task, ...]
    cost: Cost


def choose(
    tasks: Iterable[Task], short: Amounts, total: Amounts, surplus: Surplus, demand_role: str, under: str
) -> Choice | None:
    """Of an agent's tasks, oldest first, those that make up what it is `short` of; None where all are too few.

    Tasks below the role `under` its guarantee are of no use, nor are those that are being killed.
    """
    living = [task for task in tasks if not task.ending]
    revocable = [task for task in reversed(living) if task.info.revocable]
    others = [task for task in reversed(living) if not task.info.revocable and not is_within(task.info.role, under)]
    left, surplus = dict(short), surplus.copy()
    chosen: list[tuple[Task, Amounts]] = []
    for task in (*revocable, *others):
        if not left:
            break
        freed = amounts_of(plain_of(task.info))
        if not any(freed.get(kind, 0) for kind in left):
            continue
        if not task.info.revocable and not surplus.spares(task.info.role, freed, demand_role):
            continue
        surplus.give_up(task.info.role, freed)
        chosen.append((task, freed))
        left = {kind: lacking - freed.get(kind, 0) for kind, lacking in left.items() if lacking > freed.get(kind, 0)}
    return None if left or not chosen else _needed(chosen, short, total)


def _needed(chosen: list[tuple[Task, Amounts]], short: Amounts, total: Amounts) -> Choice:
    """Without those that turned out not to be needed: the last resort is spared first."""
    excess = {kind: sum(freed.get(kind, 0) for _, freed in chosen) - lacking for kind, lacking in short.items()}
    kept = list(chosen)
    for each in reversed(chosen):
        freed = each[1]
        if all(freed.get(kind, 0) <= over for kind, over in excess.items()):
            kept.remove(each)
            excess = {kind: over - freed.get(kind, 0) for kind, over in excess.items()}
    shares = sum(freed[kind] / total[kind] for _, freed in kept for kind in freed if total.get(kind))
    tasks = tuple(task for task, _ in kept)
    return Choice(tasks, (sum(not task.info.revocable for task in tasks), len(tasks), shares))
