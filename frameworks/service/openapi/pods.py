"""/v2/pods as described: what it takes, what it tells, and its paths."""

from barter.frameworks.service.openapi.parts import LOCATED, deploys, in_path, many, one, operation, ref, switch
from barter.frameworks.service.pod_schema import PodPart
from barter.frameworks.service.schema import Json

_STRING: Json = {"type": "string"}
_STRINGS: Json = {"type": "array", "items": _STRING}
_TEMPLATE = "#/components/schemas/Pod.{model}"
_POD_ID = in_path("pod_id", "The id of a pod; slashes in it may be escaped")
_VERSION = in_path("version", "As in 2015-09-29T15:59:51.164Z")
_WIPE = switch("wipe", "Give up what it keeps on its agent, too")


def pod_components() -> Json:
    """By name; the parts of a pod's definition have a name of their own, as some are called like those of an app."""
    pod = PodPart.model_json_schema(ref_template=_TEMPLATE)
    parts = {f"Pod.{name}": schema for name, schema in pod.pop("$defs").items()}
    containers: Json = {"type": "array", "items": {"type": "object"}}
    return {
        **parts,
        "Pod": pod,
        "PodInfo": one(id=_STRING, version=_STRING, containers=containers),
        "PodStatus": one(id=_STRING, status=_STRING, spec=ref("PodInfo"), instances=containers),
        "PodInstance": {"type": "object"},
    }


def pod_paths() -> Json:
    removed = deploys("Remove a pod and its instances", _POD_ID)
    removed["responses"]["202"] = {"description": "It is being removed"}
    return {
        "/v2/pods": {
            "head": operation("Whether there can be pods", {200: "There can"}),
            "get": operation("All pods", {200: many("PodInfo")}),
            "post": deploys("Create a pod", status=201, told="PodInfo", body=ref("Pod"), headers=LOCATED),
        },
        "/v2/pods/::status": {"get": operation("How all pods fare", {200: many("PodStatus")})},
        "/v2/pods/{pod_id}": {
            "get": operation("A pod", {200: ref("PodInfo")}, _POD_ID, errors=(422,)),
            "put": deploys("Change or create a pod", _POD_ID, told="PodInfo", body=ref("Pod"), headers=LOCATED),
            "delete": removed,
        },
        "/v2/pods/{pod_id}::status": {"get": operation("How it fares", {200: ref("PodStatus")}, _POD_ID)},
        "/v2/pods/{pod_id}::versions": {"get": operation("Its versions", {200: _STRINGS}, _POD_ID, errors=(422,))},
        "/v2/pods/{pod_id}::versions/{version}": {
            "get": operation("What it was then", {200: ref("PodInfo")}, _POD_ID, _VERSION, errors=(422,))
        },
        "/v2/pods/{pod_id}::instances": {
            "delete": operation("End some of its instances", {200: many("PodInstance")}, _POD_ID, _WIPE, body=_STRINGS)
        },
        "/v2/pods/{pod_id}::instances/{instance_id}": {
            "delete": operation(
                "End one of its instances",
                {200: ref("PodInstance")},
                _POD_ID,
                in_path("instance_id", "The id of the instance"),
                _WIPE,
                errors=(422,),
            )
        },
    }
