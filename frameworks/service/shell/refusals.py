"""What is answered to what cannot be done, in Marathon's error bodies: `message`, and `details` by `path`."""

import re
from collections.abc import Iterable
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from barter.frameworks.service.actions import Answer
from barter.frameworks.service.definition import DefinitionError, MalformedError
from barter.frameworks.service.shell.preflight import DryRun

_LISTS = (
    *("apps", "groups", "dependencies", "constraints", "healthChecks", "readinessChecks", "fetch", "uris", "args"),
    *("networks", "networkNames", "ports", "portDefinitions", "portMappings", "volumes", "parameters", "ulimits"),
    *("acceptedResourceRoles", "httpStatusCodesForReady", "ids", "containers", "endpoints", "canaryWeights", ""),
)
_INDEX = re.compile(rf"(?<=/)({'|'.join(_LISTS)})/(\d+)(?=/|$)")


def install(app: FastAPI) -> None:
    app.exception_handler(DefinitionError)(_invalid)
    app.exception_handler(HTTPException)(_refused)
    app.exception_handler(DryRun)(_told)


def not_valid(problems: Iterable[tuple[str, str]], message: str = "Object is not valid", status: int = 422) -> Response:
    """`problems` are (path, reason)."""
    reasons: dict[str, list[str]] = {}
    for path, reason in problems:
        reasons.setdefault(_INDEX.sub(r"\1(\2)", path), []).append(reason)
    details = [{"path": path, "errors": errors} for path, errors in reasons.items()]
    return JSONResponse({"message": message, "details": details}, status)


def of_answer(answer: Answer) -> Response:
    """To a request that the machine has refused."""
    if answer.path:
        return not_valid([(answer.path, answer.message)], status=answer.status)
    locked = {"deployments": [{"id": each} for each in answer.locked_by]} if answer.locked_by else {}
    return JSONResponse({"message": answer.message, **locked}, answer.status)


async def _told(_: Request, run: Exception) -> Response:
    return JSONResponse(run.told if isinstance(run, DryRun) else {})


async def _invalid(_: Request, error: Exception) -> Response:
    problems = error.problems if isinstance(error, DefinitionError) else ()
    if isinstance(error, MalformedError):
        return not_valid(problems, "Invalid JSON", 400)
    return not_valid(problems)


async def _refused(_: Request, error: Exception) -> Response:
    """What is given no words of its own gets those that Marathon has for its status."""
    if not isinstance(error, HTTPException):
        return JSONResponse({"message": "Internal Server Error"}, 500)
    plain = error.detail == HTTPStatus(error.status_code).phrase
    message = "URI not found" if plain and error.status_code == 404 else error.detail
    return JSONResponse({"message": message}, error.status_code, error.headers)
