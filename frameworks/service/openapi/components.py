"""The objects that the API takes and tells. What it takes is as `schema` reads it; what it tells may have more."""

from barter.frameworks.service.openapi.parts import many, one, ref
from barter.frameworks.service.openapi.pods import pod_components
from barter.frameworks.service.schema import AppPart, Json

_STRING: Json = {"type": "string"}
_STRINGS: Json = {"type": "array", "items": _STRING}
_COUNT: Json = {"type": "integer", "minimum": 0}
_NUMBER: Json = {"type": "number"}
_FLAG: Json = {"type": "boolean"}
_MOMENT: Json = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
_ID: Json = {"type": "string", "pattern": "^/"}
_TEMPLATE = "#/components/schemas/{model}"


def components() -> Json:
    """By name."""
    app = AppPart.model_json_schema(ref_template=_TEMPLATE)
    parts = app.pop("$defs")
    update = {name: value for name, value in app.items() if name != "required"}
    taken = {**parts, "App": app, "AppUpdate": update}
    return {**taken, **pod_components(), **_groups(), **_apps(), **_deployments(), **_rest()}


def _apps() -> Json:
    return {
        "AppInfo": _with(
            one(id=_ID, version=_MOMENT, instances=_COUNT, cpus=_NUMBER, mem=_NUMBER, disk=_NUMBER, role=_STRING),
            versionInfo=one(lastScalingAt=_MOMENT, lastConfigChangeAt=_MOMENT),
            tasksStaged=_COUNT,
            tasksRunning=_COUNT,
            tasksHealthy=_COUNT,
            tasksUnhealthy=_COUNT,
            deployments={"type": "array", "items": one(id=_STRING)},
            tasks=many("Task"),
            lastTaskFailure=ref("TaskFailure"),
            readinessCheckResults=many("ReadinessCheckResult"),
            taskStats={"type": "object"},
            waiting=_STRING,
        ),
        "Task": _with(
            one(id=_STRING, appId=_ID, host=_STRING, state=_STRING, role=_STRING),
            ports={"type": "array", "items": _COUNT},
            servicePorts={"type": "array", "items": _COUNT},
            slaveId=_STRING,
            stagedAt=_MOMENT,
            startedAt=_MOMENT,
            version=_MOMENT,
            ipAddresses={"type": "array", "items": one(ipAddress=_STRING, protocol=_STRING)},
            healthCheckResults={
                "type": "array",
                "items": _with(
                    one(alive=_FLAG, consecutiveFailures=_COUNT, instanceId=_STRING),
                    firstSuccess=_MOMENT,
                    lastSuccess=_MOMENT,
                    lastFailure=_MOMENT,
                    lastFailureCause=_STRING,
                ),
            },
            checkResult={"type": "object"},
            region=_STRING,
            zone=_STRING,
        ),
        "TaskFailure": one(
            appId=_ID, host=_STRING, message=_STRING, state=_STRING, taskId=_STRING, timestamp=_MOMENT, version=_MOMENT
        ),
        "ReadinessCheckResult": one(name=_STRING, taskId=_STRING, ready=_FLAG),
    }


def _groups() -> Json:
    setting: Json = {"type": "object", "additionalProperties": False, "properties": {"enforceRole": _FLAG}}
    return {
        "GroupUpdate": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "id": _STRING,
                "apps": many("App"),
                "groups": many("GroupUpdate"),
                "dependencies": _STRINGS,
                "scaleBy": {"type": "number", "minimum": 0},
                "version": _STRING,
                "enforceRole": _FLAG,
            },
        },
        "GroupSettings": setting,
        "Group": _with(
            one(id=_ID, dependencies=_STRINGS, version=_MOMENT),
            apps=many("AppInfo"),
            pods={"type": "array", "items": {"type": "object"}},
            groups=many("Group"),
            enforceRole=_FLAG,
        ),
    }


def _deployments() -> Json:
    action = _with(one(action=_STRING), app=_ID, pod=_ID)
    current = _with(action, readinessCheckResults=many("ReadinessCheckResult"))
    actions: Json = {"type": "array", "items": action}
    return {
        "DryRun": one(steps={"type": "array", "items": one(actions=actions)}, forecast={"type": "object"}),
        "Outcome": one(id=_STRING, state={"enum": ["RUNNING", "SUCCEEDED", "FAILED"]}, reason=_STRING),
        "DeploymentResult": one(version=_MOMENT, deploymentId=_STRING),
        "Deployment": _with(
            one(
                id=_STRING,
                version=_MOMENT,
                affectedApps=_STRINGS,
                affectedPods=_STRINGS,
                steps={"type": "array", "items": one(actions=actions)},
                currentActions={"type": "array", "items": current},
                currentStep=_COUNT,
                totalSteps=_COUNT,
            ),
            paused=_FLAG,
        ),
    }


def _rest() -> Json:
    details: Json = {"type": "array", "items": one(path=_STRING, errors=_STRINGS)}
    deployments: Json = {"type": "array", "items": one(id=_STRING)}
    return {
        "Error": _with(one(message=_STRING), details=details, deployments=deployments),
        "Message": one(message=_STRING),
        "TaskIds": {**one(ids=_STRINGS), "additionalProperties": False},
        "QueueItem": _with(
            one(
                count=_COUNT,
                role=_STRING,
                since=_MOMENT,
                delay=one(timeLeftSeconds=_COUNT, overdue=_FLAG),
                processedOffersSummary={"type": "object", "required": ["processedOffersCount", "unusedOffersCount"]},
            ),
            app=ref("AppInfo"),
            pod={"type": "object"},
            lastUnusedOffers={"type": "array", "items": {"type": "object"}},
            reason=_STRING,
        ),
        "Info": _with(
            one(name=_STRING, version=_STRING, buildref=_STRING, elected=_FLAG, marathon_config={"type": "object"}),
            leader={"type": ["string", "null"]},
            frameworkId={"type": ["string", "null"]},
            zookeeper_config={"type": "object"},
            http_config={"type": "object"},
        ),
        "Leader": one(leader=_STRING),
    }


def _with(schema: Json, **optional: Json) -> Json:
    return {**schema, "properties": {**schema["properties"], **optional}}
