"""Apps run in the role of their framework, or in another of its roles that they name."""

from barter.core.machine import Tick
from barter.core.resources import resources
from barter.core.units import MIB
from barter.frameworks.service.actions import Answer, SetDemands
from barter.frameworks.service.app import App
from barter.frameworks.service.events import Change, Put
from barter.frameworks.service.machine import ServiceMachine


def test_what_is_wanted_is_wanted_in_the_role() -> None:
    machine = ServiceMachine(1, roles=("eng/web",))
    machine.step(Change(1, "d1", (Put(App("/web", cmd="true", cpus=100), 0),)), 0)
    told = [action for action in machine.step(Tick(), 0) if isinstance(action, SetDemands)]
    ((wanted,),) = [action.demands for action in told]
    assert (wanted.role, wanted.resources) == ("eng/web", resources(cpus=100, mem=128 * MIB))


def test_an_app_may_name_another_role_of_the_framework() -> None:
    machine = ServiceMachine(1, roles=("eng/web", "dev"))
    acted = machine.step(Change(1, "d1", (Put(App("/web", cmd="true", role="dev"), 0),)), 0)
    [answer] = [action for action in acted if isinstance(action, Answer)]
    assert answer.status == 200
    ((wanted,),) = [action.demands for action in machine.step(Tick(), 0) if isinstance(action, SetDemands)]
    assert wanted.role == "dev"


def test_a_role_that_is_not_the_frameworks_is_refused() -> None:
    machine = ServiceMachine(1, roles=("eng/web", "dev"))
    [answer] = machine.step(Change(1, "d1", (Put(App("/web", cmd="true", role="ops"), 0),)), 0)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.path) == (422, "/role")
    assert "none of the framework's, eng/web, dev" in answer.message
