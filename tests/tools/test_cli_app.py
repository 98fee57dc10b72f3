"""`barter app` against a service framework that answers from a table."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from barter.proto.v1 import operator_pb2 as pb
from barter.tools.cli import progress
from barter.tools.cli.main import cli
from tests.tools.stubs import Answers, StubMaster, serving, serving_bytes, serving_http

NOBODY = "127.0.0.1:1"
DEPLOYING = [{"id": "d1"}]


def state(healthy: int, deployments: list[Any], **more: Any) -> tuple[int, Any]:
    counts = {"tasksRunning": healthy, "tasksHealthy": healthy, "tasksStaged": 3 - healthy}
    app = {"id": "/web", "instances": 3, "healthChecks": [{}], "deployments": deployments, **counts, **more}
    return 200, {"app": app}


def invoke(
    answers: Answers, *words: str, code: int = 0, stdin: str = "", master: str = NOBODY
) -> tuple[str, list[Any]]:
    asked: list[tuple[str, str, Any]] = []
    with serving_http(answers, asked) as url:
        done = CliRunner().invoke(cli, ["--service", url, "--master", master, "app", *words], input=stdin)
    assert done.exit_code == code, done.output
    return done.output, asked


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    path = tmp_path / "web.json"
    path.write_text(json.dumps({"id": "/web", "cmd": "true"}))
    return path


def test_create_shows_progress_until_all_are_healthy(definition: Path) -> None:
    answers: Answers = {
        ("POST", "/v2/apps"): [(201, {"id": "/web", "deployments": DEPLOYING})],
        ("GET", "/v2/apps/web"): [state(0, DEPLOYING), state(2, DEPLOYING), state(3, [])],
    }
    text, asked = invoke(answers, "create", str(definition))
    lines = text.splitlines()
    assert lines[:3] == ["/web: 0/3 healthy, 3 starting", "/web: 2/3 healthy, 1 starting", "/web: 3/3 healthy"]
    assert lines[3] == "/web is there: 3/3 healthy"
    assert lines[4].startswith("Next: ")
    assert asked[0] == ("POST", "/v2/apps", {"id": "/web", "cmd": "true"})


def test_create_ends_with_where_it_is_served(definition: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("barter.tools.cli.hints.running", lambda: {"edge_http": "http://127.0.0.1:8000"})
    service = pb.ServiceEndpoints()
    service.service.service_id = "web"
    service.service.ports.add(name="http", vhosts=["web.localhost"])
    answers: Answers = {
        ("POST", "/v2/apps"): [(201, {"id": "/web", "deployments": DEPLOYING})],
        ("GET", "/v2/apps/web"): [state(3, [])],
    }
    with serving(StubMaster({"ListEndpoints": pb.EndpointsUpdate(services=[service])})) as master:
        text, _ = invoke(answers, "create", str(definition), master=master)
    assert text.splitlines()[-1] == "Next: curl -H 'Host: web.localhost' http://127.0.0.1:8000/"


def test_create_from_a_pipe_without_waiting() -> None:
    answers: Answers = {("POST", "/v2/apps"): [(201, {"id": "/web", "deployments": DEPLOYING})]}
    text, asked = invoke(answers, "create", "--no-wait", "-", stdin='{"id": "web"}')
    assert text == "/web: on its way, deployment d1\n"
    assert len(asked) == 1


def test_what_waits_says_why(definition: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "STUCK_S", 0.0)
    monkeypatch.setattr(progress, "POLL_S", 0.01)
    why = pb.ExplainResponse(subject="/web", kind="demand", summary="no agent fits")
    group = why.groups.add(failing=["cpus"], agents=3, examples=["agent-a", "agent-b", "agent-c"])
    group.verdicts.add(filter="cpus", detail="100 needed, 2 free")
    why.changes.append("2 cpus instead of 100")
    failure = {"taskId": "web.1", "state": "TASK_FAILED", "message": "exit code 3"}
    waiting = state(0, DEPLOYING, lastTaskFailure=failure)
    answers: Answers = {
        ("POST", "/v2/apps"): [(201, {"id": "/web", "deployments": DEPLOYING})],
        ("GET", "/v2/apps/web"): [waiting, waiting, waiting, state(3, [])],
        ("GET", "/v2/queue"): [(200, {"queue": [{"app": {"id": "/web"}, "delay": {"timeLeftSeconds": 7}}]})],
    }
    with serving(StubMaster({"Explain": {"web": why}, "ListEndpoints": pb.EndpointsUpdate()})) as master:
        text, _ = invoke(answers, "create", str(definition), master=master)
    for part in ("next try is in 7 s", "no agent fits", "agent-a and 2 more: cpus: 100 needed, 2 free", "exit code 3"):
        assert part in text
    assert "it would fit with: 2 cpus instead of 100" in text


def test_interrupted_it_says_that_it_goes_on(definition: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupt)
    answers: Answers = {
        ("POST", "/v2/apps"): [(201, {"id": "/web", "deployments": DEPLOYING})],
        ("GET", "/v2/apps/web"): [state(0, DEPLOYING)],
    }
    text, _ = invoke(answers, "create", str(definition), code=1)
    assert "the deployment of /web goes on" in text


def test_a_refused_definition_names_each_field(definition: Path) -> None:
    details = [{"path": "/cpus", "errors": ["must be > 0"]}, {"path": "/foo", "errors": ["unknown field"]}]
    answers: Answers = {("POST", "/v2/apps"): [(422, {"message": "Object is not valid", "details": details})]}
    text, _ = invoke(answers, "create", str(definition), code=1)
    assert "  cpus: must be > 0\n  foo: unknown field" in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "holds no app"),
        ('{"id": "a", "cmd": "x", "id": "b"}', "is not JSON: 'id' is given twice in one object"),
        ("[" * 100_000, "is not JSON: it is nested too deeply"),
    ],
)
def test_what_is_no_definition_is_not_sent(content: str, said: str) -> None:
    text, asked = invoke({}, "create", "-", code=1, stdin=content)
    assert said in text
    assert asked == []


def test_what_speaks_no_http_is_no_service_framework() -> None:
    with serving_bytes((b"GET", b"\0\0\6\4\0\0\0\n")) as address:
        done = CliRunner().invoke(cli, ["app", "ls", "--service", f"http://{address}"])
    assert done.exit_code == 1
    assert f"what listens at http://{address} does not speak HTTP" in done.output


def test_a_change_goes_to_the_leader_that_a_framework_names(definition: Path) -> None:
    answers: Answers = {("POST", "/v2/apps"): [(201, {"id": "/web", "deployments": DEPLOYING})]}
    asked: list[tuple[str, str, Any]] = []
    with serving_http(answers, asked) as leader:
        redirect = f"HTTP/1.1 307 \r\nLocation: {leader}/v2/apps\r\nContent-Length: 0\r\n\r\n"
        with serving_bytes((b'"cmd"', redirect.encode())) as follower:
            words = ["app", "create", str(definition), "--no-wait", "--service", f"http://{NOBODY},{follower}"]
            done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    assert asked == [("POST", "/v2/apps", {"id": "/web", "cmd": "true"})]


def test_an_app_that_exists_is_to_be_updated(definition: Path) -> None:
    answers: Answers = {("POST", "/v2/apps"): [(409, {"message": "/web exists already"})]}
    text, _ = invoke(answers, "create", str(definition), code=1)
    assert f"Next: barter app update {definition}" in text


@pytest.mark.parametrize("name", ["web", "/web"])
def test_scale_and_update_put(name: str, definition: Path) -> None:
    answers: Answers = {
        ("PUT", "/v2/apps/web"): [(200, {"deploymentId": "d1"})],
        ("GET", "/v2/apps/web"): [state(3, [])],
    }
    _, asked = invoke(answers, "scale", name, "5")
    assert asked[0] == ("PUT", "/v2/apps/web", {"instances": 5})
    _, asked = invoke(answers, "update", "--force", str(definition))
    assert asked[0] == ("PUT", "/v2/apps/web?force=true", {"id": "/web", "cmd": "true"})


def test_rm_waits_until_the_deployment_is_over() -> None:
    answers: Answers = {
        ("DELETE", "/v2/apps/web"): [(200, {"deploymentId": "d1"})],
        ("GET", "/v2/deployments"): [(200, DEPLOYING), (200, [])],
    }
    text, asked = invoke(answers, "rm", "web")
    assert text.splitlines()[-1] == "/web is gone"
    assert [path for _, path, _ in asked].count("/v2/deployments") == 2


def test_what_has_failed_is_not_there(definition: Path) -> None:
    ended = {"id": "d1", "state": "FAILED", "reason": "/web came no nearer for 8 s: not healthy yet: 3 of 3"}
    answers: Answers = {
        ("PUT", "/v2/apps/web"): [(200, {"deploymentId": "d1"})],
        ("GET", "/v2/apps/web"): [state(0, DEPLOYING), state(0, [])],
        ("GET", "/v2/deployments/d1"): [(200, ended)],
    }
    text, _ = invoke(answers, "update", str(definition), code=1)
    assert "is there" not in text
    assert text.splitlines()[-2:] == [f"Error: deployment d1 failed: {ended['reason']}", "Next: barter app show /web"]


def test_a_service_framework_that_is_away_for_a_while_is_waited_for(definition: Path) -> None:
    away = (503, {"message": "no service framework leads"})
    answers: Answers = {
        ("PUT", "/v2/apps/web"): [(200, {"deploymentId": "d1"})],
        ("GET", "/v2/apps/web"): [state(1, DEPLOYING), away, state(3, [])],
    }
    text, _ = invoke(answers, "update", str(definition))
    assert "waiting, its deployments go on" in text
    assert "/web is there: 3/3 healthy" in text


def test_rollback_takes_the_version_before() -> None:
    versions = ["2024-01-01T00:00:00.000Z", "2024-03-01T00:00:00.000Z", "2024-02-01T00:00:00.000Z"]
    answers: Answers = {
        ("GET", "/v2/apps/web/versions"): [(200, {"versions": versions})],
        ("PUT", "/v2/apps/web"): [(200, {"deploymentId": "d1"})],
        ("GET", "/v2/apps/web"): [state(3, [], version=versions[1])],
    }
    _, asked = invoke(answers, "rollback", "web")
    assert asked[1] == ("PUT", "/v2/apps/web", {"version": versions[2]})
    rows, _ = invoke(answers, "versions", "web", "-o", "json")
    assert [row["current"] for row in json.loads(rows)] == [True, False, False]


def test_restart_ls_and_show() -> None:
    answers: Answers = {
        ("POST", "/v2/apps/web/restart"): [(200, {"deploymentId": "d1"})],
        ("GET", "/v2/apps/web"): [state(3, [])],
        ("GET", "/v2/apps"): [(200, {"apps": [state(3, [])[1]["app"]]})],
    }
    assert "/web is there" in invoke(answers, "restart", "web")[0]
    assert "3/3" in invoke(answers, "ls")[0]
    assert json.loads(invoke(answers, "show", "/web", "-o", "json")[0])["id"] == "/web"
    assert "3/3 healthy" in invoke(answers, "show", "web")[0]


def test_an_app_that_is_not_there() -> None:
    text, _ = invoke({}, "show", "web", code=1)
    assert "barter app ls" in text


def test_a_service_that_is_not_there_or_no_service() -> None:
    done = CliRunner().invoke(cli, ["--service", "http://127.0.0.1:1", "app", "ls"])
    assert (done.exit_code, len(done.output.strip().splitlines())) == (1, 1)
    assert "barter dev" in done.output
    text, _ = invoke({("GET", "/v2/apps"): [(200, b"<html>")]}, "ls", code=1)
    assert "does not speak /v2" in text


def test_what_is_healthy_and_not_ready_is_said(definition: Path) -> None:
    found = [{"name": "warm", "taskId": f"t{n}", "ready": n > 0} for n in range(3)]
    answers: Answers = {
        ("POST", "/v2/apps"): [(201, {"id": "/web", "deployments": DEPLOYING})],
        ("GET", "/v2/apps/web"): [state(3, DEPLOYING, readinessCheckResults=found), state(3, [])],
    }
    text, _ = invoke(answers, "create", str(definition))
    assert text.splitlines()[:2] == ["/web: 3/3 healthy, 1 not ready", "/web: 3/3 healthy"]
