"""From `module:Class` to what a campaign runs."""

import importlib
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec, spec_from_file_location
from random import Random
from types import ModuleType

from barter.core.cluster import FrameworkInfo
from barter.sdk.scheduler import Scheduler
from barter.sdk.store import MemoryStore, StateStore
from barter.sdk.testing.author import instance_of
from barter.sdk.testing.unfit import misspelt, unfit, unfit_settled, words
from barter.sdk.testing.view import View
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.population import Deed, NoScheduler, Populate, Population

FORM = "give it as MODULE:CLASS or FILE.py:CLASS"
Settled = Callable[[View], object]


class ModuleProgram:
    """A scheduler of a module, which may also define

    - `FRAMEWORK`, a FrameworkInfo; without it the class's name is the framework's,
    - `DEMANDS_ONLY = True`,
    - `settled(cluster)`, called with a View when all faults are over: an AssertionError of its says what is wrong.

    Each process runs the module anew, so nothing of one life or one seed is left in its globals or its class.
    """

    def __init__(self, spec: ModuleSpec, module: ModuleType, attribute: str) -> None:
        self._spec, self._attribute = spec, attribute
        self.framework: FrameworkInfo = getattr(module, "FRAMEWORK", None) or FrameworkInfo(attribute.lower())
        self.demands_only: bool = getattr(module, "DEMANDS_ONLY", False)
        self.settled: Settled | None = getattr(module, "settled", None)

    def start(self, store: StateStore, rng: Random) -> Scheduler:
        fresh = module_from_spec(self._spec)
        assert self._spec.loader is not None
        self._spec.loader.exec_module(fresh)
        return instance_of(getattr(fresh, self._attribute), store)


class Authors(Population):
    """One framework, with what its author says must hold."""

    def __init__(self, program: ModuleProgram) -> None:
        self._program = program
        self.settles = program.settled is not None
        self._view: View

    def move_in(self, cluster: SimCluster, until_us: int) -> Sequence[Deed]:
        self._view = View(cluster)
        cluster.add_framework(self._program.framework.name, self._program)
        return ()

    def unsettled(self, cluster: SimCluster) -> str:
        if self._program.settled is None:
            return ""
        try:
            self._program.settled(self._view)
        except AssertionError as error:
            return words(error)
        except Exception as error:
            return f"settled() raised {words(error)}"
        return ""


def populate_with(target: str) -> Populate:
    """`target` is `module:Class` or `path/to/file.py:Class`, from the current directory; raises NoScheduler."""
    program = load(target)
    return lambda: Authors(program)


def load(target: str) -> ModuleProgram:
    """Raises NoScheduler."""
    name, _, attribute = target.rpartition(":")
    if not name or not attribute:
        raise NoScheduler(f"{target!r} names no class", FORM)
    module = _imported(name)
    if not hasattr(module, attribute):
        raise NoScheduler(
            f"{name} has no {attribute}: name the Scheduler in it, as in {name}:{_a_scheduler_of(module)}"
        )
    assert module.__spec__ is not None
    if why := unfit(getattr(module, attribute)):
        raise NoScheduler(f"{target} is no scheduler's class: {why}")
    program = ModuleProgram(module.__spec__, module, attribute)
    if program.settled is not None and (why := unfit_settled(program.settled)):
        raise NoScheduler(f"{name} cannot be judged at the end: {why}")
    _try_out(program, target)
    return program


def _imported(name: str) -> ModuleType:
    """A file's folder, or the current one, comes first where modules are looked for, as when Python runs a file."""
    is_file = name.endswith(".py")
    folder, _, file = name.rpartition("/") if is_file else ("", "", "")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        return _from_file(name, file.removesuffix(".py")) if is_file else importlib.import_module(name)
    except FileNotFoundError:
        raise NoScheduler(f"there is no file {name}: paths are from the current directory") from None
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise NoScheduler(
                f"there is no module {name} here: run it where {name.split('.')[0]}.py is, or write its path"
            ) from None
        raise NoScheduler(f"importing {name} failed: {words(error)}") from error
    except SystemExit:
        raise NoScheduler(
            f"importing {name} ended the program: put what runs the framework under if __name__ == '__main__'"
        ) from None
    except Exception as error:
        raise NoScheduler(f"importing {name} failed: {words(error)}") from error


def _from_file(path: str, stem: str) -> ModuleType:
    spec = spec_from_file_location(f"{stem}_of_the_author", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _try_out(program: ModuleProgram, target: str) -> None:
    try:
        made: object = program.start(MemoryStore(), Random(0))
    except Exception as error:
        raise NoScheduler(
            f"{target} cannot be made: {words(error)}; it is called with a StateStore, or nothing"
        ) from error
    if not isinstance(made, Scheduler):
        raise NoScheduler(
            f"{target} is not a Scheduler, it makes a {type(made).__name__}: subclass barter.sdk.Scheduler"
        )
    if why := misspelt(type(made)):
        raise NoScheduler(f"{target} waits for what never comes: {why}")


def _a_scheduler_of(module: ModuleType) -> str:
    """One that is there, as an example."""
    classes = (thing for thing in vars(module).values() if isinstance(thing, type) and issubclass(thing, Scheduler))
    return next((found.__name__ for found in classes if found.__module__ == module.__name__), "MyScheduler")
