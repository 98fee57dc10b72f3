"""All apps of a service framework run in its role."""

from barter.core.machine import Tick
from barter.core.resources import resources
from barter.core.units import MIB
from barter.frameworks.service.actions import SetDemands
from barter.frameworks.service.app import App
from barter.frameworks.service.events import Change, Put
from barter.frameworks.service.machine import ServiceMachine


def test_what_is_wanted_is_wanted_in_the_role() -> None:
    machine = ServiceMachine(1, role="eng/web")
    machine.step(Change(1, "d1", (Put(App("/web", cmd="true", cpus=100), 0),)), 0)
    told = [action for action in machine.step(Tick(), 0) if isinstance(action, SetDemands)]
    ((wanted,),) = [action.demands for action in told]
    assert (wanted.role, wanted.resources) == ("eng/web", resources(cpus=100, mem=128 * MIB))
