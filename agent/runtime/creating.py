"""Makes and starts containers: what must be there before, and a look at what came of it."""

import contextlib
from collections.abc import Callable
from dataclasses import replace

from barter.agent.containers import actions as act
from barter.agent.executor.events import TaskKey
from barter.agent.runtime.base import LaunchFailed, RuntimeFailure
from barter.agent.runtime.container_spec import HOME, container_spec
from barter.agent.runtime.engine import AnswerLost, Engine, EngineAway, ImageMissing
from barter.agent.runtime.images import Images
from barter.agent.runtime.mounts import Identity, identity, strayed
from barter.agent.runtime.place import Place
from barter.agent.runtime.settings import SettingsFile
from barter.agent.runtime.volumes import give_sandbox, resolved
from barter.core.tasks import Container


class Creator:
    """Used from many threads."""

    def __init__(self, reach: Callable[[], Engine], place: Place, settings: SettingsFile, images: Images) -> None:
        """`reach` raises EngineAway; the settings of `place` are read anew for each container."""
        self._reach, self._place, self._settings, self._images = reach, place, settings, images
        self._mounts: dict[TaskKey, dict[str, Identity]] = {}

    def create(self, call: act.Create) -> str:
        """The container's id; raises what Engine.create does."""
        container = call.order.task.container
        if container is None:
            raise LaunchFailed("a task without an image is nothing for a Docker Engine")
        place, engine = self._place_now(), self._reach()
        spec = container_spec(call.order, container, place)
        for volume in container.volumes:
            if volume.name:
                engine.keep_volume(volume.name, HOME, place.home)
        give_sandbox(call.order)
        if engine.local and (mounts := _identities(container, place)):
            self._mounts[call.order.key] = mounts
        try:
            return self._create(engine, call, spec, container.image)
        except RuntimeFailure:
            self._mounts.pop(call.order.key, None)
            raise

    def _create(self, engine: Engine, call: act.Create, spec: dict[str, object], image: str) -> str:
        *names, last = self._images.names(image)
        for name in names:
            with contextlib.suppress(ImageMissing):
                return self._created(engine, call, spec, name)
        return self._created(engine, call, spec, last)

    def start(self, call: act.Start) -> None:
        """Raises what Engine.start does, also where what was mounted is not what was looked at.

        Between the look and the mount somebody may have put a link in a folder's place.
        """
        mounts, engine = self._mounts.pop(call.key, {}), self._reach()
        engine.start(call.container)
        if not mounts:
            return
        try:
            shown = engine.find(call.container)
            bad = strayed(shown.pid, mounts) if shown is not None and shown.pid else []
            if bad:
                engine.kill(call.container, "SIGKILL")
        except EngineAway as error:
            raise AnswerLost(str(error)) from None
        if bad:
            raise LaunchFailed(f"volume {bad[0]!r} led elsewhere when it was mounted: somebody put a link in its place")

    def _created(self, engine: Engine, call: act.Create, spec: dict[str, object], image: str) -> str:
        container = engine.create(call.order.container_name, {**spec, "Image": image})
        self._images.used(image)
        return container

    def _place_now(self) -> Place:
        try:
            return replace(self._place, settings=self._settings.current())
        except (OSError, ValueError) as error:
            raise LaunchFailed(f"what this agent allows cannot be read: {error}; start the agent again") from None


def _identities(container: Container, place: Place) -> dict[str, Identity]:
    paths = [each.host_path for each in container.volumes if each.host_path]
    real = [resolved(path, place.settings.allowed_volumes, place.private) for path in paths]
    return {path: found for path in real if (found := identity(path)) is not None}
