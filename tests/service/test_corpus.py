"""Every definition of Marathon's documentation is taken with all it says, or refused for the reasons beside it."""

import json
from pathlib import Path
from typing import Any

import pytest

from barter.frameworks.service.definition import DefinitionError, parse_app
from barter.frameworks.service.pod_definition import parse_pod
from barter.frameworks.service.pod_render import pod_json
from barter.frameworks.service.refused import READ_ONLY
from barter.frameworks.service.render import app_json

CORPUS = Path(__file__).parent / "corpus"
PAGES = {path.stem: json.loads(path.read_text()) for path in sorted(CORPUS.glob("*.json"))}
CASES = [
    pytest.param(case, id=f"{name}-{index}") for name, page in PAGES.items() for index, case in enumerate(page["cases"])
]
OLDER = {"ports", "uris", "ipAddress", "network"}
NEUTRAL: tuple[object, ...] = (None, [], {}, "", False, 0)
Json = dict[str, Any]


@pytest.mark.parametrize("case", CASES)
def test_it_is_taken_with_all_it_says_or_refused_for_its_reasons(case: Json) -> None:
    parse = parse_pod if case["kind"] == "pod" else parse_app
    try:
        app = parse(case["definition"])
    except DefinitionError as error:
        refused: dict[str, str] = {}
        for path, reason in error.problems:
            refused.setdefault(path, reason)
        assert refused == case["refused"]
        return
    assert case["refused"] == {}
    rendered = app_json(app) if app.pod is None else pod_json(app, app.pod)
    assert parse(rendered) == app
    assert lost(today(case["definition"]), rendered, "") == []


def lost(given: object, kept: object, path: str) -> list[str]:
    """The paths of what was said and is not said any more; older forms have a test of their own."""
    if isinstance(given, dict):
        known = kept if isinstance(kept, dict) else {}
        return [
            one
            for name, value in given.items()
            if not any(value is neutral or value == neutral for neutral in NEUTRAL)
            and name not in OLDER
            and not (path == "" and name in READ_ONLY)
            for one in lost(value, known.get(name), f"{path}/{name}")
        ]
    if isinstance(given, list):
        there = kept if isinstance(kept, list) else []
        if len(there) < len(given):
            return [path]
        return [one for index, value in enumerate(given) for one in lost(value, there[index], f"{path}/{index}")]
    same = kept == given or (path == "/id" and str(kept).strip("/") == str(given).strip("/"))
    if path.endswith("killSelection"):
        same = str(given).upper() == kept
    return [] if same else [f"{path}: {given!r} is {kept!r}"]


def today(definition: Json) -> Json:
    """With what moved since where it is now, and without what an empty text at the end of a constraint says."""
    found: Json = json.loads(json.dumps(definition))
    docker = (found.get("container") or {}).get("docker") or {}
    if docker.get("portMappings"):
        found["container"]["portMappings"] = docker.pop("portMappings")
    found["constraints"] = [[each for each in one if each] for one in found.get("constraints") or []]
    found["dependencies"] = [one for one in found.get("dependencies") or [] if one.startswith("/")]
    return found
