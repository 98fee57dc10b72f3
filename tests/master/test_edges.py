"""What edges report comes to the framework whose service it is: what all have in common, once, and no word without."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from barter.core.cluster import Service, ServicePort, ServiceServed
from barter.core.ids import TaskId
from barter.core.resources import resources
from barter.core.task_state import TaskState as S
from barter.core.tasks import TaskPort
from barter.core.units import MIB
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.actions import EndpointsChanged
from barter.master.edges import Edges
from tests.master.world import FRAMEWORK, World, status, task

WEB = Service("web", (ServicePort("http", vhosts=("web.localhost",)),))
IDS = st.lists(st.sampled_from([TaskId(f"t{number}") for number in range(5)]), unique=True)
REPORTS = st.builds(
    ev.EdgeReported,
    st.sampled_from(["e1", "e2", "e3"]),
    st.lists(
        st.builds(ServiceServed, st.sampled_from(["web", "api"]), IDS.map(tuple), IDS.map(tuple)),
        max_size=2,
        unique_by=lambda served: served.service_id,
    ).map(tuple),
    st.sampled_from([(), ("web",)]),
)
STEPS = st.lists(
    st.one_of(st.builds(ev.EdgeJoined, st.sampled_from(["e1", "e2"])), st.builds(ev.EdgeLeft, st.just("e1")), REPORTS),
    max_size=20,
)


def served(*serving: str, drained: Sequence[str] = (), edges: int = 1) -> ServiceServed:
    return ServiceServed("web", tuple(map(TaskId, serving)), tuple(map(TaskId, drained)), edges)


def told(world: World, session: int = FRAMEWORK) -> list[ServiceServed]:
    return [each for message in world.sent(msg.ServicesServed, session) for each in message.services]


@given(STEPS)
def test_the_standing_is_what_all_that_serve_it_have_in_common(
    steps: list[ev.EdgeJoined | ev.EdgeLeft | ev.EdgeReported],
) -> None:
    edges, model = Edges(), dict[str, dict[str, ServiceServed]]()
    heard: ServiceServed | None = None
    for step in steps:
        match step:
            case ev.EdgeJoined(edge):
                edges.join(edge)
                model.setdefault(edge, {})
            case ev.EdgeLeft(edge):
                edges.leave(edge)
                model.pop(edge, None)
            case ev.EdgeReported(edge, services, removed):
                edges.report(edge, services, removed)
                if edge in model:
                    model[edge] |= {each.service_id: each for each in services}
                    for name in removed:
                        model[edge].pop(name, None)
        here = [by_service["web"] for by_service in model.values() if "web" in by_service]
        standing = edges.standing("web")
        assert standing.edges == len(here)
        common = set.intersection(*(set(each.serving) for each in here)) if here else set()
        assert set(standing.serving) == common
        if "web" in edges.changed and (news := edges.news("web", 1)) is not None:
            assert news != heard
            heard = news
        edges.changed.clear()
        assert (heard or standing) == standing or not (heard or standing).edges
        assert heard is not None or not standing.edges


def test_a_framework_hears_of_its_services_once_and_anew_in_another_session() -> None:
    world = World()
    framework_id = world.subscribe()
    world.do(ev.SetServices(FRAMEWORK, (WEB,)))
    world.do(ev.EdgeReported("e1", (served("t1"),)))
    world.do(ev.EdgeJoined("e1"))
    assert told(world) == []
    world.do(ev.EdgeReported("e1", (served("t2", "t1"),)))
    assert told(world) == [served("t1", "t2")]
    world.do(ev.EdgeReported("e1", (served("t1", "t2"),)))
    assert told(world) == []
    world.do(ev.SetServices(FRAMEWORK, (WEB,)))
    assert told(world) == []
    world.do(ev.EdgeJoined("e2"))
    world.do(ev.EdgeReported("e2", (served("t2", drained=["t1"]),)))
    assert told(world) == [served("t2", edges=2)]
    world.do(ev.EdgeReported("e1", (served("t2", drained=["t1"]),)))
    assert told(world) == [served("t2", drained=["t1"], edges=2)]
    world.do(ev.FrameworkDisconnected(FRAMEWORK))
    world.do(ev.EdgeLeft("e2"))
    world.subscribe(framework_id=framework_id, session=8)
    world.do(ev.SetServices(8, (WEB,)))
    assert told(world, 8) == [served("t2", drained=["t1"])]
    world.do(ev.EdgeLeft("e1"))
    assert told(world, 8) == [served(edges=0)]


def test_endpoints_of_an_alias_are_watched_under_both_names() -> None:
    world = World()
    framework_id = world.subscribe()
    infos = [
        task(f"t{n}", resources(cpus=1, mem=MIB, ports=((n, n),)), ports=(TaskPort(name, n, "tcp", "web"),))
        for name, n in (("http", 31_000), ("www", 31_001))
    ]
    world.register(tasks=[(framework_id, info, status(info.task_id, S.RUNNING)) for info in infos])
    world.do(ev.SetServices(FRAMEWORK, (Service("web", (ServicePort("www", aliases=("http",)),)),)))
    (change,) = [action for action in world.last if isinstance(action, EndpointsChanged)]
    (view,) = change.services
    assert view.service == Service("web", (ServicePort("www"),))
    found = [(endpoint.port_name, endpoint.port) for endpoint in view.endpoints]
    assert found == [("http", 31_000), ("www", 31_000), ("www", 31_001)]


def test_weights_stand_in_the_endpoints_that_are_watched() -> None:
    world = World()
    framework_id = world.subscribe()
    infos = [
        task(f"t{n}", resources(cpus=1, mem=MIB, ports=((n, n),)), ports=(TaskPort("http", n, "tcp", "web"),))
        for n in (31_000, 31_001)
    ]
    world.register(tasks=[(framework_id, info, status(info.task_id, S.RUNNING)) for info in infos])
    world.do(ev.SetServices(FRAMEWORK, (Service("web", WEB.ports, ((TaskId("t31000"), 0),)),)))
    (change,) = [action for action in world.last if isinstance(action, EndpointsChanged)]
    (view,) = change.services
    assert view.service == WEB
    assert {endpoint.task_id: endpoint.weight for endpoint in view.endpoints} == {"t31000": 0, "t31001": 100}
