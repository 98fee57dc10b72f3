"""What brings an app from what runs to what is wanted: how many to launch, which to kill, and what it waits for.

The bounds are Marathon's: never fewer ready instances than the minimum by our own kills, never more instances than
the maximum by our own launches. Where both bounds are the same, an upgrade may run one more, or nothing could move.
Who is out of reach is not chosen to end: the kill would come when it is back, and may then be one too many.
Instances on agents that are given up are replaced within the same bounds, and go once their replacements serve.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from barter.frameworks.service.app import App, KillSelection
from barter.frameworks.service.instances import Instance

MOVED = "its agent is to be given up, and others serve in its place"


@dataclass(frozen=True, slots=True)
class Plan:
    """`settled`: what runs is what is wanted. `waiting` says what stands between the two."""

    launches: int = 0
    kills: tuple[tuple[Instance, str], ...] = ()
    waiting: str = ""
    settled: bool = False
    ready: int = 0


@dataclass(slots=True)
class _Census:
    """The instances within reach, by what they are to us; `going` are current ones on agents that are given up."""

    total: int = 0
    killing: int = 0
    current: list[Instance] = field(default_factory=list)
    outdated: list[Instance] = field(default_factory=list)
    going: list[Instance] = field(default_factory=list)
    ready: int = 0
    unheard: int = 0
    lost: int = 0


def plan(app: App, config_version: int, instances: Iterable[Instance], now: int, *, deleting: bool = False) -> Plan:
    """`config_version` is the oldest app version whose instances are current."""
    wanted = 0 if deleting else app.instances
    here = (one for one in instances if not deleting or one.lost_ms is None)
    census = _count(app, config_version, here, now, deleting)
    room = _most(app, wanted, census) - census.total
    launches = max(min(wanted - len(census.current), room), 0)
    if census.unheard and not deleting:
        return Plan(launches, (), f"not heard of since the restart: {census.unheard} of {census.total}")
    surplus = _surplus(app, census, wanted, deleting)
    still_ready = census.ready - sum(instance.ready for instance, _ in surplus)
    moved = _moved(app, census, still_ready, wanted)
    still_ready -= sum(instance.ready for instance, _ in moved)
    kills = (*surplus, *moved, *_replaced(app, census, still_ready, wanted, deleting))
    ready = sum(instance.ready for instance in (*census.current, *census.going))
    settled = ready == wanted == census.total
    waiting = "" if settled and not census.going else _waiting(census, wanted, ready, launches, room, len(kills))
    return Plan(launches, kills, waiting, settled, ready)


def _count(app: App, config_version: int, instances: Iterable[Instance], now: int, deleting: bool) -> _Census:
    census = _Census()
    for instance in instances:
        if instance.out_of_reach(app.unreachable, now):
            continue
        census.total += 1
        census.unheard += instance.adopted
        census.lost += instance.lost_ms is not None
        census.ready += instance.ready
        if instance.kill_reason:
            census.killing += 1
        elif instance.placed.version < config_version:
            census.outdated.append(instance)
        elif instance.going and not deleting:
            census.going.append(instance)
        else:
            census.current.append(instance)
    return census


def _most(app: App, wanted: int, census: _Census) -> int:
    most = app.upgrade.most(wanted)
    stuck = bool(census.outdated or census.going) and most <= app.fewest_ready(wanted)
    return most + 1 if stuck else most


def _surplus(app: App, census: _Census, wanted: int, deleting: bool) -> list[tuple[Instance, str]]:
    """Scaling down, or one came back beside its replacement: what does not serve goes first."""
    over = len(census.current) - wanted
    if over <= 0:
        return []
    reason = "the app is deleted" if deleting else f"more than the {wanted} wanted"
    return [(instance, reason) for instance in _in_kill_order(app, census.current)[:over] if instance.lost_ms is None]


def _moved(app: App, census: _Census, still_ready: int, wanted: int) -> list[tuple[Instance, str]]:
    """Those on agents that are given up, as far as others serve in their place.

    Where no instance more may run meanwhile, they have to end first: as far as the minimum allows.
    """
    fewest = app.fewest_ready(wanted)
    others_first = app.upgrade.most(wanted) > wanted or fewest == wanted
    serving = sum(instance.ready for instance in census.current)
    most = len(census.going) - max(wanted - serving, 0) if others_first else len(census.going)
    moved: list[tuple[Instance, str]] = []
    for instance in _in_kill_order(app, census.going)[: max(most, 0)]:
        still_ready -= instance.ready
        if instance.ready and still_ready < fewest:
            break
        if instance.lost_ms is None:
            moved.append((instance, MOVED))
    return moved


def _replaced(app: App, census: _Census, still_ready: int, wanted: int, deleting: bool) -> list[tuple[Instance, str]]:
    """Outdated instances that may go: all that do not serve, and of those that do what is above the minimum."""
    if deleting:
        return [(instance, "the app is deleted") for instance in census.outdated]
    spare = still_ready - app.fewest_ready(wanted)
    kills: list[tuple[Instance, str]] = []
    for instance in _in_kill_order(app, census.outdated):
        if instance.ready:
            spare -= 1
            if spare < 0:
                break
        if instance.lost_ms is None:
            kills.append((instance, "replaced by a new version"))
    return kills


def _in_kill_order(app: App, instances: list[Instance]) -> list[Instance]:
    """`instances` come in the order of their launch; who has to go anyway goes first, then whom the app selects."""
    oldest_first = app.kill_selection is KillSelection.OLDEST_FIRST
    in_turn = instances if oldest_first else list(reversed(instances))
    turns = {instance.task_id: turn for turn, instance in enumerate(in_turn)}
    return sorted(instances, key=lambda one: (one.ready, not one.going, turns[one.task_id]))


def _waiting(census: _Census, wanted: int, ready: int, launches: int, room: int, ending: int) -> str:
    if launches:
        return f"waiting for an offer: {launches} of {wanted}"
    missing = wanted - len(census.current)
    if missing > 0 and room <= 0:
        return f"waiting for others to end: {missing} of {wanted}, as {census.total} run, which is the maximum"
    starting = sum(not instance.running and instance.lost_ms is None for instance in census.current)
    if starting:
        return f"starting: {starting} of {wanted}"
    if census.lost:
        return f"waiting for instances out of reach: {census.lost} of {census.total}"
    unready = sum(not instance.checked_ready for instance in census.current)
    if ready < wanted and unready:
        return f"not ready yet: {unready} of {wanted}"
    if ready < wanted:
        return f"not healthy yet: {wanted - ready} of {wanted}"
    if census.going:
        return f"on agents that are to be given up: {len(census.going)} of {wanted}"
    return f"ending: {census.killing + ending}"
