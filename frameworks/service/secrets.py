"""Secrets in the environment of instances: definitions say where they are, values are read as tasks are launched.

No value is in what the machine decides, so none is in the saved state, in answers, events or logs.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from barter.frameworks.service.app import App
from barter.sdk import TaskInfo

SecretUse = tuple[str, str, str]
"""A task's id, a variable in its environment, and the source of its value."""


class SecretMissing(Exception):
    """What is wrong with a source, in one line without its value."""


def no_store(source: str) -> str:
    raise SecretMissing(f"secret {source[:200]!r}: there is no secret store; start the framework with --secrets-dir")


def uses(app: App, tasks: Iterable[TaskInfo]) -> tuple[SecretUse, ...]:
    """A pod's own variables are in all of its containers, unless one has another value for them."""
    return tuple(
        (task.task_id, name, app.secrets[secret]) for task in tasks for name, secret in _variables(app, task).items()
    )


def _variables(app: App, task: TaskInfo) -> Mapping[str, str]:
    container = app.pod.container(task.task_id.rpartition(".")[2]) if app.pod else None
    if container is None:
        return app.secret_env
    inherited = {name: secret for name, secret in app.secret_env.items() if name not in container.env}
    return {**inherited, **container.secret_env}


def with_secrets(
    tasks: Iterable[TaskInfo], used: Iterable[SecretUse], value_of: Callable[[str], str]
) -> tuple[TaskInfo, ...]:
    """The tasks as they are launched. Raises SecretMissing as `value_of` does."""
    found: dict[str, dict[str, str]] = {}
    for task_id, name, source in used:
        found.setdefault(task_id, {})[name] = value_of(source)
    return tuple(_with(task, found[task.task_id]) if task.task_id in found else task for task in tasks)


def _with(task: TaskInfo, values: dict[str, str]) -> TaskInfo:
    return replace(task, command=replace(task.command, env={**task.command.env, **values}))


def source_problems(app: App, before: App | None, value_of: Callable[[str], str]) -> list[tuple[str, str]]:
    """Of the secrets that are new or have another source, those that are not there: path and reason."""
    problems: list[tuple[str, str]] = []
    for name, source in app.secrets.items():
        if before is not None and before.secrets.get(name) == source:
            continue
        try:
            value_of(source)
        except SecretMissing as missing:
            problems.append((f"/secrets/{name}/source", str(missing)))
    return problems
