"""From a change, and the instances there are, to what is to be proved of each app."""

from collections.abc import Iterator

from barter.core import ranges as rng
from barter.core.tasks import Network
from barter.frameworks.service.app import App
from barter.frameworks.service.demand import demand
from barter.frameworks.service.events import Change
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.machine import ServiceMachine
from barter.frameworks.service.places import is_resident
from barter.frameworks.service.preflight.facts import Standing
from barter.frameworks.service.preflight.proof import Planned
from barter.frameworks.service.requests import put, restarted, unchanged
from barter.frameworks.service.resident_launch import first_demand
from barter.frameworks.service.state import AppState, StoredApp
from barter.sdk import Demand


def planned(change: Change, machine: ServiceMachine) -> Iterator[Planned]:
    """Of every app that `change` creates, changes or restarts."""
    version = machine.version + 1
    for each in change.puts:
        state = machine.apps.get(each.app.app_id)
        if not unchanged(each.app, state):
            living = state if state is not None and not state.stored.deleting else None
            yield _planned(each.app, put(living.stored if living else None, each.app, version), living, machine)
    for app_id in change.restarts:
        state = machine.apps.get(app_id)
        if state is not None and not state.stored.deleting:
            yield _planned(state.app, restarted(state.stored, version), state, machine)


def _planned(app: App, stored: StoredApp, state: AppState | None, machine: ServiceMachine) -> Planned:
    """Who is out of reach, or on an agent that is to be given up, may stay all the same. Who cannot be told to be ready
    or not is not said to be in the way."""
    role, resident = machine.roles[0], is_resident(app)
    wants = first_demand(app, 1, machine.resident_role) if resident else demand(app, 1, role)
    if state is None:
        return Planned(app.app_id, wants, app.instances)
    there = [one for one in state.instances.values() if not one.kill_reason]
    known = not any(one.adopted or one.lost_ms is not None for one in there)
    stay = [one for one in there if stored.is_current(one.placed.version)]
    old = [one for one in there if not stored.is_current(one.placed.version) and one.ready] if known else []
    return Planned(
        app.app_id,
        wants,
        app.instances,
        app.fewest_ready(app.instances),
        _places(app, wants, machine) if resident else tuple(_standing(one, state.stored, role) for one in stay),
        () if resident else tuple(_standing(one, state.stored, role) for one in old),
        app.upgrade.canary if stored.fallback is not None else 0,
    )


def _places(app: App, wants: Demand, machine: ServiceMachine) -> tuple[Standing, ...]:
    """A place stays whether or not an instance is there."""
    places = [each for each in machine.places.values() if each.app_id == app.app_id and not each.ending]
    return tuple(Standing(each.agent_id, wants, rng.of_numbers(each.host_ports)) for each in places)


def _standing(instance: Instance, stored: StoredApp, role: str) -> Standing:
    app = stored.definition(instance.placed.version) or stored.app
    ports = () if app.network is Network.OWN else rng.of_numbers(instance.placed.host_ports)
    return Standing(instance.placed.agent_id, demand(app, 1, role), ports)
