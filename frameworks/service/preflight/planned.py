"""From a change, and the instances there are, to what is to be proved of each app."""

from collections.abc import Iterator, Mapping

from barter.core import ranges as rng
from barter.core.tasks import Network
from barter.frameworks.service.app import App
from barter.frameworks.service.demand import demand
from barter.frameworks.service.events import Change
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.preflight.facts import Standing
from barter.frameworks.service.preflight.proof import Planned
from barter.frameworks.service.requests import put, restarted, unchanged
from barter.frameworks.service.state import AppState, StoredApp


def planned(change: Change, states: Mapping[str, AppState], version: int, role: str) -> Iterator[Planned]:
    """Of every app that `change` creates, changes or restarts; it would be of `version`. Apps run in `role`."""
    for each in change.puts:
        state = states.get(each.app.app_id)
        if not unchanged(each.app, state):
            living = state if state is not None and not state.stored.deleting else None
            yield _planned(each.app, put(living.stored if living else None, each.app, version), living, role)
    for app_id in change.restarts:
        state = states.get(app_id)
        if state is not None and not state.stored.deleting:
            yield _planned(state.app, restarted(state.stored, version), state, role)


def _planned(app: App, stored: StoredApp, state: AppState | None, role: str) -> Planned:
    """Who is out of reach, or on an agent that is to be given up, may stay all the same. Who cannot be told to be ready
    or not is not said to be in the way."""
    wants = demand(app, app.instances, role)
    if state is None:
        return Planned(app.app_id, wants, app.instances, app.upgrade)
    there = [one for one in state.instances.values() if not one.kill_reason]
    known = not any(one.adopted or one.lost_ms is not None for one in there)
    stay = [one for one in there if stored.is_current(one.placed.version)]
    old = [one for one in there if not stored.is_current(one.placed.version) and one.ready] if known else []
    return Planned(
        app.app_id,
        wants,
        app.instances,
        app.upgrade,
        tuple(_standing(one, state.stored, role) for one in stay),
        tuple(_standing(one, state.stored, role) for one in old),
    )


def _standing(instance: Instance, stored: StoredApp, role: str) -> Standing:
    app = stored.definition(instance.placed.version) or stored.app
    ports = () if app.network is Network.OWN else rng.of_numbers(instance.placed.host_ports)
    return Standing(instance.placed.agent_id, demand(app, 1, role), ports)
