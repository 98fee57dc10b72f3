"""What a change would do, and what is proved of it, out of a framework that runs."""

from dataclasses import replace

import pytest

from barter.core.cluster import AgentInfo
from barter.core.constraints import Constraint, Operator
from barter.core.ids import AgentId
from barter.core.resources import resources
from barter.core.units import GIB
from barter.frameworks.service.actions import Answer
from barter.frameworks.service.app import App, Image, Port, Upgrade
from barter.frameworks.service.differences import differences
from barter.frameworks.service.events import Change, Put, Rollback
from barter.frameworks.service.forecast import AppForecast, Forecast, forecast, left_of, way_back
from barter.frameworks.service.forecast_json import forecast_json
from barter.frameworks.service.preflight.facts import AgentFacts, ClusterFacts
from barter.frameworks.service.preflight.planned import planned
from barter.frameworks.service.preflight.proof import prove
from barter.frameworks.service.state import Kind
from tests.service.simulated import World
from tests.service.test_resident import DB
from tests.service.test_resident import World as ResidentWorld

WEB = App("/web", cmd="serve", cpus=100, instances=4)


def world(*apps: App) -> World:
    made = World(agents=8)
    made.register()
    for app in apps:
        made.put(app)
        made.settle()
    return made


def changed(made: World, *apps: App, **more: tuple[str, ...]) -> Change:
    states = made.machine.apps
    bases = [states[app.app_id].stored.version if app.app_id in states else 0 for app in apps]
    return Change(1, "d", puts=tuple(map(Put, apps, bases)), **more)  # type: ignore[arg-type]


def play(made: World, change: Change) -> Forecast:
    found = forecast(left_of(made.machine, change), change, made.now, ("*",))
    assert isinstance(found, Forecast)
    return found


@pytest.mark.parametrize(
    ("upgrade", "most", "fewest"),
    [
        (Upgrade(), 8, 4),
        (Upgrade(1_000_000, 0), 5, 4),
        (Upgrade(1_000_000, 250_000), 5, 4),
        (Upgrade(500_000, 0), 4, 2),
        (Upgrade(0, 0), 4, 0),
        (Upgrade(500_000, 500_000), 6, 2),
    ],
)
def test_the_peak_and_the_lowest_of_an_update(upgrade: Upgrade, most: int, fewest: int) -> None:
    made = world(WEB)
    found = play(made, changed(made, replace(WEB, cmd="other", upgrade=upgrade)))
    assert found.apps == (AppForecast("/web", Kind.RESTART, 4, 4, most, fewest, 4, 4),)
    assert (found.most, found.extra, found.fewest_ready, found.complete) == (most, most - 4, fewest, True)


def test_nothing_is_changed_by_it() -> None:
    made = world(WEB)
    before = (made.machine.apps["/web"].stored, dict(made.machine.deployments), dict(made.tasks))
    play(made, changed(made, replace(WEB, cmd="other")))
    assert (made.machine.apps["/web"].stored, dict(made.machine.deployments), dict(made.tasks)) == before


def test_several_apps_and_their_steps() -> None:
    made = world(WEB, App("/old", cmd="x", cpus=100, instances=2))
    found = play(made, changed(made, replace(WEB, instances=6), App("/new", cmd="x"), deletes=("/old",)))
    kinds = [[(each.kind.value, each.app_id) for each in step] for step in found.steps]
    assert kinds[0] == [("StopApplication", "/old")]
    assert ("ScaleApplication", "/web") in kinds[-1]
    by_id = {each.app_id: each for each in found.apps}
    assert (by_id["/web"].started, by_id["/web"].ended, by_id["/web"].fewest_ready) == (2, 0, 4)
    assert (by_id["/old"].ended, by_id["/new"].started) == (2, 1)
    assert (found.extra, found.complete) == (0, True)


def test_fixed_ports_checks_and_images() -> None:
    app = App("/fixed", image=Image("i"), instances=3, ports=(Port(host_port=31000),), require_ports=True)
    made = world()
    assert play(made, changed(made, app)).apps[0].started == 3


def test_what_is_refused_is_answered() -> None:
    made = world(WEB)
    found = forecast(left_of(made.machine, Change(1, "d")), Change(1, "d", deletes=("/nothing",)), made.now, ("*",))
    assert isinstance(found, Answer)
    assert found.status == 404


def test_a_change_that_says_nothing_new_has_no_steps() -> None:
    made = world(WEB)
    assert forecast_json(play(made, changed(made, WEB))) == {
        "steps": [],
        "forecast": {"mostInstances": 4, "extraInstances": 0, "fewestReady": 4, "complete": True, "apps": []},
        "changes": [],
        "impossible": [],
    }


def test_what_going_back_would_do_is_what_it_does() -> None:
    made = world(WEB, App("/old", cmd="x", cpus=100))
    changes = replace(WEB, cmd="other"), App("/new", cmd="x", cpus=100)
    asked = changed(made, *changes, deletes=("/old",))
    made.ask(Change, puts=asked.puts, deletes=asked.deletes, deployment_id="d9")
    rollback = Rollback(1, "d9", "back", force=False)
    back = way_back(made.machine, rollback)
    assert {put.app.app_id: put.app.cmd for put in back.puts} == {"/web": "serve", "/old": "x"}
    assert back.deletes == ("/new",)
    found = forecast(left_of(made.machine, back), back, made.now, ("*",), rollback)
    assert isinstance(found, Forecast)
    assert "d9" in made.machine.deployments
    made.ask(Rollback, deployment_id="d9", new_id="back", force=False)
    assert found.steps == made.machine.deployments["back"].steps
    assert {each.app_id: (each.before, each.after) for each in found.apps}["/web"][1] == 4
    assert found.complete


def test_giving_up_does_nothing() -> None:
    made = world(WEB)
    asked = changed(made, replace(WEB, cmd="other"))
    made.ask(Change, puts=asked.puts, deployment_id="d9")
    rollback = Rollback(1, "d9", "back", force=True)
    nothing = way_back(made.machine, rollback)
    found = forecast(left_of(made.machine, nothing), nothing, made.now, ("*",), rollback)
    assert found == Forecast()


def test_what_stays_and_what_is_replaced() -> None:
    app = replace(WEB, constraints=(Constraint("@hostname", Operator.UNIQUE),))
    made = world(app)
    [scaled] = planned(changed(made, replace(app, instances=6)), made.machine)
    assert (len(scaled.stay), scaled.replaced, scaled.wanted) == (4, (), 6)
    [updated] = planned(changed(made, replace(app, cmd="other")), made.machine)
    assert (updated.stay, len(updated.replaced), updated.demand.constraints) == ((), 4, app.constraints)
    assert {each.agent_id for each in updated.replaced} == {task.agent_id for task in made.living()}
    assert all(each.ports for each in updated.replaced)
    [restarted] = planned(Change(1, "d", restarts=("/web",)), made.machine)
    assert len(restarted.replaced) == 4
    assert list(planned(changed(made, app), made.machine)) == []
    [new] = planned(changed(made, App("/new", cmd="x")), made.machine)
    assert (new.stay, new.replaced) == ((), ())


def test_a_resident_app_goes_on_in_its_places() -> None:
    made = ResidentWorld()
    made.ask(Change, puts=(Put(DB, 0),))
    made.cluster.run_for(seconds=5)
    machine = made.framework.scheduler.machine
    base, held = machine.apps["/db"].stored.version, resources(cpus=4_000, mem=4 * GIB, disk=GIB, ports=((1, 99),))
    agents = [AgentInfo(AgentId(one.agent_id), one.hostname, "h", held) for one in machine.places.values()]
    change = Change(1, "d", puts=(Put(replace(DB, cmd="other", upgrade=Upgrade()), base),))
    found = forecast(left_of(machine, change), change, 1 << 40, machine.roles)
    assert isinstance(found, Forecast)
    assert (found.most, found.fewest_ready, found.complete) == (2, 1, True)
    assert prove(list(planned(change, machine)), ClusterFacts(tuple(map(AgentFacts, agents)))) == ()
    larger = Change(1, "d", puts=(Put(replace(DB, instances=200), base),))
    [no] = prove(list(planned(larger, machine)), ClusterFacts(tuple(map(AgentFacts, agents))))
    assert "needs room for 200 instances" in no.reason


def test_where_definitions_differ() -> None:
    made = world(WEB, App("/old", cmd="x", cpus=100))
    app = replace(WEB, env={"A": "b"}, instances=5, ports=(Port(name="http"),))
    change = changed(made, app, App("/new", cmd="x"), deletes=("/old",))
    assert differences(change, made.machine.apps) == [
        {"id": "/old", "gone": True},
        {
            "id": "/web",
            "fields": [
                {"path": "/env/A", "before": None, "after": "b"},
                {"path": "/instances", "before": 4, "after": 5},
                {"path": "/portDefinitions/0/name", "before": "default", "after": "http"},
            ],
        },
        {"id": "/new", "new": True},
    ]
    assert differences(changed(made, WEB), made.machine.apps) == []
