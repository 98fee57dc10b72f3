"""The REST face over real HTTP, on the real machine and bridge; only the master is played, by a scripted driver."""

import asyncio
from pathlib import Path

from tests.service.http_face import WEB, Face, over_http, serving

EXAMPLE = Path(__file__).parents[2] / "examples" / "web.json"


def test_an_apps_life() -> None:
    async def story(face: Face) -> None:
        status, made = await face.call("POST", "/v2/apps", WEB)
        assert status == 201
        assert (made["id"], made["instances"], len(made["deployments"])) == ("/web", 2, 1)
        app = await face.settled()
        assert (app["tasksRunning"], app["tasksStaged"], app["deployments"]) == (2, 0, [])
        assert [task["ports"][0] > 31000 for task in app["tasks"]] == [True, True]

        status, answer = await face.call("PUT", "/v2/apps/web", {"instances": 3})
        assert (status, set(answer)) == (200, {"version", "deploymentId"})
        assert (await face.settled())["tasksRunning"] == 3
        assert face.script.killed == []

        status, _ = await face.call("PATCH", "/v2/apps//web", {"env": {"A": "b"}})
        app = await face.settled()
        assert (status, app["tasksRunning"], app["env"], app["cmd"]) == (200, 3, {"A": "b"}, "serve")
        assert len(face.script.killed) == 3
        assert app["versionInfo"]["lastConfigChangeAt"] == app["version"] > app["versionInfo"]["lastScalingAt"]

        known = (await face.call("GET", "/v2/apps/web/versions"))[1]["versions"]
        assert known == sorted(known, reverse=True)
        first = (await face.call("GET", f"/v2/apps/web/versions/{known[-1]}"))[1]
        assert (first["instances"], first["env"], first["version"]) == (2, {}, known[-1])
        await face.call("PUT", "/v2/apps/web", {"version": known[-1]})
        assert (await face.settled())["env"] == {}

        assert (await face.call("DELETE", "/v2/apps/web"))[0] == 200
        assert await face.settled() == {}
        assert (await face.call("GET", "/v2/apps/web")) == (404, {"message": "App '/web' does not exist"})
        assert (await face.call("GET", "/v2/tasks"))[1] == {"tasks": []}
        assert [key.split("/")[1] for key in face.store.keys("service/")] == ["former", "generation"]
        assert face.script.services == ()

    over_http(story)


def test_the_example_is_served_by_host_name() -> None:
    async def story(face: Face) -> None:
        assert (await face.call("POST", "/v2/apps", EXAMPLE.read_bytes()))[0] == 201
        app = await face.settled()
        assert (app["tasksHealthy"], app["tasksUnhealthy"]) == (3, 0)
        assert [port.vhosts for service in face.script.services for port in service.ports] == [("web.localhost",)]

    over_http(story)


def test_bad_definitions_are_refused_by_field_and_leave_nothing() -> None:
    async def story(face: Face) -> None:
        status, answer = await face.call("POST", "/v2/apps", {**WEB, "cpus": -1, "colour": "red"})
        assert (status, answer["message"]) == (422, "Object is not valid")
        assert [one["path"] for one in answer["details"]] == ["/cpus", "/colour"]
        assert all(one["errors"] for one in answer["details"])
        for body in (b"{", b"[1]", b"", b"\xff"):
            status, answer = await face.call("POST", "/v2/apps", body)
            assert (status, answer["message"], answer["details"][0]["path"]) == (400, "Invalid JSON", "/")
        assert (await face.call("POST", "/v2/apps", b'{"id":"/web","cmd":"x","mem":Infinity}'))[0] == 422
        status, answer = await face.call("PUT", "/v2/apps/web", {**WEB, "id": "/other"})
        assert (status, answer["details"][0]["path"]) == (422, "/id")
        assert (await face.call("PUT", "/v2/apps/Not%20a%20path", WEB))[0] == 422
        assert (await face.call("GET", "/v2/apps"))[1] == {"apps": []}
        assert face.store.keys("service/") == ["service/generation"]

    over_http(story)


def test_conflicts_are_refused() -> None:
    async def story(face: Face) -> None:
        vhost = {"HAPROXY_GROUP": "external", "HAPROXY_0_VHOST": "a.localhost"}
        await face.call("POST", "/v2/apps", {**WEB, "labels": vhost})
        await face.settled()
        status, answer = await face.call("POST", "/v2/apps", WEB)
        assert (status, answer["message"]) == (409, "An app with id [/web] already exists.")
        status, answer = await face.call("POST", "/v2/apps", {**WEB, "id": "/b", "labels": vhost})
        assert (status, answer["details"][0]["path"]) == (422, "/labels/HAPROXY_0_VHOST")
        assert answer["details"][0]["errors"] == ["host name a.localhost is served by /web"]
        assert (await face.call("POST", "/v2/apps", {**WEB, "id": "/x/y"}))[0] == 201
        status, answer = await face.call("POST", "/v2/apps", {**WEB, "id": "/x.y"})
        assert (status, "/x/y" in answer["message"]) == (409, True)

    over_http(story)


def test_an_app_under_deployment_is_locked() -> None:
    async def story(face: Face) -> None:
        face.script.stuck = True
        await face.call("POST", "/v2/apps", WEB)
        _, (deployment,) = await face.call("GET", "/v2/deployments?embed=reasons")
        assert deployment["currentActions"][0]["waiting"] == "waiting for an offer: 2 of 2"
        assert (deployment["affectedApps"], deployment["totalSteps"]) == (["/web"], 2)
        for method, path, body in (("PUT", "", {"instances": 1}), ("POST", "/restart", None), ("DELETE", "", None)):
            status, answer = await face.call(method, f"/v2/apps/web{path}", body)
            assert (status, answer["deployments"]) == (409, [{"id": deployment["id"]}])
            assert "locked" in answer["message"]
        one = f"/v2/deployments/{deployment['id']}"
        assert (await face.call("GET", one))[1]["state"] == "RUNNING"
        _, queue = await face.call("GET", "/v2/queue")
        assert [(one["count"], one["delay"]["overdue"]) for one in queue["queue"]] == [(2, True)]
        assert (await face.call("DELETE", "/v2/apps/web?force=true"))[0] == 200
        assert await face.settled() == {}
        _, ended = await face.call("GET", one)
        assert (ended["state"], "force" in ended["reason"]) == ("FAILED", True)
        assert (await face.call("GET", "/v2/deployments/none"))[0] == 404

    over_http(story)


def test_tasks_can_be_killed_one_by_one() -> None:
    async def story(face: Face) -> None:
        await face.call("POST", "/v2/apps", WEB)
        first, second = [task["id"] for task in (await face.settled())["tasks"]]
        status, answer = await face.call("DELETE", f"/v2/apps/web/tasks/{first}")
        assert (status, answer["task"]["id"]) == (200, first)
        tasks = await face.until("/v2/apps/web/tasks", lambda got: len(got["tasks"]) == 2 and first not in str(got))
        assert tasks["tasks"][0]["id"] == second
        assert (await face.call("DELETE", "/v2/apps/web/tasks/nobody"))[0] == 404
        assert (await face.call("DELETE", "/v2/apps/web/tasks?hots=x"))[0] == 422
        status, answer = await face.call("DELETE", "/v2/apps/web/tasks?host=elsewhere")
        assert (status, answer) == (200, {"tasks": []})
        assert (await face.call("DELETE", f"/v2/apps/web/tasks/{second}?scale=true"))[0] == 200
        app = await face.settled()
        assert (app["instances"], len(app["tasks"])) == (1, 1)

    over_http(story)


def test_changes_at_the_same_time_are_all_kept() -> None:
    async def story(face: Face) -> None:
        await face.call("POST", "/v2/apps", WEB)
        await face.settled()
        changes = [face.call("PATCH", "/v2/apps/web?force=true", {"labels": {"n": str(n)}}) for n in range(5)]
        changes += [face.call("PATCH", "/v2/apps/web?force=true", {"env": {"N": str(n)}}) for n in range(5)]
        assert [status for status, _ in await asyncio.gather(*changes)] == [200] * 10
        app = await face.settled()
        assert (set(app["labels"]), set(app["env"])) == ({"n"}, {"N"})
        assert len((await face.call("GET", "/v2/apps/web/versions"))[1]["versions"]) == 11

    over_http(story)


def test_a_change_of_network_takes_the_ports_along() -> None:
    async def story(face: Face) -> None:
        await face.call("POST", "/v2/apps", WEB)
        await face.settled()
        container = {"docker": {"image": "busybox"}, "portMappings": [{"containerPort": 80}]}
        change = {"container": container, "networks": [{"mode": "container/bridge"}]}
        assert (await face.call("PATCH", "/v2/apps/web", change))[0] == 200
        app = await face.settled()
        assert ("portDefinitions" in app, app["networks"]) == (False, [{"mode": "container/bridge"}])
        assert (await face.call("PATCH", "/v2/apps/web", {"cmd": None, "args": ["a"]}))[0] == 200
        assert (await face.settled())["args"] == ["a"]
        status, _ = await face.call("PUT", "/v2/apps/web?partialUpdate=false", {"cmd": "serve"})
        app = await face.settled()
        assert (status, app["instances"], "container" in app) == (200, 1, False)

    over_http(story)


def test_the_rest_of_the_face() -> None:
    async def story(face: Face) -> None:
        assert (await face.call("PUT", "/v2/apps/new", {"cmd": "x"}))[0] == 201
        assert (await face.call("PATCH", "/v2/apps/none", {"cmd": "x"}))[0] == 404
        assert (await face.call("GET", "/v2/apps?label=a=b"))[0] == 422
        assert (await face.call("GET", "/v2/apps?label=a"))[1] == {"apps": []}
        await face.settled("new")
        _, listed = await face.call("GET", "/v2/apps?id=ne&embed=apps.tasks")
        assert [(app["id"], len(app["tasks"])) for app in listed["apps"]] == [("/new", 1)]
        assert (await face.call("GET", "/v2/apps?id=other"))[1] == {"apps": []}
        assert (await face.call("GET", "/v2/nothing")) == (404, {"message": "URI not found"})
        assert (await face.call("POST", "/v2/tasks"))[0] == 405
        assert (await face.call("GET", "/v2/apps/new/versions/yesterday"))[0] == 422
        assert (await face.call("GET", "/v2/apps/new/versions/2001-01-01T00:00:00.000Z"))[0] == 404
        assert 'barter_service_instances_ready{app="/new"} 1.0' in (await face.client.get("/metrics")).text

    over_http(story)


def test_what_was_answered_outlives_the_process() -> None:
    async def run() -> None:
        async with serving() as face:
            await face.call("POST", "/v2/apps", WEB)
            before = await face.settled()
        async with serving(face.store) as after:
            now = (await after.until("/v2/apps/web", lambda got: got["app"]["tasksRunning"] == 2))["app"]
            assert [task["id"] for task in now["tasks"]] == [task["id"] for task in before["tasks"]]
            assert (now["version"], after.script.killed) == (before["version"], [])

    asyncio.run(run())
