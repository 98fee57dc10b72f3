"""What tests of deployments do to a world: change apps, steer what is under way, let instances run."""

from barter.core.units import MIB
from barter.frameworks.service.actions import Action, Answer, Publish
from barter.frameworks.service.app import App, Upgrade
from barter.frameworks.service.events import Pause, Promote, Put, Resume, Rollback
from barter.frameworks.service.state import StoredGroup
from barter.sdk import TaskState
from tests.service.simulated import World

RUNNING = TaskState.RUNNING


def app(app_id: str, instances: int = 2, cmd: str = "one", *needs: str, **upgrade: object) -> App:
    return App(
        app_id,
        cmd=cmd,
        cpus=100,
        mem=32 * MIB,
        instances=instances,
        dependencies=needs,
        upgrade=Upgrade(**upgrade),  # type: ignore[arg-type]
    )


def create(world: World, *apps: App, groups: tuple[StoredGroup, ...] = ()) -> Answer:
    return world.change(puts=tuple(Put(one, 0) for one in apps), groups=groups)


def update(world: World, *apps: App, force: bool = False) -> Answer:
    known = world.machine.apps
    return world.change(puts=tuple(Put(one, known[one.app_id].stored.version) for one in apps), force=force)


def steer(world: World, kind: type[Pause | Resume | Promote], answer: Answer) -> Answer:
    return world.ask(kind, deployment_id=answer.deployment_id)


def roll_back(world: World, answer: Answer, *, force: bool = False) -> Answer:
    return world.ask(Rollback, deployment_id=answer.deployment_id, new_id=f"{answer.deployment_id}-back", force=force)


def start_all(world: World) -> None:
    """What was launched runs; no kill takes effect."""
    while world.offer():
        pass
    for task in world.living():
        if task.state is TaskState.STAGING:
            world.become(task, RUNNING)


def counts(world: World, app_id: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for task in world.living(app_id):
        if not task.asked_to_end:
            found[task.info.command.shell] = found.get(task.info.command.shell, 0) + 1
    return found


def half_way(world: World, **upgrade: object) -> Answer:
    """/a of 4 is updated, one instance at a time: one new one runs, three old ones are left."""
    world.put(app("/a", 4, minimum_health=750_000, maximum_over=0))
    world.settle()
    answer = update(world, app("/a", 4, "two", minimum_health=750_000, maximum_over=0, **upgrade))
    world.obey()
    start_all(world)
    assert counts(world, "/a") == {"one": 2, "two": 1}
    return answer


def published(actions: list[Action]) -> list[str]:
    return [action.published.kind for action in actions if isinstance(action, Publish)]
