"""Every path of the API with its parameters, what it takes and what it answers."""

from barter.frameworks.service.openapi.parts import (
    LOCATED,
    deploys,
    embed,
    in_path,
    many,
    one,
    operation,
    query,
    ref,
    switch,
)
from barter.frameworks.service.openapi.pods import pod_paths
from barter.frameworks.service.schema import Json

_STRING: Json = {"type": "string"}
_WORDS = ("tasks", "counts", "deployments", "readiness", "lastTaskFailure", "failures", "taskStats", "reasons")
_APP_ID = in_path("app_id", "The id of an app; slashes in it may be escaped")
_GROUP_ID = in_path("group_id", "The id of a group; slashes in it may be escaped")
_VERSION = in_path("version", "As in 2015-09-29T15:59:51.164Z")
_DEPLOYMENT_ID = in_path("deployment_id", "The id of a deployment that is under way")
_PARTIAL = switch("partialUpdate", "What is not given stays as it is", default=True)
_SCALE = switch("scale", "Take what is ended off the count of instances")
_WIPE = switch("wipe", "Give up what it keeps on its agent, too")
_REASONS = embed(["reasons"])
_TASKS = one(tasks=many("Task"))


def paths() -> Json:
    return {**_apps(), **_tasks(), **_groups(), **pod_paths(), **_deployments(), **_queue(), **_own()}


def _apps() -> Json:
    listed = embed(f"apps.{word}" for word in _WORDS)
    shown = embed(f"app.{word}" for word in _WORDS)
    changed = ref("AppUpdate")
    versions = one(versions={"type": "array", "items": _STRING})
    return {
        "/v2/apps": {
            "get": operation(
                "All apps, or those that are looked for",
                {200: one(apps=many("AppInfo"))},
                query("id", "A part of the id"),
                query("cmd", "A part of the command"),
                query("label", "Selectors: a, b==c, d!=e, f in (g, h), i notin (j)"),
                listed,
                errors=(422,),
            ),
            "post": deploys("Create an app", status=201, told="AppInfo", body=ref("App"), headers=LOCATED),
            "put": deploys("Create and change apps", _PARTIAL, body=many("AppUpdate")),
            "patch": deploys("Change apps", body=many("AppUpdate"), errors=(404,)),
        },
        "/v2/apps/{app_id}": {
            "get": operation("An app", {200: {"type": "object"}}, _APP_ID, shown),
            "put": _or_created(deploys("Change or create an app", _APP_ID, _PARTIAL, body=changed, errors=(405,))),
            "patch": deploys("Change an app", _APP_ID, body=changed, errors=(405,)),
            "delete": deploys("Remove an app and its instances", _APP_ID, errors=(405,)),
        },
        "/v2/apps/{app_id}/restart": {"post": deploys("Replace all its instances", _APP_ID)},
        "/v2/apps/{app_id}/versions": {"get": operation("Its versions, the newest first", {200: versions}, _APP_ID)},
        "/v2/apps/{app_id}/versions/{version}": {
            "get": operation("What it was then", {200: ref("AppInfo")}, _APP_ID, _VERSION, errors=(422,))
        },
    }


def _tasks() -> Json:
    host = query("host", "Only those on this agent")
    killed: Json = {"anyOf": [_TASKS, ref("DeploymentResult")]}
    killed_one: Json = {"anyOf": [one(task=ref("Task")), ref("DeploymentResult")]}
    status = query("status", "Only tasks in this condition", {"type": "string", "enum": ["running", "staging"]})
    force = switch("force", "With scale: give up the deployments that are in the way")
    return {
        "/v2/apps/{app_id}/tasks": {
            "get": _or_text(operation("Its tasks", {200: _TASKS}, _APP_ID, _REASONS)),
            "delete": operation(
                "End its tasks", {200: killed}, _APP_ID, host, _SCALE, _WIPE, force, errors=(400, 409, 422)
            ),
        },
        "/v2/apps/{app_id}/tasks/{task_id}": {
            "delete": operation(
                "End one of its tasks",
                {200: killed_one},
                _APP_ID,
                in_path("task_id", "The id of the task"),
                _SCALE,
                _WIPE,
                force,
                errors=(400, 409, 422),
            )
        },
        "/v2/tasks": {"get": _or_text(operation("All tasks", {200: _TASKS}, status, _REASONS))},
        "/v2/tasks/delete": {
            "post": operation(
                "End the tasks that are named", {200: killed}, _SCALE, _WIPE, force, body=ref("TaskIds"), errors=(409,)
            )
        },
    }


def _groups() -> Json:
    words = ("group.groups", "group.apps", "group.pods", *(f"group.apps.{word}" for word in _WORDS))
    asked = embed(words)
    update = ref("GroupUpdate")
    return {
        "/v2/groups": {
            "get": operation("All groups, as a tree", {200: ref("Group")}, asked),
            "post": deploys("Create a group", status=201, body=update),
            "put": deploys("Change groups", body=update),
            "delete": deploys("Remove everything"),
        },
        "/v2/groups/{group_id}": {
            "get": operation("A group, as a tree", {200: {}}, _GROUP_ID, asked, errors=(422,)),
            "post": deploys("Create a group in it", _GROUP_ID, status=201, body=update),
            "put": deploys("Change it, or create it", _GROUP_ID, body=update),
            "patch": operation(
                "Change its settings",
                {200: "Done"},
                _GROUP_ID,
                body=ref("GroupSettings"),
                errors=(409,),
            ),
            "delete": deploys("Remove it and all in it", _GROUP_ID),
        },
        "/v2/groups/{group_id}/versions": {
            "get": operation("The versions of what is in it", {200: {"type": "array", "items": _STRING}}, _GROUP_ID)
        },
        "/v2/groups/{group_id}/versions/{version}": {
            "get": operation("What it was then", {200: ref("Group")}, _GROUP_ID, _VERSION, errors=(422,))
        },
    }


def _deployments() -> Json:
    steered: dict[int, Json | str] = {200: {"anyOf": [ref("Deployment"), {"type": "object", "maxProperties": 0}]}}
    back = deploys("Go back to what was before it; with force give it up as it is", _DEPLOYMENT_ID)
    back["responses"]["202"] = {"description": "It is given up"}
    return {
        "/v2/deployments": {"get": operation("What is under way", {200: many("Deployment")}, _REASONS)},
        "/v2/deployments/{deployment_id}": {
            "get": operation("Whether it is under way, or how it ended", {200: ref("Outcome")}, _DEPLOYMENT_ID),
            "delete": back,
        },
        **{
            f"/v2/deployments/{{deployment_id}}/{verb}": {
                "post": operation(about, steered, _DEPLOYMENT_ID, errors=(409,))
            }
            for verb, about in (
                ("pause", "End no more of the old, add no more of the new"),
                ("resume", "Go on"),
                ("promote", "Its canaries are good: go on with the rest"),
            )
        },
    }


def _queue() -> Json:
    return {
        "/v2/queue": {
            "get": operation(
                "What waits to be launched, and why",
                {200: one(queue=many("QueueItem"))},
                embed(["lastUnusedOffers", "reasons"]),
            )
        },
        "/v2/queue/{app_id}/delay": {
            "delete": operation("Launch now, whatever failed", {204: "The delay is over"}, _APP_ID)
        },
    }


def _own() -> Json:
    only = query("event_type", "Only events of this type; may be given more than once")
    events = operation("What happens, as server-sent events", {}, only, errors=(405,))
    events["responses"]["200"] = {"description": "Until one of both ends it", "content": {"text/event-stream": {}}}
    abdicate = operation("Have another process lead", {200: ref("Message")}, errors=(404, 409, 422))
    return {
        "/v2/events": {"get": events},
        "/v2/info": {"get": operation("The process and its settings", {200: ref("Info")})},
        "/v2/leader": {
            "get": operation("Who leads", {200: ref("Leader")}, errors=(404,)),
            "delete": abdicate,
        },
        "/ping": {"get": _or_text(operation("Whether it answers", {200: _STRING}))},
    }


def _or_created(described: Json) -> Json:
    answers = described["responses"]
    return {**described, "responses": {**answers, "201": answers["200"]}}


def _or_text(described: Json) -> Json:
    described["responses"]["200"]["content"]["text/plain"] = {"schema": _STRING}
    return described
