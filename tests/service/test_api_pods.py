"""/v2/pods over real HTTP, as Marathon's reference has it; only the master is played."""

import json
from typing import Any

from barter.sdk import TaskState
from tests.service.http_face import Face, over_http

POD: dict[str, Any] = {
    "id": "/eng/pod",
    "labels": {"team": "a"},
    "environment": {"BOTH": "pod"},
    "containers": [
        {
            "name": "web",
            "exec": {"command": {"shell": "serve"}},
            "resources": {"cpus": 0.1, "mem": 32},
            "endpoints": [{"name": "http-api"}],
        },
        {"name": "side", "exec": {"command": {"argv": ["watch", "it"]}}, "resources": {"cpus": 0.2, "mem": 16}},
    ],
    "scaling": {"kind": "fixed", "instances": 2},
}


async def stable(face: Face, path: str = "eng/pod") -> dict[str, Any]:
    return dict(await face.until(f"/v2/pods/{path}::status", lambda got: got.get("status") == "STABLE"))


def test_a_pods_life() -> None:
    async def story(face: Face) -> None:
        head = await face.client.request("HEAD", "/v2/pods")
        assert (head.status_code, head.content) == (200, b"")
        made = await face.client.post("/v2/pods", content=json.dumps(POD))
        assert (made.status_code, made.headers["location"]) == (201, "/v2/pods/eng/pod")
        assert made.headers["marathon-deployment-id"]
        assert [one["name"] for one in made.json()["containers"]] == ["web", "side"]

        status = await stable(face)
        assert [one["status"] for one in status["instances"]] == ["STABLE", "STABLE"]
        assert status["instances"][0]["resources"] == {"cpus": 0.3, "mem": 48, "disk": 0, "gpus": 0}
        shown = (await face.call("GET", "/v2/pods/eng/pod"))[1]
        assert status["spec"] == shown
        assert (await face.call("GET", "/v2/pods"))[1] == [shown]
        assert [one["id"] for one in (await face.call("GET", "/v2/pods/::status"))[1]] == ["/eng/pod"]

        changed = {**shown, "scaling": {"kind": "fixed", "instances": 1}}
        dry = (await face.call("PUT", "/v2/pods/eng/pod?dryRun=true", changed))[1]
        assert dry["steps"] == [{"actions": [{"action": "ScalePod", "pod": "/eng/pod"}]}]
        assert dry["forecast"]["apps"][0]["action"] == "ScalePod"
        put = await face.client.put("/v2/pods/eng/pod", content=json.dumps(changed))
        assert (put.status_code, put.json()["scaling"]["instances"]) == (200, 1)
        await face.until("/v2/deployments", lambda got: got == [])
        versions = (await face.call("GET", "/v2/pods/eng/pod::versions"))[1]
        assert versions == [put.json()["version"], shown["version"]]
        assert (await face.call("GET", f"/v2/pods/eng/pod::versions/{versions[1]}"))[1] == shown

        gone = await face.client.delete("/v2/pods/eng/pod")
        assert (gone.status_code, gone.content) == (202, b"")
        assert gone.headers["marathon-deployment-id"]
        told = [(one.kind, one.body) for one in face.script.told if one.kind.startswith("pod_")]
        assert told == [
            ("pod_created_event", {"clientIp": "127.0.0.1", "uri": "/v2/pods"}),
            ("pod_updated_event", {"clientIp": "127.0.0.1", "uri": "/v2/pods/eng/pod"}),
            ("pod_deleted_event", {"clientIp": "127.0.0.1", "uri": "/v2/pods/eng/pod"}),
        ]
        await face.until("/v2/deployments", lambda got: got == [])
        ends = [one.body["plan"]["steps"] for one in face.script.told if one.kind == "deployment_success"]
        assert ends[-1] == [{"actions": [{"action": "StopPod", "pod": "/eng/pod"}]}]
        assert await face.call("GET", "/v2/pods/eng/pod") == (404, {"message": "Pod '/eng/pod' does not exist"})

    over_http(story)


def test_containers_and_their_endpoints_are_in_the_status_and_in_the_environment() -> None:
    async def story(face: Face) -> None:
        await face.call("POST", "/v2/pods", {**POD, "scaling": {"instances": 1}})
        instance = (await stable(face))["instances"][0]
        web, side = instance["containers"]
        assert web["containerId"] == f"{instance['id']}.web"
        assert (web["status"], side["status"]) == ("TASK_RUNNING", "TASK_RUNNING")
        port = web["endpoints"][0]["allocatedHostPort"]
        assert (web["endpoints"][0]["name"], side["endpoints"]) == ("http-api", [])
        version = (await face.call("GET", "/v2/pods/eng/pod"))[1]["version"]
        assert instance["specReference"] == f"/v2/pods/eng/pod::versions/{version}"
        env = {task.name: task.command.env for task in face.script.launched}
        for name in ("eng.pod.web", "eng.pod.side"):
            assert env[name]["ENDPOINT_HTTP_API"] == env[name]["EP_HOST_HTTP_API"] == str(port)
            assert "EP_CONTAINER_HTTP_API" not in env[name]
            assert (env[name]["MARATHON_APP_ID"], env[name]["BOTH"]) == ("/eng/pod", "pod")
            assert (env[name]["MARATHON_APP_LABEL_TEAM"], env[name]["MARATHON_APP_VERSION"]) == ("a", version)
        assert env["eng.pod.side"]["MARATHON_CONTAINER_ID"] == "side"
        assert env["eng.pod.side"]["MARATHON_CONTAINER_RESOURCE_CPUS"] == "0.2"
        assert env["eng.pod.side"]["MARATHON_CONTAINER_RESOURCE_MEM"] == "16"

    over_http(story)


def test_instances_are_ended_by_their_ids_and_replaced() -> None:
    async def story(face: Face) -> None:
        await face.call("POST", "/v2/pods", POD)
        first, second = (one["id"] for one in (await stable(face))["instances"])
        status, killed = await face.call("DELETE", f"/v2/pods/eng/pod::instances/{first}")
        assert (status, killed["instanceId"], killed["state"]["goal"]) == (200, first, "Stopped")
        assert {f"{first}.web", f"{first}.side"} <= set(face.script.killed)
        await face.until("/v2/pods/eng/pod::status", lambda got: first not in [one["id"] for one in got["instances"]])
        status, many = await face.call("DELETE", "/v2/pods/eng/pod::instances", [second, "eng_pod.instance-9-9"])
        assert (status, [one["instanceId"] for one in many]) == (200, [second])
        left = await face.until(
            "/v2/pods/eng/pod::status",
            lambda got: got["status"] == "STABLE" and not {first, second} & {one["id"] for one in got["instances"]},
        )
        assert {one["instanceID"] for one in left["terminationHistory"]} == {first, second}
        assert (await face.call("DELETE", f"/v2/pods/eng/pod::instances/{first}"))[0] == 404
        assert (await face.call("DELETE", "/v2/pods/eng/pod::instances", ["no-instance"]))[0] == 422
        assert (await face.call("DELETE", "/v2/pods/eng/pod::instances", {"a": 1}))[0] == 400

    over_http(story)


def test_apps_and_pods_are_not_in_each_others_lists() -> None:
    async def story(face: Face) -> None:
        await face.call("POST", "/v2/pods", POD)
        await face.call("POST", "/v2/apps", {"id": "/eng/app", "cmd": "run", "instances": 0})
        assert [one["id"] for one in (await face.call("GET", "/v2/apps"))[1]["apps"]] == ["/eng/app"]
        assert [one["id"] for one in (await face.call("GET", "/v2/pods"))[1]] == ["/eng/pod"]
        assert (await face.call("GET", "/v2/apps/eng/pod"))[0] == 404
        assert (await face.call("GET", "/v2/pods/eng/app"))[0] == 404
        assert (await face.call("GET", "/v2/pods/eng/app::status"))[0] == 404
        assert (await face.call("PUT", "/v2/pods/eng/app", {**POD, "id": "/eng/app"}))[0] == 404
        assert (await face.call("DELETE", "/v2/pods/eng/app"))[0] == 404
        as_app = {"id": "/eng/pod", "cmd": "run"}
        assert (await face.call("POST", "/v2/apps", as_app))[0] == 409
        status, answer = await face.call("PUT", "/v2/groups/eng?force=true", {"apps": [as_app]})
        assert (status, answer["message"]) == (409, "/eng/pod is a pod: delete it first, or choose another id")
        await stable(face)
        assert (await face.call("GET", "/v2/tasks"))[1]["tasks"] == []
        group = (await face.call("GET", "/v2/groups/eng"))[1]
        assert [one["id"] for one in group["pods"]] == ["/eng/pod"]

    over_http(story)


def test_a_bad_pod_is_refused_with_the_paths_of_what_is_wrong() -> None:
    async def story(face: Face) -> None:
        status, body = await face.call("POST", "/v2/pods", {**POD, "containers": [{"name": "A"}], "what": 1})
        assert (status, body["message"]) == (422, "Object is not valid")
        assert {one["path"] for one in body["details"]} == {
            *("/what", "/containers(0)/name", "/containers(0)/resources"),
        }
        status, body = await face.call("PUT", "/v2/pods/other", POD)
        assert (status, body["message"]) == (400, "'/other' does not match definition's id ('/eng/pod')")
        assert (await face.call("POST", "/v2/pods", b"{"))[0] == 400
        assert (await face.call("GET", "/v2/pods/eng/No::status"))[0] == 404

    over_http(story)


def test_a_container_that_ends_takes_its_instance_with_it() -> None:
    async def story(face: Face) -> None:
        await face.call("POST", "/v2/pods", {**POD, "scaling": {"instances": 1}})
        before = (await stable(face))["instances"][0]["id"]
        face.script.tell(f"{before}.side", TaskState.FAILED, message="it broke")
        after = await face.until(
            "/v2/pods/eng/pod::status",
            lambda got: got["status"] == "STABLE" and got["instances"][0]["id"] != before,
        )
        assert f"{before}.web" in face.script.killed
        ended = after["terminationHistory"][0]
        assert (ended["instanceID"], ended["message"]) == (before, "side: it broke")
        assert [one["lastKnownState"] for one in ended["containers"]] == ["TASK_KILLED", "TASK_FAILED"]

    over_http(story)


def test_a_pod_that_waits_is_in_the_queue() -> None:
    async def story(face: Face) -> None:
        face.script.stuck = True
        await face.call("POST", "/v2/pods", POD)
        (item,) = (await face.until("/v2/queue", lambda got: got["queue"]))["queue"]
        assert (item["pod"]["id"], item["count"], "app" in item) == ("/eng/pod", 2, False)
        assert [one["name"] for one in item["pod"]["containers"]] == ["web", "side"]
        deployment = (await face.call("GET", "/v2/deployments"))[1][0]
        assert (deployment["affectedApps"], deployment["affectedPods"]) == ([], ["/eng/pod"])

    over_http(story)
