"""The story of a few apps and groups, drawn from a seed: deployed, broken, paused, promoted, taken back, deleted."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from barter.frameworks.service.app import App
from barter.frameworks.service.state import StoredGroup
from barter.tools.sim.workloads.apps import draw_app, most_instances
from barter.tools.sim.workloads.asks import (
    Break,
    Delete,
    GoBack,
    KillSome,
    OperatorAct,
    Pause,
    Promote,
    Put,
    PutGroup,
    Restart,
    Resume,
    Scale,
    Upgrade,
)

CREATED_MS = 120_000
CHANGED_EVERY_MS = 360_000
_KINDS = ("scale", "upgrade", "break", "restart", "kill", "delete")
_WEIGHTS = (3, 5, 2, 2, 2, 1)


def draw_acts(rng: Random, duration_ms: int) -> list[OperatorAct]:
    """A few apps, some of them in groups, each with its own story; what is deleted is mostly created again."""
    acts: list[OperatorAct] = []
    for first in _draw_firsts(rng, duration_ms):
        acts.append(first)
        for _ in range(rng.randint(1, 1 + duration_ms // CHANGED_EVERY_MS)):
            acts += _draw_change(rng, first, rng.randrange(duration_ms), duration_ms)
    return sorted((act for act in acts if act.at_ms < duration_ms), key=lambda act: act.at_ms)


def _draw_firsts(rng: Random, duration_ms: int) -> list[Put | PutGroup]:
    firsts: list[Put | PutGroup] = []
    number = 0
    for _ in range(rng.randint(2, 4)):
        at_ms = rng.randrange(min(duration_ms, CREATED_MS))
        if rng.random() < 0.3:
            group = _draw_group(rng, number, at_ms)
            firsts.append(group)
            number += len(group.apps)
        else:
            app = draw_app(rng, number)
            firsts.append(Put(at_ms, app.app_id, app))
            number += 1
    return firsts


def _draw_group(rng: Random, number: int, at_ms: int) -> PutGroup:
    """Two or three apps, each needing the one before; or a front group that needs a back group."""
    group_id = f"/shop-{number}"
    drawn = [draw_app(rng, number + index) for index in range(rng.randint(2, 3))]
    drawn = [replace(app, instances=min(app.instances, 3)) for app in drawn]
    if rng.random() < 0.5:
        apps = [replace(app, app_id=f"{group_id}{app.app_id}") for app in drawn]
        apps = [replace(app, dependencies=(apps[at - 1].app_id,)) if at else app for at, app in enumerate(apps)]
        return PutGroup(at_ms, group_id, _shuffled(rng, apps), ())
    back, front = f"{group_id}/back", f"{group_id}/front"
    apps = [replace(app, app_id=f"{front if at else back}{app.app_id}") for at, app in enumerate(drawn)]
    return PutGroup(at_ms, group_id, _shuffled(rng, apps), (StoredGroup(front, (back,)),))


def _shuffled(rng: Random, apps: Sequence[App]) -> tuple[App, ...]:
    return tuple(rng.sample(apps, len(apps)))


def _draw_change(rng: Random, first: Put | PutGroup, at_ms: int, duration_ms: int) -> list[OperatorAct]:
    apps = first.apps if isinstance(first, PutGroup) else (first.app,)
    app = rng.choice(apps)
    app_id, force = app.app_id, rng.random() < 0.7
    match rng.choices(_KINDS, _WEIGHTS)[0]:
        case "scale":
            return [Scale(at_ms, app_id, rng.randint(0, most_instances(app)), force)]
        case "upgrade":
            whole = first.app_id if rng.random() < 0.6 else app_id
            instances = rng.randint(0, most_instances(app)) if whole == app_id and rng.random() < 0.3 else -1
            upgrade = Upgrade(at_ms, whole, rng.randrange(1_000), force, instances)
            return [upgrade, *_meanwhile(rng, app_id, at_ms)]
        case "break":
            broken = Break(at_ms, app_id, rng.choice(("sick", "sick", "crash", "huge")), force)
            back = GoBack(at_ms + rng.randrange(5_000, 120_000), app_id, rng.random() < 0.3)
            return [broken, back, Put(back.at_ms + rng.randrange(20_000, 200_000), app_id, app)]
        case "restart":
            return [Restart(at_ms, app_id, force), *_meanwhile(rng, app_id, at_ms)]
        case "kill":
            chosen = tuple(rng.randrange(6) for _ in range(rng.randint(1, 3)))
            return [KillSome(at_ms, app_id, chosen, rng.random() < 0.3)]
        case _:
            again = min(at_ms + rng.randrange(1_000, 120_000), duration_ms - 1)
            return [Delete(at_ms, first.app_id), replace(first, at_ms=again)]


def _meanwhile(rng: Random, app_id: str, at_ms: int) -> list[OperatorAct]:
    """What operators do while a deployment is under way, if anything."""
    soon = at_ms + rng.randrange(1_000, 60_000)
    later = soon + rng.randrange(5_000, 200_000)
    match rng.choices(("nothing", "back", "give up", "pause", "promote", "again"), (4, 2, 1, 2, 2, 1))[0]:
        case "back":
            return [GoBack(soon, app_id, force=False)]
        case "give up":
            return [GoBack(soon, app_id, force=True)]
        case "pause":
            return [Pause(soon, app_id), Resume(later, app_id)]
        case "promote":
            return [Promote(soon, app_id), Promote(later, app_id)]
        case "again":
            return [Upgrade(soon, app_id, rng.randrange(1_000), force=True)]
        case _:
            return []
