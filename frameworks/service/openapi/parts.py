"""Of what the description of the API is made: operations, parameters, bodies, answers."""

from collections.abc import Iterable, Mapping

from barter.frameworks.service.schema import Json

JSON = "application/json"
TEXT = "text/plain"
LOCATED = ("Location", "Marathon-Deployment-Id")
_ERRORS = {
    400: "The body is no JSON, or a parameter makes no sense",
    404: "There is no such thing",
    405: "It cannot be asked so",
    409: "It exists already, or deployments have it: override with force",
    415: "The body says that it is no JSON",
    422: "What is asked for is not valid: `details` name each field that is wrong",
}
_ALWAYS = {307: "Another process leads: ask it", 503: "Nobody leads, or the process is ending"}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def many(name: str) -> Json:
    return {"type": "array", "items": ref(name)}


def one(**properties: Json) -> Json:
    """An object with all of these."""
    return {"type": "object", "required": list(properties), "properties": properties}


def query(name: str, about: str, schema: Json | None = None) -> Json:
    return {"name": name, "in": "query", "description": about, "schema": schema or {"type": "string"}}


def switch(name: str, about: str, *, default: bool = False) -> Json:
    return query(name, about, {"type": "boolean", "default": default})


def embed(words: Iterable[str]) -> Json:
    items = {"type": "string", "enum": list(words)}
    return query("embed", "What to tell beside; may be given more than once", {"type": "array", "items": items})


def in_path(name: str, about: str, schema: Json | None = None) -> Json:
    found = schema or {"type": "string", "minLength": 1}
    return {"name": name, "in": "path", "required": True, "description": about, "schema": found}


def operation(
    summary: str,
    answers: Mapping[int, Json | str],
    *parameters: Json,
    body: Json | None = None,
    errors: Iterable[int] = (),
    headers: Iterable[str] = (),
) -> Json:
    """`answers` are the schemas by status, or what an answer without a body means."""
    found: Json = {"summary": summary, "responses": {}}
    if parameters:
        found["parameters"] = list(parameters)
    if body is not None:
        found["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
    for status, schema in answers.items():
        found["responses"][str(status)] = _answer(schema, headers)
    of_path = (404,) if any(each["in"] == "path" for each in parameters) else ()
    of_body = (400, 415, 422) if body is not None else ()
    for status in sorted({*errors, *of_path, *of_body}):
        found["responses"][str(status)] = {**_answer(ref("Error"), ()), "description": _ERRORS[status]}
    for status, why in _ALWAYS.items():
        found["responses"][str(status)] = {"description": why}
    return found


def deploys(
    summary: str,
    *parameters: Json,
    status: int = 200,
    told: str = "DeploymentResult",
    body: Json | None = None,
    errors: Iterable[int] = (),
    headers: Iterable[str] = ("Marathon-Deployment-Id",),
) -> Json:
    """What starts a deployment and answers with what is `told`; with dryRun it answers what it would do."""
    force = switch("force", "Give up the deployments that are in the way, and accept what can never be finished")
    dry = switch("dryRun", "Only tell what would be done")
    played: Json = ref("DryRun") if status != 200 else {"anyOf": [ref(told), ref("DryRun")]}
    answers: dict[int, Json | str] = {200: played, **({status: ref(told)} if status != 200 else {})}
    return operation(summary, answers, *parameters, force, dry, body=body, errors={409, 422, *errors}, headers=headers)


def _answer(schema: Json | str, headers: Iterable[str]) -> Json:
    if isinstance(schema, str):
        return {"description": schema}
    kind = TEXT if schema == {"type": "string"} else JSON
    found: Json = {"description": "Done", "content": {kind: {"schema": schema}}}
    if headers := list(headers):
        found["headers"] = {name: {"schema": {"type": "string"}} for name in headers}
    return found
