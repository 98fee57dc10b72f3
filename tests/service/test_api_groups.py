"""Groups over real HTTP: made, changed, scaled, taken back and removed as one."""

from typing import Any

from tests.service.http_face import WEB, Face, over_http

DB: dict[str, Any] = {"id": "db", "cmd": "store", "cpus": 0.1, "mem": 32}
SHOP: dict[str, Any] = {
    "id": "/shop",
    "groups": [
        {"id": "back", "apps": [DB]},
        {"id": "/shop/front", "apps": [{**WEB, "id": "web"}], "dependencies": ["../back"]},
    ],
}


async def made(face: Face, body: Any = SHOP) -> str:
    status, answer = await face.call("POST", "/v2/groups", body)
    assert (status, set(answer)) == (201, {"version", "deploymentId"})
    return str(answer["deploymentId"])


async def done(face: Face) -> None:
    await face.until("/v2/deployments", lambda got: got == [])


def ids(group: Any) -> set[str]:
    return {app["id"] for app in group["apps"]}.union(*(ids(each) for each in group["groups"]))


def test_a_group_is_made_as_one_deployment_and_told_as_a_tree() -> None:
    async def story(face: Face) -> None:
        face.script.stuck = True
        deployment_id = await made(face)
        _, (deployment,) = await face.call("GET", "/v2/deployments")
        assert (deployment["id"], set(deployment["affectedApps"])) == (
            deployment_id,
            {"/shop/back/db", "/shop/front/web"},
        )
        face.script.stuck = False
        _, tree = await face.call("GET", "/v2/groups")
        assert (tree["id"], tree["apps"], [one["id"] for one in tree["groups"]]) == ("/", [], ["/shop"])
        assert set(tree) == {"id", "apps", "pods", "groups", "dependencies", "version"}
        _, shop = await face.call("GET", "/v2/groups/shop")
        assert [one["id"] for one in shop["groups"]] == ["/shop/back", "/shop/front"]
        assert shop["groups"][1]["dependencies"] == ["/shop/back"]
        assert ids(shop) == {"/shop/back/db", "/shop/front/web"}
        assert "tasks" not in shop["groups"][0]["apps"][0]
        _, plain = await face.call("GET", "/v2/groups//shop/?embed=group.groups")
        assert ("apps" in plain, "groups" in plain) == (False, True)
        _, full = await face.call("GET", "/v2/groups/shop/back?embed=group.apps&embed=group.apps.counts")
        assert full["apps"][0]["tasksRunning"] == 0
        assert [app["id"] for app in (await face.call("GET", "/v2/groups/shop/apps"))[1]] == [
            "/shop/back/db",
            "/shop/front/web",
        ]

    over_http(story)


def test_what_is_there_already_is_not_made_again() -> None:
    async def story(face: Face) -> None:
        await made(face)
        message = "Group /shop is already created. Use PUT to change this group."
        assert await face.call("POST", "/v2/groups", SHOP) == (409, {"message": message})
        assert (await face.call("POST", "/v2/groups/shop", {"id": "front"}))[0] == 409
        status, answer = await face.call("POST", "/v2/groups", {"id": "/shop/back/db"})
        assert (status, answer) == (409, {"message": "An app with the path /shop/back/db already exists."})
        assert (await face.call("GET", "/v2/groups/none")) == (404, {"message": "Group '/none' does not exist"})
        assert (await face.call("DELETE", "/v2/groups/none"))[0] == 404

    over_http(story)


def test_what_is_wrong_is_named_where_it_is() -> None:
    async def story(face: Face) -> None:
        bad = {"id": "/shop", "groups": [{"id": "a", "apps": [{**DB, "id": "/app"}, {**DB, "cpus": -1}]}, {"apps": []}]}
        status, answer = await face.call("PUT", "/v2/groups", bad)
        assert (status, answer["message"]) == (422, "Object is not valid")
        assert {one["path"]: one["errors"] for one in answer["details"]} == {
            "/groups(0)/apps(0)/id": ["identifier /app is not child of /shop/a. Hint: use relative paths."],
            "/groups(0)/apps(1)/cpus": ["is less than 0.001"],
            "/groups(1)/id": ["is needed"],
        }
        assert (await face.call("PUT", "/v2/groups/shop", {"colour": 1}))[1]["details"][0]["path"] == "/colour"
        assert (await face.call("PUT", "/v2/groups/shop", b"{"))[0] == 400
        assert (await face.call("PUT", "/v2/groups/Shop", {"apps": []}))[0] == 422
        assert (await face.call("GET", "/v2/groups"))[1]["groups"] == []

    over_http(story)


def test_who_is_not_named_any_more_is_removed_and_who_did_not_change_goes_on() -> None:
    async def story(face: Face) -> None:
        await made(face)
        await done(face)
        before = (await face.call("GET", "/v2/apps/shop/back/db"))[1]["app"]
        change = {"groups": [{"id": "back", "apps": [DB, {**DB, "id": "more"}]}, {"id": "new", "apps": []}]}
        assert (await face.call("PUT", "/v2/groups/shop", change))[0] == 200
        await done(face)
        _, shop = await face.call("GET", "/v2/groups/shop")
        assert [one["id"] for one in shop["groups"]] == ["/shop/back", "/shop/new"]
        assert ids(shop) == {"/shop/back/db", "/shop/back/more"}
        after = (await face.call("GET", "/v2/apps/shop/back/db"))[1]["app"]
        assert [task["id"] for task in after["tasks"]] == [task["id"] for task in before["tasks"]]
        assert (await face.call("PUT", "/v2/groups/shop", {"dependencies": ["/other"]}))[0] == 200
        _, shop = await face.call("GET", "/v2/groups/shop")
        assert (shop["dependencies"], len(ids(shop))) == (["/other"], 2)

    over_http(story)


def test_a_group_is_scaled_and_goes_back() -> None:
    async def story(face: Face) -> None:
        await made(face)
        await done(face)
        _, versions = await face.call("GET", "/v2/groups/shop/versions")
        assert (await face.call("PUT", "/v2/groups/shop", {"scaleBy": 1.5}))[0] == 200
        await done(face)
        _, apps = await face.call("GET", "/v2/apps/shop/*")
        assert {app["id"]: app["instances"] for app in apps["*"]} == {"/shop/back/db": 2, "/shop/front/web": 3}
        await face.call("PUT", "/v2/groups/shop/front", {"apps": [{**WEB, "id": "late", "instances": 1}]})
        await done(face)
        status, then = await face.call("GET", f"/v2/groups/shop/versions/{versions[-1]}")
        assert (status, ids(then)) == (200, {"/shop/back/db", "/shop/front/web"})
        assert (await face.call("PUT", "/v2/groups/shop", {"version": versions[0]}))[0] == 200
        await done(face)
        _, apps = await face.call("GET", "/v2/apps/shop/*")
        assert {app["id"]: app["instances"] for app in apps["*"]} == {"/shop/back/db": 1, "/shop/front/web": 2}
        status, answer = await face.call("PUT", "/v2/groups/shop", {"version": "2001-01-01T00:00:00.000Z"})
        assert (status, "not available" in answer["details"][0]["errors"][0]) == (422, True)
        assert (await face.call("GET", "/v2/groups/shop/versions/2001-01-01T00:00:00.000Z"))[0] == 404

    over_http(story)


def test_what_was_deleted_since_comes_back() -> None:
    async def story(face: Face) -> None:
        await made(face)
        await done(face)
        _, (before, *_) = await face.call("GET", "/v2/groups/shop/versions")
        assert (await face.call("DELETE", "/v2/apps/shop/back/db"))[0] == 200
        await done(face)
        _, (gone, *_) = await face.call("GET", "/v2/groups/shop/versions")
        assert ids((await face.call("GET", f"/v2/groups/shop/versions/{before}"))[1]) == {
            "/shop/back/db",
            "/shop/front/web",
        }
        assert ids((await face.call("GET", f"/v2/groups/shop/versions/{gone}"))[1]) == {"/shop/front/web"}
        assert (await face.call("DELETE", "/v2/groups/shop"))[0] == 200
        await done(face)
        assert (await face.call("PUT", "/v2/groups/shop", {"version": before}))[0] == 200
        await done(face)
        assert ids((await face.call("GET", "/v2/groups/shop"))[1]) == {"/shop/back/db", "/shop/front/web"}

    over_http(story)


def test_a_group_is_removed_with_all_in_it() -> None:
    async def story(face: Face) -> None:
        await made(face)
        await done(face)
        await face.call("POST", "/v2/apps", WEB)
        await face.settled()
        status, answer = await face.call("DELETE", "/v2/groups/shop")
        assert (status, set(answer)) == (200, {"version", "deploymentId"})
        await done(face)
        assert [app["id"] for app in (await face.call("GET", "/v2/apps"))[1]["apps"]] == ["/web"]
        assert (await face.call("GET", "/v2/groups/shop"))[0] == 404
        assert (await face.call("DELETE", "/v2/groups?force=true"))[0] == 200
        await done(face)
        assert (await face.call("GET", "/v2/groups"))[1]["apps"] == []

    over_http(story)


def test_an_empty_group_is_kept_and_its_settings_change() -> None:
    async def story(face: Face) -> None:
        assert (await face.call("POST", "/v2/groups", {"id": "/dev"}))[0] == 201
        assert [one["id"] for one in (await face.call("GET", "/v2/groups"))[1]["groups"]] == ["/dev"]
        assert (await face.call("PATCH", "/v2/groups/dev", {"enforceRole": False}))[0] == 200
        assert (await face.call("GET", "/v2/groups/dev"))[1]["enforceRole"] is False
        assert (await face.call("PATCH", "/v2/groups/dev", {"enforceRole": True}))[0] == 422
        assert (await face.call("PATCH", "/v2/groups/none", {"enforceRole": False}))[0] == 404

    over_http(story)
