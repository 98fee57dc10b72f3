"""Task groups in the executor's core: started as one, in one network, ended as one."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from barter.agent.executor.actions import Action, CancelFetch, EndTask, FetchArtifacts, RunCheck, SendStatus, StartTask
from barter.agent.executor.events import (
    Connected,
    Ended,
    Event,
    Fetched,
    Held,
    Kill,
    Launch,
    NotStarted,
    Order,
    Started,
    TaskKey,
)
from barter.agent.executor.machine import Executor
from barter.core.ids import FrameworkId, TaskId
from barter.core.machine import Tick
from barter.core.resources import resources
from barter.core.task_state import TaskState
from barter.core.tasks import (
    Artifact,
    CheckKind,
    Container,
    HealthCheck,
    Network,
    PortMapping,
    Reason,
    TaskInfo,
    TaskStatus,
)

S = TaskState
F = FrameworkId("f")


def order(name: str, image: str = "", ports: tuple[PortMapping, ...] = (), group: str = "g") -> Order:
    container = Container(image, Network.BRIDGE, ports) if image else None
    task = TaskInfo(TaskId(name), name, resources(mem=1), container=container, group_id=group)
    return Order(F, task, f"/sandbox/{name}", f"barter.a.f.{name}")


def key(name: str) -> TaskKey:
    return TaskKey(F, TaskId(name))


def connected() -> Executor:
    executor = Executor()
    executor.step(Tick(), 0)
    executor.step(Connected(), 0)
    return executor


def started(actions: list[Action]) -> list[Order]:
    return [each.order for each in actions if isinstance(each, StartTask)]


def ended(actions: list[Action]) -> list[str]:
    return [each.key.task_id for each in actions if isinstance(each, EndTask)]


def said(actions: list[Action]) -> dict[str, TaskStatus]:
    return {each.status.status.task_id: each.status.status for each in actions if isinstance(each, SendStatus)}


def test_processes_start_together() -> None:
    executor = connected()
    a, b = order("a"), order("b")
    assert started(executor.step(Launch((a, b)), 1)) == [a, b]


def test_containers_share_the_network_of_the_first_which_answers_for_their_ports() -> None:
    executor = connected()
    web, db = PortMapping(80, 31000), PortMapping(5432, 31001)
    a, b = order("a", "nginx", (web,)), order("b", "postgres", (db,))
    [first] = started(executor.step(Launch((a, b)), 1))
    assert first.task.container is not None
    assert (first.key, first.network_of, first.task.container.port_mappings) == (key("a"), "", (web, db))
    [second] = started(executor.step(Started(key("a")), 2))
    assert second.task.container is not None
    assert (second.key, second.network_of) == (key("b"), "barter.a.f.a")
    assert second.task.container.port_mappings == ()


def test_a_group_waits_for_the_artifacts_of_all() -> None:
    executor = connected()
    a, b = order("a"), order("b")
    a = replace(a, task=replace(a.task, artifacts=(Artifact("http://x/y"),)))
    done = executor.step(Launch((a, b)), 1)
    assert started(done) == []
    assert [each for each in done if isinstance(each, FetchArtifacts)]
    assert started(executor.step(Fetched(key("a")), 2)) == [a, b]


def test_who_waits_when_the_group_ends_never_starts() -> None:
    executor = connected()
    a, b = order("a"), order("b")
    a = replace(a, task=replace(a.task, artifacts=(Artifact("http://x/y"),)))
    executor.step(Launch((a, b)), 1)
    done = executor.step(Kill(key("b"), 5, "not wanted"), 2)
    assert said(done)["b"].state is S.KILLED
    assert [each.key for each in done if isinstance(each, CancelFetch)] == [key("a")]
    assert started(executor.step(Fetched(key("a")), 3)) == []


def test_the_end_of_one_ends_the_others() -> None:
    executor = connected()
    executor.step(Launch((order("a"), order("b"), order("c", group="h"))), 1)
    for name in "abc":
        executor.step(Started(key(name)), 2)
    done = executor.step(Ended(key("a"), 0), 3)
    assert ended(done) == ["b"]
    assert (said(done)["b"].state, said(done)["b"].reason) == (S.KILLING, Reason.GROUP_ENDED)
    assert said(executor.step(Ended(key("b"), 143, "SIGTERM"), 4))["b"].reason is Reason.GROUP_ENDED


def test_a_kill_of_one_is_a_kill_of_all() -> None:
    executor = connected()
    executor.step(Launch((order("a"), order("b"))), 1)
    executor.step(Started(key("a")), 2)
    executor.step(Started(key("b")), 2)
    assert ended(executor.step(Kill(key("a"), None, "enough"), 3)) == ["a", "b"]


def test_a_group_of_which_one_cannot_start_ends_whole() -> None:
    executor = connected()
    executor.step(Launch((order("a", "nginx"), order("b", "no-such-image"))), 1)
    executor.step(Started(key("a")), 2)
    done = executor.step(NotStarted(key("b"), Reason.IMAGE_NOT_FOUND, "no such image"), 3)
    assert ended(done) == ["a"]
    assert said(done)["b"].reason is Reason.IMAGE_NOT_FOUND


def test_the_executor_after_it_keeps_the_group() -> None:
    executor = connected()
    executor.step(Held(order("a")), 1)
    executor.step(Held(order("b")), 1)
    assert ended(executor.step(Ended(key("a"), None), 2)) == ["b"]


def test_who_is_found_before_the_holder_of_the_network_is_checked_at_its_address() -> None:
    """It was checked at the agent's, where nobody answers, and killed for it."""
    check = HealthCheck(CheckKind.TCP, port=80)
    own = Container("image", Network.OWN, network_name="lan")
    member = order("b", "image")
    member = replace(
        member, task=replace(member.task, container=own, health_checks=(check,)), network_of="barter.a.f.a"
    )
    holder = replace(order("a", "image"), task=replace(order("a", "image").task, container=own))
    executor = connected()
    executor.step(Held(member), 1)
    executor.step(Held(holder, address="10.9.0.2"), 1)
    assert [each.address for each in executor.step(Tick(), 1) if isinstance(each, RunCheck)] == ["10.9.0.2"]


EVENTS = st.lists(
    st.sampled_from("abc").flatmap(
        lambda name: st.sampled_from(
            [
                Started(key(name)),
                Ended(key(name), 1),
                Kill(key(name)),
                NotStarted(key(name), Reason.LAUNCH_FAILED, "no"),
            ]
        )
    ),
    max_size=12,
)


@given(EVENTS, st.sampled_from(["", "image"]))
def test_whatever_happens_no_member_outlives_another(events: list[Event], image: str) -> None:
    """Once one is being killed or has ended, every other has ended or was told to, and nothing is started any more."""
    executor = connected()
    seen: dict[str, S] = {}
    broken = False
    for now, event in enumerate([Launch((order("a", image), order("b", image), order("c", image))), *events]):
        actions = executor.step(event, now)
        assert not (broken and started(actions))
        seen |= {name: status.state for name, status in said(actions).items()}
        broken = broken or any(state not in (S.STARTING, S.RUNNING) for state in seen.values())
        if broken:
            assert set(seen) == set("abc")
            assert not {S.STARTING, S.RUNNING} & set(seen.values())
