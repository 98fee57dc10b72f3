"""The campaign's frameworks: what is asked of them is drawn once, fits, and is done when nothing goes wrong."""

from random import Random

import pytest

from barter.core.tasks import TaskInfo
from barter.frameworks.service.app import App
from barter.frameworks.service.definition import parse_app
from barter.frameworks.service.paths import key_of
from barter.frameworks.service.render import app_json
from barter.sdk import MemoryStore
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.config import Timing, usual_agents
from barter.tools.sim.observe import Violated
from barter.tools.sim.usual import Usual
from barter.tools.sim.workloads.apps import draw_app, most_instances
from barter.tools.sim.workloads.asks import Delete, Put
from barter.tools.sim.workloads.batch import BatchWorkload
from barter.tools.sim.workloads.classic import ClassicWorkload
from barter.tools.sim.workloads.jobs import Job, JobBook
from barter.tools.sim.workloads.service import ServiceWorkload
from barter.tools.sim.workloads.workload import Workload
from barter.tools.sim.world import World

MINUTE_MS, MINUTE_US = 60_000, 60_000_000
KINDS = (ServiceWorkload, BatchWorkload, ClassicWorkload)


@pytest.mark.parametrize("seed", range(200))
def test_apps_are_such_as_operators_can_define(seed: int) -> None:
    app = draw_app(Random(seed), seed % 5)
    assert parse_app(app_json(app)) == app
    assert 0 < app.instances <= most_instances(app)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_asked_is_the_same_for_the_same_seed_and_within_time(kind: type[Workload]) -> None:
    first, again = (kind().operator_actions(Random(7), 24 * MINUTE_MS) for _ in range(2))
    assert first == again
    assert first != kind().operator_actions(Random(8), 24 * MINUTE_MS)
    times = [act.at_ms for act in first]
    assert times == sorted(times)
    assert all(0 <= at_ms < 24 * MINUTE_MS for at_ms in times)
    assert len({str(act) for act in first}) > 5


def play(seed: int, *, acting: int, settling: int) -> tuple[SimCluster, Usual]:
    """Without faults: so many minutes in which things are asked, and so many for it to be done."""
    world = World(seed)
    cluster, population = SimCluster(world, Timing()), Usual()
    cluster.add_agents(usual_agents(10))
    for deed in population.move_in(cluster, acting * MINUTE_US):
        world.at(deed.at_us, deed.do)
    for observer in population.observers():
        world.seen.add(observer)
    cluster.start()
    world.run_until(acting * MINUTE_US)
    population.calm()
    world.run_until((acting + settling) * MINUTE_US)
    return cluster, population


def test_everything_asked_is_done_when_nothing_goes_wrong() -> None:
    lived: set[str] = set()
    for seed in range(8):
        cluster, population = play(seed, acting=4, settling=5)
        assert population.unsettled(cluster) == ""
        assert len(cluster.frameworks) == 3
        assert all(framework.problems == [] for framework in cluster.frameworks.values())
        lived |= cluster.frameworks.keys()
        if "classic" in cluster.frameworks:
            assert cluster.frameworks["classic"].store.keys("classic/") == ["classic/generation", "classic/wanted"]
    assert lived == {"service", "batch", "classic", "greedy", "guests"}


def test_what_runs_too_much_or_too_little_is_said() -> None:
    cluster, population = play(1, acting=4, settling=5)
    for workload in population.workloads:
        framework_id = cluster.frameworks[workload.name].driver.framework_id
        running: list[TaskInfo] = [
            one.task for host in cluster.hosts.values() for key, one in host.tasks.items() if key[0] == framework_id
        ]
        assert workload.settled(running) == ""
        if workload.name in ("batch", "greedy", "guests"):
            continue
        lasting = next(task for task in running if task.command.shell.endswith("infinity"))
        assert "run" in workload.settled([*running, lasting])
        assert "run" in workload.settled([task for task in running if task is not lasting])


def test_an_operator_holds_the_framework_to_its_answers() -> None:
    """A store that forgot what was answered is found at the next start."""
    cluster, _ = play(1, acting=4, settling=5)
    workload = cluster.frameworks["service"].program
    assert isinstance(workload, ServiceWorkload)
    store = cluster.frameworks["service"].store
    workload.start(store, Random(0))
    # One that may go back by itself may be gone.
    kept = [app_id for app_id, state in workload.apps.items() if not state.app.upgrade.auto_revert]
    store.delete(f"service/app/{key_of(kept[0])}")
    with pytest.raises(Violated, match="after a restart there is no such app"):
        workload.start(store, Random(0))


def test_what_was_not_answered_may_or_may_not_have_been_done() -> None:
    workload, store = ServiceWorkload(), MemoryStore()
    workload.start(store, Random(0))
    workload.act(Put(0, "/web", App("/web", cmd="serve")))
    workload.start(store, Random(0))
    workload.act(Delete(0, "/web"))
    assert workload.start(store, Random(0)).machine.apps == {}


def test_jobs_are_kept_until_they_are_done() -> None:
    store = MemoryStore()
    book = JobBook(store)
    book.keep(Job("job-1", "small", seconds=5, failures=1))
    first = book.next_attempt(book.jobs["job-1"])
    assert (first.task_id, first.command) == ("job-1.1", "sleep 5; exit 1")
    again = JobBook(store)
    assert again.open == {"job-1": first}
    assert again.next_attempt(first).command == "sleep 5; exit 0"
