"""What brings an app from what runs to what is wanted: how many to launch, which to kill, and what it waits for.

The bounds are Marathon's: never fewer ready instances than the minimum by our own kills, never more instances than
the maximum by our own launches. Where both bounds are the same, an upgrade may run one more, or nothing could move.
Scale-ins, upgrades, drains and those that came back beside their replacements spend one and the same budget.
Who is out of reach is not chosen to end: the kill would come when it is back, and may then be one too many.
Instances on agents that are given up are replaced within the same bounds, and go once their replacements serve.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from barter.frameworks.service.app import App, KillSelection
from barter.frameworks.service.deployment.goal import Goal
from barter.frameworks.service.instances import Instance

MOVED = "its agent is to be given up, and others serve in its place"
DELETED = "the app is deleted"
Kills = list[tuple[Instance, str]]


@dataclass(frozen=True, slots=True)
class Plan:
    """`settled`: what runs is what is wanted. `waiting` says what stands between the two.

    The launches get the definition of before where `earlier`. `fresh` are ready ones of now, `outdated` all others and
    `total` all, each with those that are to come in the place of lost ones.
    """

    launches: int = 0
    kills: tuple[tuple[Instance, str], ...] = ()
    waiting: str = ""
    settled: bool = False
    ready: int = 0
    earlier: bool = False
    fresh: int = 0
    outdated: int = 0
    total: int = 0


@dataclass(slots=True)
class _Side:
    """The instances of one definition, `wanted` of which are to run; `going` are on agents that are given up."""

    wanted: int
    staying: list[Instance] = field(default_factory=list)
    going: list[Instance] = field(default_factory=list)

    @property
    def missing(self) -> int:
        return max(self.wanted - len(self.staying), 0)

    @property
    def ready(self) -> int:
        return sum(one.ready for one in (*self.staying, *self.going))


@dataclass(slots=True)
class _Census:
    """The instances within reach, by what they are to us."""

    fresh: _Side
    outdated: _Side
    total: int = 0
    killing: int = 0
    ready: int = 0
    unheard: int = 0
    lost: int = 0

    @property
    def going(self) -> int:
        return len(self.fresh.going) + len(self.outdated.going)

    @property
    def moving(self) -> bool:
        """Whether some are to be replaced by others."""
        return self.going > 0 or len(self.outdated.staying) > self.outdated.wanted


@dataclass(slots=True)
class _Budget:
    """How many ready instances may still go."""

    spare: int

    def allows(self, instance: Instance) -> bool:
        """Spends it on the instance, where it lasts."""
        if not instance.ready:
            return True
        if self.spare <= 0:
            return False
        self.spare -= 1
        return True


def plan(goal: Goal, instances: Iterable[Instance], now: int) -> Plan:
    here = (one for one in instances if not goal.deleting or one.lost_ms is None)
    census = _count(goal, here, now)
    ready = census.fresh.ready + (census.outdated.ready if goal.outdated else 0)
    room = _most(goal, census) - census.total
    side = census.outdated if census.outdated.missing else census.fresh
    launches = max(min(side.missing, room), 0)
    kills = tuple(_kills(goal, census))
    settled = census.fresh.ready == census.fresh.wanted and ready == goal.wanted == census.total
    found = Plan(
        launches,
        kills,
        settled=settled,
        ready=ready,
        earlier=side is census.outdated,
        fresh=census.fresh.ready,
        outdated=len(census.outdated.staying) + len(census.outdated.going) + census.outdated.missing,
        total=max(census.total, goal.wanted),
    )
    if settled and not census.going:
        return found
    return replace(found, waiting=_waiting(goal, census, found, room))


def _kills(goal: Goal, census: _Census) -> Kills:
    """What may end now. While some were not heard of nobody knows how many are ready."""
    if goal.deleting:
        everyone = (*census.fresh.staying, *census.outdated.staying)
        return [(instance, DELETED) for instance in everyone if instance.lost_ms is None]
    if census.unheard:
        return []
    budget = _Budget(census.ready - goal.fewest)
    return [
        *_surplus(goal.app, census.fresh, budget, f"more than the {census.fresh.wanted} wanted"),
        *_moved(goal, census.fresh, budget),
        *_moved(goal, census.outdated, budget),
        *_surplus(goal.app, census.outdated, budget, "replaced by a new version"),
    ]


def _count(goal: Goal, instances: Iterable[Instance], now: int) -> _Census:
    census = _Census(_Side(goal.fresh), _Side(goal.outdated))
    for instance in instances:
        if instance.out_of_reach(goal.app.unreachable, now):
            continue
        census.total += 1
        census.unheard += instance.adopted
        census.lost += instance.lost_ms is not None
        census.ready += instance.ready
        side = census.fresh if goal.stored.is_current(instance.placed.version) else census.outdated
        if instance.kill_reason:
            census.killing += 1
        elif instance.going and not goal.deleting and (side.wanted or side is census.fresh):
            side.going.append(instance)
        else:
            side.staying.append(instance)
    if (lost := census.outdated.missing) and goal.stored.fallback is None:
        # Their definition is not to be had any more: those of now take their places.
        census.outdated.wanted -= lost
        census.fresh.wanted += lost
    return census


def _most(goal: Goal, census: _Census) -> int:
    return goal.most + 1 if census.moving and goal.most <= goal.fewest else goal.most


def _surplus(app: App, side: _Side, budget: _Budget, reason: str) -> Kills:
    """Scaled in, outdated, or back beside its replacement: what does not serve goes first."""
    over = max(len(side.staying) - side.wanted, 0)
    kills: Kills = []
    for instance in _in_kill_order(app, side.staying)[:over]:
        if instance.lost_ms is None:
            if not budget.allows(instance):
                break
            kills.append((instance, reason))
    return kills


def _moved(goal: Goal, side: _Side, budget: _Budget) -> Kills:
    """Those on agents that are given up, as far as others serve in their place.

    Where no instance more may run meanwhile, they have to end first: as far as the minimum allows.
    """
    others_first = goal.most > goal.wanted or goal.fewest == goal.wanted
    serving = sum(instance.ready for instance in side.staying)
    going = [instance for instance in side.going if instance.lost_ms is None]
    most = len(going) - max(side.wanted - serving, 0) if others_first else len(going)
    moved: Kills = []
    for instance in _in_kill_order(goal.app, going)[: max(most, 0)]:
        if not budget.allows(instance):
            break
        moved.append((instance, MOVED))
    return moved


def _in_kill_order(app: App, instances: list[Instance]) -> list[Instance]:
    """`instances` come in the order of their launch. Those out of reach may be gone: nobody ends instead of them;
    then comes who has to go anyway, then whom the app selects.
    """
    oldest_first = app.kill_selection is KillSelection.OLDEST_FIRST
    in_turn = instances if oldest_first else list(reversed(instances))
    turns = {instance.task_id: turn for turn, instance in enumerate(in_turn)}
    return sorted(instances, key=lambda one: (one.ready, one.lost_ms is None, not one.going, turns[one.task_id]))


def _waiting(goal: Goal, census: _Census, found: Plan, room: int) -> str:
    wanted, here = goal.wanted, (*census.fresh.staying, *census.outdated.staying)
    if census.unheard and not goal.deleting:
        return f"not heard of since the restart: {census.unheard} of {census.total}"
    if found.launches:
        return f"waiting for an offer: {found.launches} of {wanted}"
    missing = census.fresh.missing + census.outdated.missing
    if missing > 0 and room <= 0:
        return f"waiting for others to end: {missing} of {wanted}, as {census.total} run, which is the maximum"
    starting = sum(not instance.running and instance.lost_ms is None for instance in here)
    if starting:
        return f"starting: {starting} of {wanted}"
    if census.lost:
        return f"waiting for instances out of reach: {census.lost} of {census.total}"
    unserved = sum(instance.awaits_edges for instance in here)
    if found.ready < wanted and unserved:
        return f"not in the edges yet: {unserved} of {wanted}"
    unready = sum(not instance.checked_ready for instance in here)
    if found.ready < wanted and unready:
        return f"not ready yet: {unready} of {wanted}"
    if found.ready < wanted:
        return f"not healthy yet: {wanted - found.ready} of {wanted}"
    if census.going:
        return f"on agents that are to be given up: {census.going} of {wanted}"
    return f"ending: {census.killing + len(found.kills)}"
