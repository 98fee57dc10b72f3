"""Why an app's deployment waits: its backoff from /v2/queue, its placement from the master."""

from typing import Any

from barter.tools.cli.errors import Refused
from barter.tools.cli.explain import ask_why
from barter.tools.cli.rest import Service

GROUPS_SHOWN = 6


def reasons(service: Service, master: str, app_id: str) -> list[str]:
    """Sentences, the most telling first; ends with the next command."""
    found = [*_backoff(service, app_id), *_placement(master, app_id)]
    return [*found, f"more: barter explain {app_id}"] if found else []


def _backoff(service: Service, app_id: str) -> list[str]:
    queue: Any = service.call("GET", "/v2/queue")
    for entry in queue.get("queue", ()):
        left = (entry.get("delay") or {}).get("timeLeftSeconds", 0)
        if (entry.get("app") or entry["pod"])["id"].strip("/") == app_id.strip("/") and left:
            return [f"its instances failed, the next try is in {left:.0f} s"]
    return []


def _and_more(agents: int) -> str:
    return f" and {agents} more" if agents else ""


def _placement(master: str, app_id: str) -> list[str]:
    try:
        answer = ask_why(master, app_id)
    except Refused:
        return []
    refusals = [
        f"{group.examples[0]}{_and_more(group.agents - 1)}: "
        + "; ".join(f"{no.filter}: {no.detail}" for no in group.verdicts)
        for group in answer.groups
        if group.failing and group.examples
    ][:GROUPS_SHOWN]
    changes = [f"it would fit with: {answer.changes[0]}"] if answer.changes else []
    return [answer.summary, *refusals, *changes]
