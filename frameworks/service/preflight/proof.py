"""The proof that a change can never be finished on a cluster as it is, whatever else ends there.

It is sound, not complete: what is refused has no placement, whatever the master does, while instances do not fail and
the cluster stays. What is not refused may still wait for others to end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from barter.core.ids import DemandId
from barter.frameworks.service.preflight.facts import ClusterFacts, Impossible, Standing
from barter.frameworks.service.preflight.room import Room, placed_at_once, room
from barter.frameworks.service.preflight.stages import matching
from barter.frameworks.service.preflight.together import together
from barter.frameworks.service.preflight.words import no_canary, no_spare, nobody, too_few
from barter.sdk import Demand


@dataclass(frozen=True, slots=True)
class Planned:
    """One app of a change: `wanted` instances of `demand` in the end, never fewer than `fewest_ready` on the way.

    `stay` are those instances that go on as they are; `replaced` the ready ones that give way to new ones, empty where
    that happens without regard to how many are ready. Beside all of these so many `canaries` run first.
    """

    app_id: str
    demand: Demand
    wanted: int
    fewest_ready: int = 0
    stay: tuple[Standing, ...] = ()
    replaced: tuple[Standing, ...] = ()
    canaries: int = 0


def prove(planned: Sequence[Planned], cluster: ClusterFacts) -> tuple[Impossible, ...]:
    """Empty where nothing is proved; nothing ever is of a cluster without agents, as one may just be starting."""
    if not cluster.agents:
        return ()
    found = tuple(no for app in planned for no in _alone(app, cluster))
    return found or together([(app.app_id, app.demand, app.wanted) for app in planned if app.wanted], cluster)


def _alone(app: Planned, cluster: ClusterFacts) -> Iterable[Impossible]:
    more = app.wanted - len(app.stay)
    if more > 0 and (app.stay or not _has_room(app.demand, cluster, more)):
        there = room(app.demand, cluster, app.stay)
        if there.most < more:
            yield Impossible(app.app_id, *_why(app, cluster, there))
            return
    if app.wanted > 0 and app.replaced:
        yield from _rolling(app, cluster)


def _has_room(demand: Demand, cluster: ClusterFacts, wanted: int) -> bool:
    """Apps are often alike: they are asked about once."""
    if placed_at_once(demand, cluster, wanted):
        return True
    alike = replace(demand, demand_id=DemandId(""), count=0)
    if alike not in cluster.answers:
        cluster.answers[alike] = room(alike, cluster).most
    return cluster.answers[alike] >= wanted


def _why(app: Planned, cluster: ClusterFacts, there: Room) -> tuple[str, str]:
    found = matching(app.demand, cluster)
    if found.stopped is not None:
        return nobody(found)
    return too_few(app.demand, app.wanted, cluster, there, len(app.stay))


def _rolling(app: Planned, cluster: ClusterFacts) -> Iterable[Impossible]:
    """No ready one goes while only the fewest are ready: so many new ones first, beside all that are there."""
    fewest, run = app.fewest_ready, len(app.replaced)
    more = fewest + 1 - run
    if max(more, app.canaries) <= 0:
        return
    there = room(app.demand, cluster, app.replaced)
    if there.most < app.canaries:
        yield Impossible(app.app_id, "/upgradeStrategy/canary", no_canary(app.demand, run, app.canaries, there))
    elif there.most < more:
        path = "/upgradeStrategy/minimumHealthCapacity"
        lower = _share(max(run + there.most - 1, 0), app.wanted)
        yield Impossible(app.app_id, path, no_spare(app.demand, run, fewest, more, there, lower))


def _share(part: int, of: int) -> str:
    return f"{part * 100 // of / 100:g}"
