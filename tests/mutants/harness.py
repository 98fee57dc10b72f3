"""Mutants: small changes of one core each that bring back a bug others had, and how to run the code with one of them.

`apply` works in a process that has not imported the changed module yet, so each mutant gets a process of its own.
"""

import re
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FIELDS = {"origin", "story", "file", "before", "after", "finds"}
JIRA = "https://issues.apache.org/jira/browse/"
GITHUB = "https://github.com/"


class Stale(Exception):
    """The code a mutant changes is not there exactly once any more."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`before` is in `file` exactly once, and becomes `after`; `finds` are the checkers that count, any of them.

    What else goes wrong with it proves nothing: such a change disturbs a run, and some seed then fails by chance.

    `origin` is the thread of the bug: "owner/repository#number", or a key of Apache's tracker.
    """

    name: str
    origin: str
    story: str
    file: str
    before: str
    after: str
    finds: tuple[str, ...]

    @property
    def module(self) -> str:
        return "barter." + self.file.removesuffix(".py").replace("/", ".")

    @property
    def link(self) -> str:
        if thread := re.fullmatch(r"([\w.-]+/[\w.-]+)#(\d+)", self.origin):
            return f"{GITHUB}{thread[1]}/issues/{thread[2]}"
        if re.fullmatch(r"MESOS-\d+", self.origin):
            return JIRA + self.origin
        raise ValueError(
            f"{self.name}: origin {self.origin!r} names no thread: owner/repository#number or MESOS-number"
        )

    def mutated(self) -> str:
        """The whole changed file; raises Stale."""
        text = (ROOT / self.file).read_text()
        if (times := text.count(self.before)) != 1:
            raise Stale(
                f"mutant {self.name}: what it changes is {times} times in {self.file}, not once: the code has moved, "
                f"write tests/mutants/{self.name}.toml anew for what is there now"
            )
        return text.replace(self.before, self.after)


def load() -> list[Mutant]:
    """All mutants by name; raises ValueError on a file with other fields than a mutant's."""
    return [_read(path) for path in sorted(HERE.glob("*.toml"))]


def find(name: str) -> Mutant:
    path = HERE / f"{name}.toml"
    if not path.is_file():
        raise ValueError(f"there is no mutant {name}: the files tests/mutants/*.toml name them")
    return _read(path)


def _read(path: Path) -> Mutant:
    fields = tomllib.loads(path.read_text())
    if fields.keys() != FIELDS:
        raise ValueError(f"{path.name}: its fields are {sorted(fields)}, a mutant's are {sorted(FIELDS)}")
    return Mutant(path.stem, **{**fields, "finds": tuple(fields["finds"])})


def apply(mutant: Mutant) -> None:
    """From now on `mutant.module` is the changed one; raises Stale, and RuntimeError where it is imported already."""
    if mutant.module in sys.modules:
        raise RuntimeError(f"{mutant.module} is imported already: apply {mutant.name} in a new process, first of all")
    sys.meta_path.insert(0, _Finder(mutant.module, mutant.mutated()))


class _Finder(MetaPathFinder):
    def __init__(self, module: str, text: str) -> None:
        self._module, self._text = module, text

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            raise ImportError(f"{fullname} is not found where its package is", name=fullname)
        spec.loader = _Loader(fullname, spec.origin, self._text)
        return spec


class _Loader(SourceFileLoader):
    """Reads the changed text, and neither reads nor writes cached bytecode."""

    def __init__(self, fullname: str, origin: str, text: str) -> None:
        super().__init__(fullname, origin)
        self._text = text

    def get_data(self, path: str) -> bytes:
        return self._text.encode()

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._text, self.path, "exec", dont_inherit=True)
