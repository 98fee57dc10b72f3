"""The small print of the REST face: filters, embeds, forms of text, headers, and what is said to who asks wrongly."""

from typing import Any

import pytest

from barter.sdk import TaskState
from tests.service.http_face import WEB, Face, over_http

PORTS: dict[str, Any] = {**WEB, "portDefinitions": [{"port": 10_019, "name": "http"}, {"port": 0, "name": "more"}]}


def test_apps_are_found_by_id_command_and_labels() -> None:
    async def story(face: Face) -> None:
        await face.call("POST", "/v2/apps", {**WEB, "id": "/a/web", "labels": {"tier": "front end"}})
        await face.call("POST", "/v2/apps", {**WEB, "id": "/b/db", "cmd": "STORE it", "labels": {"tier": "back"}})
        await face.call("POST", "/v2/apps", {**WEB, "id": "/c"})

        async def found(query: str) -> list[str]:
            status, answer = await face.call("GET", f"/v2/apps?{query}")
            assert status == 200
            return [app["id"] for app in answer["apps"]]

        assert await found("id=B/D") == ["/b/db"]
        assert await found("cmd=store") == ["/b/db"]
        assert await found(r"label=tier%3D%3Dfront%5C%20end") == ["/a/web"]
        assert await found("label=tier in (back, x), tier") == ["/b/db"]
        assert await found("label=tier notin (back)&id=/a") == ["/a/web"]
        assert await found("label=tier%21%3Dback") == ["/a/web"]
        assert await found("label=none") == []
        assert await found("_timestamp=5") == ["/a/web", "/b/db", "/c"]
        status, answer = await face.call("GET", "/v2/apps?label=a%3Db")
        assert (status, answer["details"][0]["path"]) == (422, "?label")

    over_http(story)


def test_what_is_told_beside_is_what_was_asked_for() -> None:
    async def story(face: Face) -> None:
        await face.call("POST", "/v2/apps", WEB)
        await face.settled()
        told = {"deployments", "tasksStaged", "tasksRunning", "tasksHealthy", "tasksUnhealthy"}
        extra = {"tasks", "lastTaskFailure", "readinessCheckResults", "taskStats", "waiting"}

        async def beside(query: str) -> set[str]:
            _, answer = await face.call("GET", f"/v2/apps{query}")
            (app,) = answer["apps"]
            assert told <= set(app)
            return set(app) & extra

        assert await beside("") == set()
        assert await beside("?embed=apps.tasks") == {"tasks"}
        assert await beside("?embed=apps.tasks&embed=apps.readiness&embed=nonsense") == {
            "tasks",
            "readinessCheckResults",
        }
        assert await beside("?embed=app.taskStats&embed=reasons") == {"taskStats", "waiting"}
        first = (await face.call("GET", "/v2/apps/web"))[1]["app"]["tasks"][0]["id"]
        face.script.tell(first, TaskState.FAILED)
        await face.until("/v2/apps/web", lambda got: "lastTaskFailure" in got["app"] and len(got["app"]["tasks"]) == 2)
        assert await beside("?embed=apps.failures") == {"tasks", "lastTaskFailure"}
        stats = (await face.call("GET", "/v2/apps?embed=apps.taskStats"))[1]["apps"][0]["taskStats"]
        assert stats["totalSummary"]["stats"]["counts"] == {"staged": 0, "running": 2, "healthy": 0, "unhealthy": 0}
        assert set(stats["totalSummary"]["stats"]["lifeTime"]) == {"averageSeconds", "medianSeconds"}

    over_http(story)


def test_tasks_as_lines_of_text_for_who_wants_them() -> None:
    async def story(face: Face) -> None:
        await face.call("POST", "/v2/apps", {**PORTS, "id": "/shop/web"})
        await face.call("POST", "/v2/apps", {**WEB, "id": "/plain", "instances": 1, "portDefinitions": []})
        await face.settled("shop/web")
        await face.settled("plain")
        tasks = (await face.call("GET", "/v2/apps/shop/web/tasks"))[1]["tasks"]
        assert [task["servicePorts"] for task in tasks] == [[10_019, 0]] * 2
        answer = await face.client.get("/v2/tasks", headers={"Accept": "text/plain"})
        places = [[f"{task['host']}:{task['ports'][index]}" for task in tasks] for index in (0, 1)]
        assert answer.text.splitlines() == [
            "\t".join(("shop_web", "10019", *places[0])),
            "\t".join(("shop_web", "0", *places[1])),
            f"plain\t \t{tasks[0]['host']}",
        ]
        assert answer.headers["Content-Type"].startswith("text/plain")
        answer = await face.client.get("/v2/apps/plain/tasks", headers={"Accept": "text/plain, application/json;q=0.5"})
        assert len(answer.text.splitlines()) == 1
        for accept in ("*/*", "application/json", "text/plain;q=0.1, application/json"):
            assert "tasks" in (await face.client.get("/v2/tasks", headers={"Accept": accept})).json()
        assert len((await face.call("GET", "/v2/apps/shop/*/tasks"))[1]["tasks"]) == 2
        for query, many in (("status=running", 3), ("status=staging", 0), ("status[]=running&status[]=staging", 3)):
            assert len((await face.call("GET", f"/v2/tasks?{query}"))[1]["tasks"]) == many

    over_http(story)


def named(tasks: Any) -> set[str]:
    return {task["id"] for task in tasks["tasks"]}


def test_tasks_are_ended_by_id_over_many_apps() -> None:
    async def story(face: Face) -> None:
        await face.call("POST", "/v2/apps", WEB)
        await face.call("POST", "/v2/apps", {**WEB, "id": "/other"})
        ids = [(await face.settled(app_id))["tasks"][0]["id"] for app_id in ("web", "other")]
        status, answer = await face.call("POST", "/v2/tasks/delete", {"ids": [*ids, "gone.instance-1-99"]})
        assert (status, {task["id"] for task in answer["tasks"]}) == (200, set(ids))
        await face.until(
            "/v2/tasks", lambda got: len(got["tasks"]) == 4 and not set(ids) & {t["id"] for t in got["tasks"]}
        )
        ids = [task["id"] for task in (await face.call("GET", "/v2/tasks"))[1]["tasks"]][1:3]
        status, answer = await face.call("POST", "/v2/tasks/delete?scale=True", {"ids": ids})
        assert (status, set(answer)) == (200, {"version", "deploymentId"})
        await face.until("/v2/deployments", lambda got: got == [])
        assert [app["instances"] for app in (await face.call("GET", "/v2/apps"))[1]["apps"]] == [1, 1]
        status, answer = await face.call("POST", "/v2/tasks/delete", {"ids": ["not_known"]})
        assert (status, answer) == (400, {"message": "Invalid task id 'not_known'"})
        assert (await face.call("POST", "/v2/tasks/delete", {"ids": "x"}))[0] == 422
        status, answer = await face.call("DELETE", "/v2/apps/web/tasks?scale=true&wipe=true")
        assert (status, answer) == (400, {"message": "You cannot use scale and wipe at the same time."})

    over_http(story)


def test_a_list_of_apps_is_one_deployment() -> None:
    async def story(face: Face) -> None:
        await face.call("POST", "/v2/apps", WEB)
        await face.settled()
        face.script.stuck = True
        status, answer = await face.call("PUT", "/v2/apps", [{"id": "web", "instances": 3}, {**WEB, "id": "/new"}])
        assert (status, set(answer)) == (200, {"version", "deploymentId"})
        _, (deployment,) = await face.call("GET", "/v2/deployments")
        assert (deployment["id"], set(deployment["affectedApps"])) == (answer["deploymentId"], {"/web", "/new"})
        face.script.stuck = False
        assert (await face.call("PATCH", "/v2/apps?force=true", [{"id": "web", "env": {"A": "b"}}]))[0] == 200
        assert (await face.call("GET", "/v2/apps/web"))[1]["app"]["instances"] == 3
        status, answer = await face.call("PATCH", "/v2/apps", [{"id": "/none", "instances": 1}])
        assert (status, answer) == (404, {"message": "App '/none' does not exist"})
        status, answer = await face.call(
            "PUT", "/v2/apps", [{"id": "/a", "cmd": "x"}, {"id": "/b", "cmd": "x", "mem": -1}]
        )
        assert (status, answer["details"][0]["path"]) == (422, "(1)/mem")
        assert (await face.call("GET", "/v2/apps/a"))[0] == 404
        assert (await face.call("PUT", "/v2/apps", {"id": "/a"}))[0] == 400
        assert (await face.call("PUT", "/v2/apps", [{"cmd": "x"}]))[0] == 422

    over_http(story)


@pytest.mark.parametrize(
    "path", ["/v2/apps/shop/web", "/v2/apps//shop/web/", "/v2/apps/%2Fshop%2Fweb", "/v2/apps/shop%2Fweb"]
)
def test_an_id_is_understood_however_it_is_written(path: str) -> None:
    async def story(face: Face) -> None:
        await face.call("POST", "/v2/apps/", {**WEB, "id": "shop/web"})
        assert (await face.call("GET", path))[1]["app"]["id"] == "/shop/web"
        assert (await face.call("GET", f"{path.rstrip('/')}/versions/"))[0] == 200

    over_http(story)


def test_what_is_told_can_be_given_back_and_changes_nothing() -> None:
    async def story(face: Face) -> None:
        await face.call("POST", "/v2/groups", {"id": "/shop", "apps": [{**PORTS, "id": "web"}]})
        before = await face.settled("shop/web")
        assert (await face.call("PUT", "/v2/apps/shop/web", before))[0] == 200
        told = (await face.call("GET", "/v2/apps?embed=apps.tasks&embed=reasons&embed=apps.taskStats"))[1]["apps"]
        assert (await face.call("PUT", "/v2/apps?partialUpdate=false", told))[0] == 200
        _, group = await face.call("GET", "/v2/groups/shop")
        del group["version"]
        assert (await face.call("PUT", "/v2/groups/shop", group))[0] == 200
        after = await face.settled("shop/web")
        assert (after["version"], after["tasks"], face.script.killed) == (before["version"], before["tasks"], [])

    over_http(story)


def test_headers_and_statuses_are_marathons() -> None:
    async def story(face: Face) -> None:
        made = await face.client.post("/v2/apps", json=WEB)
        deployment = made.json()["deployments"][0]["id"]
        assert (made.headers["Location"], made.headers["Marathon-Deployment-Id"]) == ("/v2/apps/web", deployment)
        await face.settled()
        scaled = await face.client.put("/v2/apps/web", json={"instances": 3})
        assert scaled.headers["Marathon-Deployment-Id"] == scaled.json()["deploymentId"]
        await face.settled()
        for method, path, status, message in (
            ("PUT", "/v2/apps/web/tasks", 405, "Method Not Allowed"),
            ("DELETE", "/v2/apps", 405, "Method Not Allowed"),
            ("POST", "/v2/queue", 405, "Method Not Allowed"),
            ("GET", "/v2/apps/none/tasks", 404, "App '/none' does not exist"),
            ("DELETE", "/v2/apps/none", 404, "App '/none' does not exist"),
            ("DELETE", "/v2/apps/web/tasks/none", 404, "Task 'none' does not exist"),
            ("DELETE", "/v2/deployments/none", 404, "DeploymentPlan none does not exist"),
            ("DELETE", "/v2/queue/none/delay", 404, "Application /none not found in tasks queue."),
        ):
            refused = await face.client.request(method, path)
            assert (refused.status_code, refused.json()) == (status, {"message": message})
            assert ("Allow" in refused.headers) is (status == 405)
        for kind, status in (("text/plain", 415), ("application/json; charset=utf-8", 200), ("application/xml", 415)):
            answer = await face.client.put("/v2/apps/web", content=b'{"instances":1}', headers={"Content-Type": kind})
            assert answer.status_code == status
            await face.settled()

    over_http(story)
