"""Dry runs, deployments, groups and pods on the command line, against a service framework that answers from a table."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from barter.tools.cli.main import cli
from tests.tools.stubs import Answers, serving_http

NOBODY = "127.0.0.1:1"
ACTION = {"action": "RestartApplication", "app": "/web"}
UNDER_WAY = {
    "id": "d1-long",
    "version": "2024-01-01T00:00:00.000Z",
    "affectedApps": ["/web"],
    "affectedPods": [],
    "steps": [{"actions": [ACTION]}, {"actions": [{"action": "ScaleApplication", "app": "/api"}]}],
    "currentActions": [
        {**ACTION, "readyInstances": 1, "targetInstances": 3, "totalInstances": 4, "waiting": "starting: 2 of 3"}
    ],
    "currentStep": 1,
    "totalSteps": 2,
    "paused": False,
}
TOLD: dict[str, Any] = {
    "steps": [{"actions": [ACTION]}],
    "forecast": {
        "mostInstances": 6,
        "extraInstances": 3,
        "fewestReady": 3,
        "complete": True,
        "apps": [
            {
                "id": "/web",
                "action": "RestartApplication",
                "instances": {"before": 3, "after": 3},
                "mostInstances": 6,
                "extraInstances": 3,
                "fewestReady": 3,
                "started": 3,
                "ended": 3,
            }
        ],
    },
    "changes": [{"id": "/web", "fields": [{"path": "/env/A", "before": "b", "after": "c\x1b[2J"}]}],
    "impossible": [],
}
IMPOSSIBLE = {**TOLD, "impossible": [{"id": "/web", "path": "/constraints/0", "reason": "needs 3 agents"}]}


def invoke(answers: Answers, *words: str, code: int = 0) -> tuple[str, list[Any]]:
    asked: list[tuple[str, str, Any]] = []
    with serving_http(answers, asked) as url:
        done = CliRunner().invoke(cli, ["--service", url, "--master", NOBODY, *words])
    assert done.exit_code == code, done.output
    return done.output, asked


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "web.json"
    path.write_text(json.dumps({"id": "/web", "cmd": "true"}))
    return str(path)


def test_a_dry_run_tells_what_differs_the_steps_and_the_counts(file: str) -> None:
    text, asked = invoke({("PUT", "/v2/apps/web"): [(200, TOLD)]}, "app", "update", "--dry-run", file)
    assert text.splitlines() == [
        "/web",
        "  - env.A: b",
        r'  + env.A: "c\u001b[2J"',
        "step 1  RestartApplication /web",
        "APP   NOW  THEN  MOST  FEWEST READY  STARTED  ENDED",
        "/web    3     3     6             3        3      3",
        "at most 6 instances at once, 3 extra; never fewer than 3 ready",
    ]
    assert asked[0][1] == "/v2/apps/web?dryRun=true"
    text, asked = invoke({("DELETE", "/v2/apps/web"): [(200, TOLD)]}, "app", "rm", "--dry-run", "-o", "json", "web")
    assert json.loads(text) == TOLD


def test_a_dry_run_of_what_would_be_refused_ends_with_1(file: str) -> None:
    answers: Answers = {("POST", "/v2/apps"): [(200, IMPOSSIBLE)]}
    text, _ = invoke(answers, "app", "create", "--dry-run", file, code=1)
    assert "can never be finished here: /web constraints.0: needs 3 agents" in text
    _, asked = invoke(answers, "app", "create", "--dry-run", "--force", file)
    assert asked[0][1] == "/v2/apps?force=true&dryRun=true"


def test_what_can_never_be_finished_may_be_forced(file: str) -> None:
    errors = ["can never be finished here: needs 3 agents. With force=true it is accepted, and waits"]
    details = [{"path": "/constraints(0)", "errors": errors}]
    answers: Answers = {("PUT", "/v2/apps/web"): [(422, {"message": "Object is not valid", "details": details})]}
    text, _ = invoke(answers, "app", "update", file, code=1)
    assert "Next: the same again with --force" in text


def test_diff_ends_as_diff_does(file: str) -> None:
    text, asked = invoke({("PUT", "/v2/apps/web"): [(200, TOLD)]}, "app", "diff", file, code=1)
    assert "  - env.A: b" in text
    assert "at most 6" in text
    assert asked[0][1] == "/v2/apps/web?dryRun=true&force=true"
    same = {**TOLD, "changes": [], "steps": []}
    assert invoke({("PUT", "/v2/apps/web"): [(200, same)]}, "app", "diff", file)[0] == "nothing differs\n"
    assert (
        "exists"
        in invoke({("PUT", "/v2/apps/web"): [(404, {"message": "none exists"})]}, "app", "diff", file, code=2)[0]
    )


def test_what_is_locked_names_the_deployment_and_the_ways_out() -> None:
    answers: Answers = {("PUT", "/v2/apps/web"): [(409, {"message": "locked", "deployments": [{"id": "d1-long"}]})]}
    text, _ = invoke(answers, "app", "scale", "web", "3", code=1)
    assert "deployment d1-long has it" in text
    assert "Next: barter deployment show d1-long, or the same again with --force" in text


def test_deployments_are_listed_shown_and_steered() -> None:
    answers: Answers = {
        ("GET", "/v2/deployments"): [(200, [UNDER_WAY])],
        ("POST", "/v2/deployments/d1-long/pause"): [(200, {**UNDER_WAY, "paused": True})],
        ("POST", "/v2/deployments/d1-long/promote"): [(200, {})],
        ("DELETE", "/v2/deployments/d1-long"): [(202, None)],
    }
    text, asked = invoke(answers, "deployment", "ls")
    assert text.splitlines()[1].split() == ["d1-long", "1/2", "running", "/web", "RestartApplication", "/web"]
    assert asked[0][1] == "/v2/deployments?embed=reasons"
    for name in ("d1", "web", "/web"):
        text, _ = invoke(answers, "deployment", "show", name)
        assert "> step 1    RestartApplication /web" in text
        assert "  /web  1/3 ready of 4, starting: 2 of 3" in text
    assert json.loads(invoke(answers, "deployment", "show", "web", "-o", "json")[0]) == UNDER_WAY
    assert "step 1 of 2, paused" in invoke(answers, "app", "pause", "web")[0]
    assert "the deployment of d1 is done" in invoke(answers, "deployment", "promote", "d1")[0]
    text, asked = invoke(answers, "deployment", "rollback", "--force", "web")
    assert asked[-1][:2] == ("DELETE", "/v2/deployments/d1-long?force=true")
    assert "is given up; what it has done stays" in text
    assert "no deployment is under way for api" in invoke(answers, "app", "resume", "api", code=1)[0]


def test_a_rollback_is_followed_to_its_end() -> None:
    back = {**UNDER_WAY, "id": "d2"}
    answers: Answers = {
        ("GET", "/v2/deployments"): [(200, [UNDER_WAY]), (200, [back]), (200, [])],
        ("DELETE", "/v2/deployments/d1-long"): [(200, {"deploymentId": "d2"})],
    }
    text, _ = invoke(answers, "deployment", "rollback", "web")
    assert text.splitlines() == [
        "back from d1-long: step 1/2: /web 1/3 ready of 4",
        "deployment d1-long is taken back",
    ]


def test_a_rollback_that_fails_is_no_rollback() -> None:
    answers: Answers = {
        ("GET", "/v2/deployments"): [(200, [UNDER_WAY]), (200, [])],
        ("DELETE", "/v2/deployments/d1-long"): [(200, {"deploymentId": "d2"})],
        ("GET", "/v2/deployments/d2"): [(200, {"id": "d2", "state": "FAILED", "reason": "no room"})],
    }
    text, _ = invoke(answers, "deployment", "rollback", "web", code=1)
    assert "deployment d2 failed: no room" in text
    assert "is taken back" not in text


def test_of_a_rollback_it_can_be_told_what_it_would_do() -> None:
    answers: Answers = {
        ("GET", "/v2/deployments"): [(200, [UNDER_WAY])],
        ("DELETE", "/v2/deployments/d1-long"): [(200, TOLD)],
    }
    text, asked = invoke(answers, "deployment", "rollback", "--dry-run", "web")
    assert asked[-1][1] == "/v2/deployments/d1-long?dryRun=true"
    assert "step 1  RestartApplication /web" in text
    assert json.loads(invoke(answers, "deployment", "rollback", "--dry-run", "-o", "json", "web")[0]) == TOLD


def test_programs_are_told_the_version_and_the_deployment_of_a_change(file: str) -> None:
    reply = {"version": "2024-01-01T00:00:00.000Z", "deploymentId": "d9"}
    told = {"version": "2024-01-01T00:00:00.000Z", "deploymentId": "d9"}
    answers: Answers = {
        ("POST", "/v2/apps"): [(201, {"id": "/web", "version": told["version"], "deployments": [{"id": "d9"}]})],
        ("PUT", "/v2/apps/web"): [(200, reply)],
        ("PUT", "/v2/groups/shop"): [(200, reply)],
        ("GET", "/v2/groups/shop"): [(200, {})],
        ("DELETE", "/v2/pods/pod"): [(202, None)],
        ("GET", "/v2/deployments"): [(200, [UNDER_WAY])],
        ("DELETE", "/v2/deployments/d1-long"): [(200, reply)],
    }
    for words, name in (
        (("app", "create", "--no-wait", file), "/web"),
        (("app", "scale", "--no-wait", "web", "2"), "/web"),
        (("group", "scale", "--no-wait", "shop", "2"), "/shop"),
        (("deployment", "rollback", "--no-wait", "web"), "d1-long"),
    ):
        assert json.loads(invoke(answers, *words, "-o", "json")[0]) == {"id": name, **told}
    gone = invoke(answers, "pod", "rm", "--no-wait", "-o", "json", "pod")[0]
    assert json.loads(gone) == {"id": "/pod", "version": None, "deploymentId": None}


def test_what_is_on_its_way_is_shown_beside_what_programs_read(file: str) -> None:
    answers: Answers = {
        ("PUT", "/v2/groups/shop"): [(200, {"deploymentId": "d1"})],
        ("GET", "/v2/groups/shop"): [(200, {})],
        ("GET", "/v2/deployments"): [(200, [{**UNDER_WAY, "id": "d1"}]), (200, [])],
    }
    with serving_http(answers, []) as url:
        done = CliRunner().invoke(cli, ["--service", url, "group", "scale", "shop", "2", "-o", "json"])
    assert json.loads(done.stdout)["deploymentId"] == "d1"
    assert "/shop: step 1/2" in done.stderr


def test_groups(tmp_path: Path) -> None:
    path = tmp_path / "shop.json"
    path.write_text(json.dumps({"id": "/shop", "apps": []}))
    app = {"id": "/shop/web", "instances": 2, "tasksRunning": 2}
    shop = {"id": "/shop", "dependencies": ["/db"], "apps": [app], "pods": [{"id": "/shop/pod"}], "groups": []}
    answers: Answers = {
        ("GET", "/v2/groups"): [(200, {"id": "/", "apps": [], "groups": [shop]})],
        ("GET", "/v2/groups/shop"): [(200, shop)],
        ("GET", "/v2/deployments"): [(200, [{**UNDER_WAY, "id": "d1"}]), (200, [])],
        ("POST", "/v2/groups"): [(201, {"deploymentId": "d1"})],
        ("PUT", "/v2/groups/shop"): [(200, {"deploymentId": "d1"})],
        ("DELETE", "/v2/groups/shop"): [(200, {"deploymentId": "d1"})],
    }
    assert [line.split()[:4] for line in invoke(answers, "group", "ls")[0].splitlines()[1:]] == [
        ["/", "0", "0", "1"],
        ["/shop", "1", "1", "0"],
    ]
    assert "group /shop, depends on /db" in invoke(answers, "group", "show", "shop")[0]
    text, asked = invoke(answers, "group", "create", str(path))
    assert asked[0][:2] == ("POST", "/v2/groups")
    assert text.splitlines()[:2] == ["/shop: step 1/2: /web 1/3 ready of 4", "/shop is as wanted"]
    assert invoke(answers, "group", "update", "--no-wait", str(path))[0] == "/shop: on its way, deployment d1\n"
    _, asked = invoke(answers, "group", "scale", "--no-wait", "shop", "1.5")
    assert asked[-1] == ("PUT", "/v2/groups/shop", {"scaleBy": 1.5})
    _, asked = invoke(answers, "group", "rm", "--no-wait", "--force", "shop")
    assert asked[-1][:2] == ("DELETE", "/v2/groups/shop?force=true")
    assert "barter group ls" in invoke({}, "group", "show", "none", code=1)[0]


def test_pods(tmp_path: Path) -> None:
    path = tmp_path / "pod.json"
    path.write_text(json.dumps({"id": "/pod", "containers": []}))
    status = {
        "id": "/pod",
        "status": "STABLE",
        "spec": {"containers": [{"name": "a"}], "scaling": {"kind": "fixed", "instances": 2}},
        "instances": [{"id": "pod.instance-1", "status": "STABLE", "containers": [{"name": "a", "status": "RUNNING"}]}],
    }
    answers: Answers = {
        ("GET", "/v2/pods/::status"): [(200, [status])],
        ("GET", "/v2/pods/pod::status"): [(200, status)],
        ("GET", "/v2/pods/pod"): [(200, {"id": "/pod", "containers": []})],
        ("GET", "/v2/deployments"): [(200, [])],
        ("POST", "/v2/pods"): [(201, {"id": "/pod"})],
        ("PUT", "/v2/pods/pod"): [(200, {"id": "/pod"})],
        ("DELETE", "/v2/pods/pod"): [(202, None)],
    }
    assert invoke(answers, "pod", "ls")[0].splitlines()[1].split() == ["/pod", "STABLE", "1/2", "a"]
    assert "    a  RUNNING" in invoke(answers, "pod", "show", "pod")[0]
    assert "/pod is there" in invoke(answers, "pod", "create", str(path))[0]
    assert invoke(answers, "pod", "update", str(path))[1][0][:2] == ("PUT", "/v2/pods/pod")
    assert invoke(answers, "pod", "rm", "pod")[0] == "/pod is gone\n"
    _, asked = invoke(answers, "pod", "scale", "--no-wait", "pod", "3")
    scaled = {"id": "/pod", "containers": [], "scaling": {"kind": "fixed", "instances": 3}}
    assert asked[1] == ("PUT", "/v2/pods/pod", scaled)
