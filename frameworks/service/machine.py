"""The service framework's core: apps in, demands, launches and kills out.

Events change what is known and mark the app; the Tick that ends every batch (`next_wakeup` asks for it at once)
plans each marked app one time, whatever number of events it had.
"""

import heapq
from collections.abc import Iterable
from dataclasses import replace

from barter.core.machine import Tick
from barter.core.task_state import TaskState
from barter.frameworks.service import requests, rollout
from barter.frameworks.service.actions import (
    Action,
    Answer,
    Decline,
    DropApp,
    Kill,
    Launch,
    Reconcile,
    SaveApp,
    SaveLaunch,
    SetDemands,
    SetServices,
)
from barter.frameworks.service.demand import demand
from barter.frameworks.service.events import (
    DeleteApp,
    Event,
    KillInstances,
    Offered,
    PutApp,
    Registered,
    Request,
    RestartApp,
    StatusCame,
)
from barter.frameworks.service.instances import Instance, Placed, is_failure
from barter.frameworks.service.launch import fit, task
from barter.frameworks.service.paths import key_of, task_id_of
from barter.frameworks.service.roster import Roster
from barter.frameworks.service.routes import service
from barter.frameworks.service.state import AppState, Deployment, Failure, StoredApp
from barter.sdk import Offer, TaskStatus

KILL_AGAIN_MS = 5_000
CONFIRM_MS = 30_000
UNFIT_REFUSE_MS = 1_000
RECORD_SIZE = 32
_ORPHANS = ""


class ServiceMachine:
    """`generation` is larger than in every process before; `stored` and `launches` are what those left behind."""

    def __init__(self, generation: int, stored: Iterable[StoredApp] = (), launches: Iterable[SaveLaunch] = ()) -> None:
        self.apps = {app.app_id: AppState(app) for app in stored}
        self.roster = Roster()
        self._generation = generation
        self._launched = 0
        self._keys = {key_of(app_id): app_id for app_id in self.apps}
        self._orphans: dict[str, int] = {}
        self._marked: dict[str, None] = dict.fromkeys(self.apps)
        self._wanting: dict[str, None] = {}
        self._alarms: list[tuple[int, str]] = []
        self._tell_demands = self._tell_services = True
        for launch in launches:
            self._adopt(launch)

    def next_wakeup(self) -> int | None:
        if self._marked or self._tell_demands or self._tell_services:
            return 0
        return self._alarms[0][0] if self._alarms else None

    def step(self, event: Event | Tick, now: int) -> list[Action]:
        match event:
            case Tick():
                return self._tick(now)
            case Registered():
                return self._reconcile("registered")
            case StatusCame():
                return self._status(event.status, now)
            case Offered():
                return self._offered(event.offers, now)
            case PutApp():
                return self._put(event, now)
            case RestartApp() | DeleteApp() | KillInstances():
                return self._change(event, now)

    def _adopt(self, launch: SaveLaunch) -> None:
        for placed in launch.placed:
            state = self.apps.get(placed.app_id)
            if state is not None:
                instance = Instance(placed, launch.record, adopted=True, kill_reason=placed.unwanted)
                self.roster.add(state, instance)

    def _tick(self, now: int) -> list[Action]:
        while self._alarms and self._alarms[0][0] <= now:
            self._marked[heapq.heappop(self._alarms)[1]] = None
        marked, self._marked = self._marked, {}
        actions: list[Action] = []
        for app_id in marked:
            if app_id == _ORPHANS:
                actions += self._kill_orphans(now)
            elif app_id in self.apps:
                actions += self._plan(self.apps[app_id], now)
        if self._tell_services:
            self._tell_services = False
            actions.append(SetServices(tuple(service(state.app) for state in self.apps.values())))
        if self._tell_demands:
            self._tell_demands = False
            wanting = (self.apps[app_id] for app_id in self._wanting)
            actions.append(SetDemands(tuple(demand(state.app, state.wanted) for state in wanting)))
        return actions

    def _plan(self, state: AppState, now: int) -> list[Action]:
        stored = state.stored
        plan = rollout.plan(stored.app, stored.config_version, state.instances.values(), now, deleting=stored.deleting)
        actions = [*self.roster.doom(plan.kills, now), *self._chores(state, now)]
        state.ready, state.waiting = plan.ready, plan.waiting
        held_back = plan.launches and state.backoff.until > now
        if held_back:
            self._alarm(state.backoff.until, stored.app_id)
            state.waiting = f"waits after {state.backoff.failures} failures in a row: {_last(state)}"
        self._want(state, 0 if held_back else plan.launches, plan.launches > 0, now)
        if plan.settled:
            actions += self._settle(state, now)
        return actions

    def _chores(self, state: AppState, now: int) -> list[Action]:
        """Kills that are due, first or again, and questions about launches that nothing was heard of."""
        actions: list[Action] = []
        silent: list[str] = []
        app_id, grace_ms = state.stored.app_id, state.app.kill_grace_ms
        for instance in state.instances.values():
            if instance.kill_reason and instance.kill_due <= now and instance.lost_ms is None:
                instance.kill_due = now + grace_ms + KILL_AGAIN_MS
                self._alarm(instance.kill_due, app_id)
                actions.append(Kill(instance.task_id, grace_ms, instance.kill_reason))
            elif instance.state is TaskState.STAGING and instance.confirm_due <= now:
                if instance.confirm_due:
                    silent.append(instance.task_id)
                instance.confirm_due = now + CONFIRM_MS
                self._alarm(instance.confirm_due, app_id)
        if silent:
            actions.append(Reconcile(tuple(silent), "launched, and nothing heard since"))
        return actions

    def _want(self, state: AppState, wanted: int, lacking: bool, now: int) -> None:
        app_id = state.stored.app_id
        state.since = (state.since or now) if lacking else 0
        if wanted == state.wanted and (app_id in self._wanting) == bool(wanted):
            return
        state.wanted, self._tell_demands = wanted, True
        if wanted:
            self._wanting[app_id] = None
        else:
            self._wanting.pop(app_id, None)

    def _settle(self, state: AppState, now: int) -> list[Action]:
        """All is as wanted: the deployment is done, and who is out of reach for too long is given up."""
        actions: list[Action] = []
        stored, strategy = state.stored, state.app.unreachable
        for instance in list(state.instances.values()):
            given_up = strategy and instance.lost_ms is not None and now >= instance.lost_ms + strategy.expunge_ms
            if stored.deleting or given_up:
                actions += self.roster.remove(state, instance)
        if stored.deleting:
            del self.apps[stored.app_id], self._keys[key_of(stored.app_id)]
            self._tell_services = True
            return [DropApp(stored.app_id), *actions]
        if stored.deployment is not None:
            state.stored = replace(stored, deployment=None)
            actions.append(SaveApp(state.stored))
        return actions

    def _status(self, status: TaskStatus, now: int) -> list[Action]:
        instance = self.roster.get(status.task_id)
        if instance is None:
            return self._unknown(status, now)
        state = self.apps[instance.placed.app_id]
        was_healthy, was_lost, unheard = instance.was_healthy, instance.lost_ms is not None, instance.adopted
        if not instance.apply(status, now):
            return []
        app_id, strategy = state.stored.app_id, state.app.unreachable
        self._marked[app_id] = None
        if instance.lost_ms == now and strategy and not was_lost:
            self._alarm(now + strategy.inactive_ms, app_id)
            self._alarm(now + strategy.expunge_ms, app_id)
        if was_lost and instance.lost_ms is None:
            instance.kill_due = min(instance.kill_due, now)
        if instance.was_healthy and not was_healthy:
            state.backoff.reset()
        if status.terminal and not instance.kill_reason and not unheard:
            self._failed(state, instance, status, now)
        return self.roster.remove(state, instance) if status.terminal else []

    def _failed(self, state: AppState, instance: Instance, status: TaskStatus, now: int) -> None:
        """An end nobody here asked for, of an instance that this process has heard of before."""
        placed = instance.placed
        state.last_failure = Failure(
            placed.task_id, placed.host, placed.agent_id, status.state, status.message, placed.version, now
        )
        if is_failure(status):
            if instance.proven(now):
                state.backoff.reset()
            state.backoff.fail(state.app.delays, now)

    def _unknown(self, status: TaskStatus, now: int) -> list[Action]:
        """Ids are durable before they are launched, so a task that no record has is one that was given up."""
        if status.terminal:
            self._orphans.pop(status.task_id, None)
        elif status.task_id not in self._orphans and status.state not in (TaskState.UNREACHABLE, TaskState.UNKNOWN):
            self._orphans[status.task_id] = now
            self._marked[_ORPHANS] = None
        return []

    def _kill_orphans(self, now: int) -> list[Action]:
        due = [task_id for task_id, when in self._orphans.items() if when <= now]
        for task_id in due:
            self._orphans[task_id] = now + KILL_AGAIN_MS
            self._alarm(now + KILL_AGAIN_MS, _ORPHANS)
        return [Kill(task_id, -1, "no app has this task any more") for task_id in due]

    def _reconcile(self, reason: str) -> list[Action]:
        unheard = self.roster.unheard()
        return [Reconcile(unheard, reason)] if unheard else []

    def _offered(self, offers: tuple[Offer, ...], now: int) -> list[Action]:
        actions: list[Action] = []
        answers: list[Action] = []
        launched_before = self._launched
        for offer in offers:
            app_id = self._keys.get(offer.demand_id, "")
            if app_id in self._marked:
                del self._marked[app_id]
                actions += self._plan(self.apps[app_id], now)
            state = self.apps.get(app_id)
            if state is None or not state.wanted:
                answers.append(Decline(offer, 0, "nothing more is wanted"))
            else:
                answers.append(self._launch(state, offer, launched_before, now))
        firsts = range(launched_before, self._launched, RECORD_SIZE)
        saved = [action for first in firsts for action in self.roster.record(self._record(launched_before, first + 1))]
        return [*actions, *saved, *answers]

    def _record(self, launched_before: int, number: int) -> str:
        """The key of the record of the launch `number`: those of one batch share it, up to RECORD_SIZE."""
        return f"{self._generation}-{number - (number - launched_before - 1) % RECORD_SIZE}"

    def _launch(self, state: AppState, offer: Offer, launched_before: int, now: int) -> Action:
        app, version = state.app, state.stored.version
        tasks = []
        for host_ports in fit(app, offer, state.wanted, self._launched):
            self._launched += 1
            task_id = task_id_of(app.app_id, self._generation, self._launched)
            placed = Placed(
                task_id,
                app.app_id,
                version,
                offer.agent_id,
                offer.hostname,
                offer.host,
                host_ports,
                now,
                app.check is not None,
            )
            record = self._record(launched_before, self._launched)
            instance = Instance(placed, record, confirm_due=now + CONFIRM_MS)
            self.roster.add(state, instance)
            tasks.append(task(app, version, task_id, offer, host_ports))
        if not tasks:
            return Decline(offer, UNFIT_REFUSE_MS, f"does not hold one instance of {app.app_id}")
        reason = f"{len(tasks)} of the {state.wanted} instances that {app.app_id} lacks"
        self._alarm(now + CONFIRM_MS, app.app_id)
        self._want(state, state.wanted - len(tasks), state.wanted > len(tasks), now)
        self._marked[app.app_id] = None
        return Launch(offer, tuple(tasks), reason)

    def _put(self, event: PutApp, now: int) -> list[Action]:
        state = self.apps.get(event.app.app_id)
        if event.base and state is not None and requests.unchanged(event.app, state):
            return [Answer(event.request, state.stored.version, event.deployment_id)]
        refusal = requests.refuse_put(event, self.apps)
        if refusal is not None:
            return [refusal]
        stored = requests.put(event, state.stored if state else None, now)
        if state is None:
            self.apps[stored.app_id] = state = AppState(stored)
            self._keys[key_of(stored.app_id)] = stored.app_id
        elif stored.config_version != state.stored.config_version:
            state.backoff.reset()
        self._tell_services = True
        return self._keep(event, state, stored)

    def _change(self, event: RestartApp | DeleteApp | KillInstances, now: int) -> list[Action]:
        state = self.apps.get(event.app_id)
        if state is None or state.stored.deleting:
            return [requests.missing(event.request, event.app_id)]
        simple_kill = isinstance(event, KillInstances) and not event.scale
        refusal = None if simple_kill else requests.locked(event, state)
        if refusal is not None:
            return [refusal]
        old, version = state.stored, requests.next_version(state.stored, now)
        versions = (*old.versions, (version, old.app))
        if isinstance(event, DeleteApp):
            deployment = Deployment(event.deployment_id, requests.STOP, version)
            return self._keep(event, state, replace(old, deleting=True, deployment=deployment), version)
        if isinstance(event, RestartApp):
            deployment = Deployment(event.deployment_id, requests.RESTART, version)
            state.backoff.reset()
            stored = replace(old, versions=versions, config_version=version, deployment=deployment)
            return self._keep(event, state, stored)
        return self._kill_instances(event, state, version, now)

    def _kill_instances(self, event: KillInstances, state: AppState, version: int, now: int) -> list[Action]:
        chosen = [self.roster.get(task_id) for task_id in event.task_ids]
        doomed = [one for one in chosen if one and one.placed.app_id == event.app_id and not one.kill_reason]
        saved = self.roster.doom([(one, "asked for by an operator") for one in doomed], now)
        self._marked[event.app_id] = None
        if not event.scale:
            return [*saved, Answer(event.request, state.stored.version)]
        app = replace(state.app, instances=max(state.app.instances - len(doomed), 0))
        change = PutApp(event.request, app, state.stored.version, event.deployment_id)
        return [*saved, *self._keep(event, state, requests.put(change, state.stored, version))]

    def _keep(self, event: Request, state: AppState, stored: StoredApp, version: int = 0) -> list[Action]:
        state.stored = stored
        self._marked[stored.app_id] = None
        self._tell_demands = self._tell_demands or stored.app_id in self._wanting
        return [SaveApp(stored), Answer(event.request, version or stored.version, event.deployment_id)]

    def _alarm(self, when: int, app_id: str) -> None:
        heapq.heappush(self._alarms, (when, app_id))


def _last(state: AppState) -> str:
    failure = state.last_failure
    return f"{failure.state}, {failure.message or 'no message'}" if failure else "no message"
