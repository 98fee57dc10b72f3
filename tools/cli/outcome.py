"""How a deployment that was followed has ended."""

from typing import Any
from urllib.parse import quote

from barter.tools.cli.errors import Refused
from barter.tools.cli.patience import patiently
from barter.tools.cli.rest import Missing, Service


def check(service: Service, deployment: str, then: str) -> None:
    """Raise Refused, with the reason, where it failed. Who took the lead since does not know how it ended."""
    if not deployment:
        return
    try:
        ended: dict[str, Any] = patiently(lambda: service.call("GET", f"/v2/deployments/{quote(deployment)}"))
    except Missing:
        return
    if ended.get("state") == "FAILED":
        raise Refused(f"deployment {deployment} failed: {ended['reason']}", then=then)
