"""The house rules that a machine can check: pure cores, small files, whole packaging, a tree that fits any machine."""

import ast
import configparser
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("core", "proto", "shell", "master", "agent", "sdk", "frameworks", "tools")
ALLOWED = json.loads((ROOT / "tests" / "layout_allowed.json").read_text())
LONGEST_FILE, LONGEST_FUNCTION = 400, 50

IMPURE = {
    "asyncio", "concurrent", "ctypes", "docker", "fastapi", "fcntl", "grpc", "http", "kazoo", "logging",
    "multiprocessing", "os", "pathlib.Path", "prometheus_client", "psutil", "random", "requests",
    "secrets", "select", "selectors", "shutil", "signal", "socket", "sqlite3", "ssl", "starlette",
    "structlog", "subprocess", "tempfile", "threading", "time", "urllib.request", "urllib3", "uuid",
    "uvicorn",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "datetime.now", "datetime.utcnow", "date.today"}
# Folders whose work is I/O or starting it; everywhere else only a folder named shell/ may touch the world.
OUTSIDE = ("agent/runtime/", "agent/executor/__main__.py", "proto/", "shell/", "tools/bench/", "tools/cli/")
# A simulated world draws from a seed: `random` is pure where nothing is drawn without one.
SEEDED = ("tools/sim/", "sdk/testing/")
# What an author imports gathers the pure and the impure half of the SDK.
GATHERS = ("sdk/__init__.py",)


def sources() -> list[str]:
    """Every hand-written Python file of the packages, as a path from the root."""
    found = [path.relative_to(ROOT).as_posix() for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if not path.startswith("proto/v1/"))


def tracked() -> list[str]:
    """The files of the repository, new ones included, ignored ones not."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def is_core(path: str) -> bool:
    return not (path.startswith(OUTSIDE) or "/shell/" in path or path in GATHERS)


def impurities(path: str, text: str) -> Iterator[str]:
    seeded = path.startswith(SEEDED)
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                modules = [name.name for name in names]
            case ast.ImportFrom(module=str(module), names=names):
                modules = [f"{module}.{name.name}" for name in names]
            case ast.Call(func=function) if ast.unparse(function) in IMPURE_CALLS:
                yield f"{path}:{node.lineno}: calls {ast.unparse(function)}()"
                continue
            case ast.Call(func=ast.Name("Random"), args=[]):
                yield f"{path}:{node.lineno}: draws without a seed"
                continue
            case _:
                continue
        yield from (
            f"{path}:{node.lineno}: imports {module}"
            for module in modules
            if is_impure(module) and not (seeded and module == "random.Random")
        )


def is_impure(module: str) -> bool:
    parts = module.split(".")
    if parts[0] == "barter":
        return "shell" in parts or module.startswith("barter.agent.runtime") or "_pb2_grpc" in module
    return any(".".join(parts[:length]) in IMPURE for length in range(1, len(parts) + 1))


def test_cores_are_pure() -> None:
    cores = [path for path in sources() if is_core(path)]
    assert len(cores) > 20
    assert [line for path in cores for line in impurities(path, (ROOT / path).read_text())] == []


@pytest.mark.parametrize(
    "text",
    [
        "import os.path",
        "from asyncio import sleep",
        "from barter.shell import clock",
        "def f():\n    import time",
        "open('x')",
    ],
)
def test_the_purity_check_sees(text: str) -> None:
    assert list(impurities("core/x.py", text))


@pytest.mark.parametrize("text", ["import random", "from random import randrange", "Random()"])
def test_a_simulated_world_draws_from_a_seed(text: str) -> None:
    seeded = "from random import Random\nRandom(7)"
    assert not list(impurities("tools/sim/x.py", seeded))
    assert list(impurities("core/x.py", seeded))
    assert list(impurities("tools/sim/x.py", text))


def long_files() -> dict[str, int]:
    lengths = {path: len((ROOT / path).read_text().splitlines()) for path in [*sources(), *suite()]}
    return {path: length for path, length in lengths.items() if length > LONGEST_FILE}


def long_functions() -> dict[str, int]:
    found: dict[str, int] = {}
    for path in [*sources(), *suite()]:
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    found[f"{path}:{node.name}"] = length
    return found


def suite() -> list[str]:
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py"))


@pytest.mark.parametrize("kind", ["files", "functions"])
def test_lengths_only_shrink(kind: str) -> None:
    """The list of what is too long, with its length, may only shrink: lower the number, in the end drop the line."""
    found = long_files() if kind == "files" else long_functions()
    assert found == ALLOWED[kind]


def setup_cfg() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def test_every_package_is_listed() -> None:
    there = {f"barter.{Path(path).parent.as_posix().replace('/', '.')}" for path in sources()} | {"barter.proto.v1"}
    listed = setup_cfg()["options"]["packages"].split()
    assert sorted(listed) == sorted(set(listed))
    assert set(listed) == there


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_is_one_of_the_namespace(folder: str) -> None:
    assert (ROOT / folder / "py.typed").is_file()
    link = ROOT / "typings" / "barter" / folder
    assert os.readlink(link) == f"../../{folder}"
    assert f"barter.{folder} = {folder}" in setup_cfg()["options"]["package_dir"]
    assert not (ROOT / "typings" / "barter" / "__init__.py").exists()


def test_nothing_names_one_machine() -> None:
    """Paths and hosts of the machine it was written on would be wrong on every other."""
    foreign = re.compile(r"/work[/]|/opt/(?:pypi|wheels)|/root[/][a-z]|/home/[a-z]+[/]|\bartifactory[.]")
    found = []
    for name in tracked():
        try:
            text = (ROOT / name).read_text()
        except UnicodeDecodeError:
            continue
        lines = enumerate(text.splitlines(), 1)
        found += [f"{name}:{number}: {line.strip()[:100]}" for number, line in lines if foreign.search(line)]
    assert found == []


def test_links_in_the_docs_resolve() -> None:
    link = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
    broken = []
    for name in tracked():
        if not name.endswith(".md"):
            continue
        for target in link.findall((ROOT / name).read_text()):
            if (
                "://" not in target
                and not target.startswith("mailto:")
                and not (ROOT / name).parent.joinpath(target).exists()
            ):
                broken.append(f"{name}: {target}")
    assert broken == []


def test_every_decision_is_in_the_index_once() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    pages = sorted(path.name for path in folder.glob("*.md") if path.name != "README.md")
    assert sorted(re.findall(r"^- \[([^]]+)\]", index, re.M)) == pages
