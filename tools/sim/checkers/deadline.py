"""A deployment gets on, or ends: with success, at its app's deadline, or because somebody ends it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from barter.frameworks.service.actions import Action
from barter.frameworks.service.state import AppState, Deployment, Standing
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.fleet import Fleet
from barter.tools.sim.checkers.watched import find
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.process import Process
from barter.tools.sim.workloads.service import ServiceWorkload
from barter.tools.sim.world import SECOND_US


@dataclass(slots=True)
class _Best:
    """The most ready new ones, the fewest others, the fewest in all that there were, and when that came last."""

    ready: int
    others: int
    total: int
    away: int
    at_us: int
    standing: Standing | None
    done: bool = False
    waited: bool = False


class Deadline(Checker):
    """Judges what is not paused, apps in their turn that did not have all yet, and no canaries that are all ready.
    What an operator decides of canaries gives the whole deadline again.
    A new process gives the whole deadline again; clocks of frameworks may be slow.
    """

    name = "deadline"

    def __init__(self, fleet: Fleet) -> None:
        super().__init__()
        self._fleet = fleet
        self._framework: SimFramework | None = None
        self._workload = ServiceWorkload()
        self._best: dict[tuple[str, str], _Best] = {}

    def begin(self, cluster: SimCluster) -> None:
        super().begin(cluster)
        if (found := find(cluster, ServiceWorkload)) is not None:
            self._framework, self._workload = found
            self._workload.watching.append(self._decided)

    def process_started(self, process: Process[Any, Any]) -> None:
        if process is self._framework:
            self._best.clear()

    def at_end(self, cluster: SimCluster) -> None:
        if self._framework is not None and self._framework.up:
            self._look()

    def _decided(self, actions: Sequence[Action]) -> None:
        self._look()

    def _look(self) -> None:
        before, self._best = self._best, {}
        for deployment in self._workload.deployments.values():
            if not deployment.paused and deployment.current < len(deployment.steps):
                for action in deployment.steps[deployment.current]:
                    state = self._fleet.app(action.app_id)
                    if state is not None and not state.stored.deleting:
                        key = deployment.deployment_id, action.app_id
                        self._best[key] = self._judged(deployment, state, before.get(key))

    def _judged(self, deployment: Deployment, state: AppState, best: _Best | None) -> _Best:
        now_us, app, standing = self.cluster.world.now_us, state.app, state.stored.standing
        instances = self._fleet.instances(app.app_id).values()
        current = [one for one in instances if state.stored.is_current(one.version)]
        ready, total = sum(one.ready for one in current), len(instances)
        others, away = total - len(current), sum(one.away for one in instances)
        if best is None:
            return _Best(ready, others, total, away, now_us, standing, done=ready >= app.instances and not others)
        waits = standing is not None and standing.trial is not None and ready >= standing.fresh
        # Who went out of reach is in nobody's way any more, after a while that is the app's to say.
        patience_us = (app.unreachable.inactive_ms if app.unreachable else 0) * 1000
        nearer = ready > best.ready or others < best.others or total < best.total
        if waits or best.waited or standing != best.standing or nearer:
            best.at_us = now_us
        elif away > best.away:
            best.at_us = now_us + patience_us
        best.away = away
        best.standing, best.waited = standing, waits
        best.ready, best.others, best.total = max(best.ready, ready), min(best.others, others), min(best.total, total)
        best.done = best.done or (ready >= app.instances and not others)
        allowed_us = app.upgrade.progress_ms * 1100 + 20 * SECOND_US
        if app.upgrade.progress_ms and not best.done and now_us - best.at_us > allowed_us:
            what = f"{deployment.deployment_id}: {app.app_id} came no nearer since {best.at_us / 1e6:.3f} s"
            self.fail(f"{what}, and has {app.upgrade.progress_ms} ms for that: {ready} ready, {others} of before")
        return best
