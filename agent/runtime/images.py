"""Images: pulled from mirrors and registries in order, and taken away again when nobody has used them for long."""

import contextlib
import http.client
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from docker.errors import APIError, NotFound

from barter.agent.collect import Disk, Policy
from barter.agent.containers.events import Event, PullDone, PullFailed, PullProgress
from barter.agent.containers.image_book import Discard, ImageBook, Present
from barter.agent.containers.image_names import Mirror, advice, meaning, parse_image, places
from barter.agent.containers.pull_progress import PullProgress as Progress
from barter.agent.runtime.credentials import CredentialsUnusable, header_for
from barter.agent.runtime.engine import Engine, EngineAway, Failures
from barter.agent.runtime.pull_stream import PullRefused, PullStream
from barter.agent.runtime.registries import load_mirrors
from barter.agent.runtime.settings import Settings, SettingsFile
from barter.core.tasks import Reason
from barter.shell.clock import Clock
from barter.shell.log import logger

FILE = "images.json"
LEAST_KEEP_MS = 60_000
_POST_EVERY_S = 0.25
_log = logger("executor")


class PullProblem(Exception):
    """Why one place did not give the image."""

    def __init__(self, said: str, reason: Reason | None = None) -> None:
        super().__init__(said)
        self.reason = meaning(said) if reason is None else reason


class Images:
    """Used from many threads. What was pulled stands in `folder`, so that later executors know it."""

    def __init__(
        self, reach: Callable[[], Engine], settings: SettingsFile, folder: Path, post: Callable[[Event], None]
    ) -> None:
        """`reach` raises EngineAway; `post` takes how far pulls are."""
        self._reach, self._settings, self._post = reach, settings, post
        self._file = folder / FILE
        self._lock = threading.Lock()
        self._streams: dict[int, PullStream] = {}
        self._cancelled: set[int] = set()
        self._book = self._load()
        self._saved = ""

    def pull(self, number: int, image: str) -> Event:
        """From the first place that gives it; blocks."""
        try:
            return self._pull(number, image)
        except (EngineAway, OSError, ValueError) as error:
            return PullFailed(number, f"cannot pull image {image!r}: {error}")
        finally:
            with self._lock:
                self._streams.pop(number, None)
                self._cancelled.discard(number)

    def cancel(self, number: int) -> None:
        """At once: the engine gives up what it does for it. One that has ended, or never began, is let be."""
        with self._lock:
            self._cancelled.add(number)
            stream = self._streams.get(number)
        if stream is not None:
            stream.close()

    def names(self, image: str) -> Sequence[str]:
        """Under which the engine may have it: by digest it keeps the name of the place that gave it."""
        name = parse_image(image)
        if not name.by_digest:
            return (image,)
        try:
            settings = self._settings.current()
            known = places(image, load_mirrors(settings.registries), settings.zone)
        except (OSError, ValueError):
            return (image,)
        return (image, *(name.at(each.place) for each in known))

    def used(self, name: str) -> None:
        """A container was made of it."""
        with self._lock:
            self._book.used(parse_image(name).familiar, Clock().now())

    def _pull(self, number: int, image: str) -> Event:
        name, settings, engine = parse_image(image), self._settings.current(), self._reach()
        before, said = _id_of(engine, image), list[str]()
        for mirror in places(image, load_mirrors(settings.registries), settings.zone):
            try:
                self._pull_from(number, engine, settings, mirror, image)
            except PullProblem as problem:
                said.append(f"mirror {mirror.place} says {problem}")
                continue
            return self._pulled(number, engine, name.at(mirror.place) if name.by_digest else image, before)
        try:
            self._stream(number, engine, settings, name.registry, image, "")
        except PullProblem as problem:
            whose = f"registry {name.registry} says " if said else ""
            answers = "; ".join([*said, f"{whose}{problem}"])
            message = f"cannot pull image {image!r}: {answers}; {advice(problem.reason, name.registry)}"
            return PullFailed(number, message, problem.reason)
        return self._pulled(number, engine, image, before)

    def _pull_from(self, number: int, engine: Engine, settings: Settings, mirror: Mirror, image: str) -> None:
        """Under the mirror's name, and then called as it was asked for; raises PullProblem."""
        name = parse_image(image)
        theirs = name.at(mirror.place)
        was_here = bool(_id_of(engine, theirs))
        self._stream(number, engine, settings, mirror.host, theirs, f" from {mirror.place}")
        if name.by_digest or number in self._cancelled:
            return
        try:
            repository, _, tag = (
                image.rpartition(":") if image.endswith(name.version) else (image, "", name.version[1:])
            )
            engine.client.tag(theirs, repository, tag)
            if not was_here:
                engine.client.remove_image(theirs)
        except Failures as error:
            raise PullProblem(f"the image came, but the engine does not rename it: {_words(error)}") from None

    def _stream(self, number: int, engine: Engine, settings: Settings, host: str, image: str, whence: str) -> None:
        try:
            credentials = header_for(host, Path(settings.docker_config) if settings.docker_config else None)
        except CredentialsUnusable as error:
            raise PullProblem(str(error), Reason.IMAGE_UNAUTHORIZED) from None
        stream = engine.new_pull()
        with self._lock:
            if number in self._cancelled:
                return
            self._streams[number] = stream
        name = parse_image(image)
        repository = image.partition("@")[0].removesuffix(name.version)
        progress, told, next_s = Progress(), "", 0.0
        try:
            for line in stream.lines(repository, name.version[1:], credentials):
                if "error" in line:
                    raise PullProblem(str(line["error"]))
                text = progress.after(line)
                if text and text != told and time.monotonic() >= next_s:
                    told, next_s = text, time.monotonic() + _POST_EVERY_S
                    self._post(PullProgress(number, text + whence))
        except PullRefused as error:
            raise PullProblem(str(error)) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            if number not in self._cancelled:
                reason = Reason.IMAGE_UNREACHABLE if isinstance(error, TimeoutError) else Reason.IMAGE_FAILED
                said = f"the Docker Engine told no end of it: {error or type(error).__name__}"
                raise PullProblem(said, reason) from None

    def _pulled(self, number: int, engine: Engine, image: str, before: str) -> Event:
        now = _id_of(engine, image)
        if not now and number not in self._cancelled:
            said = "the Docker Engine ended the pull without it"
            return PullFailed(number, f"cannot pull image {image!r}: {said}; {advice(Reason.IMAGE_FAILED, '')}")
        with self._lock:
            # What was there before, as it is now, somebody else brought.
            if now and (now != before or now in self._book):
                self._book.pulled(now, parse_image(image).familiar, Clock().now())
                self._save()
        return PullDone(number)

    def sweep(self) -> None:
        """Take away what is too old, or in the way of a disk running full; blocks."""
        try:
            settings, engine = self._settings.current(), self._reach()
            present = [_present(each) for each in engine.client.images()]
            in_use = {each["ImageID"] for each in engine.client.containers(all=True)}
            disk = _disk(engine)
        except (EngineAway, OSError, ValueError, KeyError, *Failures):
            return
        policy = Policy(max(settings.image_keep_ms, LEAST_KEEP_MS), settings.least_free)
        with self._lock:
            discards = self._book.sweep(present, in_use, disk, policy, Clock().now())
            self._save()
        for each in discards:
            _discard(engine, each)

    def _load(self) -> ImageBook:
        try:
            return ImageBook.from_json(self._file.read_text())
        except FileNotFoundError:
            return ImageBook()
        except (OSError, ValueError) as error:
            _log.warning("forgets which images it pulled: they stay until they are removed by hand", why=str(error))
            return ImageBook()

    def _save(self) -> None:
        text = self._book.to_json()
        if text == self._saved:
            return
        fresh = self._file.with_suffix(".new")
        with contextlib.suppress(OSError):
            fresh.write_text(text)
            fresh.replace(self._file)
            self._saved = text


def _discard(engine: Engine, discard: Discard) -> None:
    """Without force: what somebody uses since is not removed."""
    for name in discard.names or (discard.image_id,):
        try:
            engine.client.remove_image(name)
        except Failures as error:
            _log.info("an image stays", image=name, why=_words(error))
        else:
            _log.info("removed an image", image=name, why=discard.reason)


def _id_of(engine: Engine, image: str) -> str:
    try:
        found: str = engine.client.inspect_image(image)["Id"]  # type: ignore[no-untyped-call]
    except NotFound:
        return ""
    except Failures as error:
        raise EngineAway(_words(error)) from None
    return found


def _present(said: dict[str, object]) -> Present:
    tags, digests, size = said.get("RepoTags"), said.get("RepoDigests"), said["Size"]
    names = [*(tags if isinstance(tags, list) else ()), *(digests if isinstance(digests, list) else ())]
    known = frozenset(str(each) for each in names if "<none>" not in str(each))
    return Present(str(said["Id"]), known, size if isinstance(size, int) else 0)


def _disk(engine: Engine) -> Disk:
    """Where the engine keeps its images; one of another machine is never full from here."""
    if not engine.local:
        return Disk(0, 0)
    try:
        usage = shutil.disk_usage(engine.client.info()["DockerRootDir"])
    except (OSError, KeyError):
        return Disk(0, 0)
    return Disk(usage.total, usage.free)


def _words(error: Exception) -> str:
    return str(error.explanation or error) if isinstance(error, APIError) else str(error)
